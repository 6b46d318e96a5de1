"""Findings with their money, as the recommendations of the documented result, ranked and numbered."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.optimization.analysers.model import ORDER, Finding
from netra.domain.optimization.composition import Composition, Worth
from netra.domain.optimization.measures.span import Span
from netra.domain.optimization.model import Savings, Stance
from netra.domain.optimization.recommendation_key import key_of
from netra.domain.optimization.result import Recommendation
from netra.domain.optimization.wording import cost_change, money

WORTH_SAYING: Final = 0.01  # of the bill
_SHELVES: Final = (Stance.DO, Stance.EVALUATE, Stance.AVOID, Stance.INFORM)


def recommendations_of(
    composition: Composition, *, span: Span, asked: Sequence[str] = (), within: tuple[str, ...] = ()
) -> tuple[Recommendation, ...]:
    """Return the plan, the largest step first, then what needs an evaluation, what to avoid, the rest.

    Kinds that were asked for by name come before all others. `within` are the selectors of the question.
    """
    ranked = [
        *sorted(composition.plan, key=lambda worth: -(worth.marginal_usd_per_month or 0.0)),
        *sorted(composition.others, key=_rank),
    ]
    ranked.sort(key=lambda worth: worth.finding.kind not in asked)  # stable: the rank holds within both
    turns = {id(worth): turn for turn, worth in enumerate(composition.plan, 1)}
    return tuple(
        _recommendation(
            worth,
            number=number,
            turn=turns.get(id(worth)),
            span=span,
            bill_usd_per_month=composition.current_usd_per_month,
            within=within,
        )
        for number, worth in enumerate(ranked, 1)
    )


def verdict(composition: Composition, *, span: Span, per_call: float = 1.0) -> str:
    """Return the plan in a sentence, also for an empty plan.

    `per_call` is the factor from the log to a month; if no monthly cost is known, dollars are divided by it.
    """
    if composition.current_usd_per_month <= 0:
        return "There is no bill to lower."
    times = 1.0 if span.is_month_known else 1 / per_call
    share = 1 - composition.planned_usd_per_month / composition.current_usd_per_month
    if share < WORTH_SAYING:
        return "Nothing here is worth more than 1 % of the bill without an evaluation or better data."
    return (
        f"The plan lowers the bill from {money(composition.current_usd_per_month * times)} to "
        f"{money(composition.planned_usd_per_month * times)} {period_of(span)}."
    )


def period_of(span: Span) -> str:
    """Return the period over which the dollars of a bill and its plan are counted."""
    if span.is_month_known:
        return "a month"
    return "since the change" if span.is_since_change else "over the log"


def _rank(worth: Worth) -> tuple[int, float, int]:
    finding = worth.finding
    return _SHELVES.index(finding.stance), -worth.monthly.saved_usd, ORDER.index(finding.kind)


def _recommendation(
    worth: Worth,
    *,
    number: int,
    turn: int | None,
    span: Span,
    bill_usd_per_month: float,
    within: tuple[str, ...],
) -> Recommendation:
    finding = worth.finding
    return Recommendation(
        id=f"rec-{number}",
        key=key_of(finding.kind, finding.key_parts, within=within),
        kind=finding.kind,
        stance=finding.stance,
        action=finding.action,
        impact=finding.impact + _superseded(worth, finding),
        cost_change=cost_change(_share(worth, bill_usd_per_month)),
        savings=_savings(
            worth, turn=turn, bill_usd_per_month=bill_usd_per_month, is_monthly=span.is_month_known
        ),
        grade=finding.grade,
        formula=finding.formula,
        inputs={**msgspec.to_builtins(finding.inputs), **_touched(worth)},
        assumptions=(*finding.assumptions, *(span.notes if finding.change is not None else ())),
        evidence=finding.evidence,
        how_to_verify=finding.how_to_verify,
        effort=finding.effort,
        risk=finding.risk,
    )


def _superseded(worth: Worth, finding: Finding) -> str:
    """Return why a finding that saves alone is not in the plan."""
    if finding.stance is Stance.DO and worth.marginal_usd is None and worth.monthly.saved_usd > 0:
        return " It is left out of the plan: with the rest of it in force this saves nothing more."
    return ""


def _share(worth: Worth, bill_usd_per_month: float) -> float:
    return worth.monthly.saved_usd / bill_usd_per_month if bill_usd_per_month else 0.0


def _savings(worth: Worth, *, turn: int | None, bill_usd_per_month: float, is_monthly: bool) -> Savings:
    savings = Savings(
        usd_per_month=None,
        low=None,
        high=None,
        usd_in_window=worth.saved_usd,
        low_in_window=worth.low_usd,
        high_in_window=worth.high_usd,
        share_of_bill=_share(worth, bill_usd_per_month),
        share_low=worth.share.low,
        share_high=worth.share.high,
        interval=worth.share.basis,
        marginal_usd_in_window=worth.marginal_usd,
        applied_as=turn,
    )
    if not is_monthly:
        return savings
    return msgspec.structs.replace(
        savings,
        usd_per_month=worth.monthly.saved_usd,
        low=worth.monthly.low_usd,
        high=worth.monthly.high_usd,
        marginal_usd_per_month=worth.marginal_usd_per_month,
        cumulative_usd_per_month=worth.cumulative_usd_per_month,
        leave_one_out_usd_per_month=worth.leave_one_out_usd_per_month,
    )


def _touched(worth: Worth) -> Mapping[str, float]:
    return {"touched_calls": worth.touched_calls, "touched_usd_in_window": worth.touched_usd}
