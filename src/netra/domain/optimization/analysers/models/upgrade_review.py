"""Before and after: was a change of model, prompt or settings worth it, and what to take back.

Formula: that of `verify`, per unit of work: a call of the same kind. The measured saving is exact for the
two windows (grade A for list prices, its interval a sample's); what rolling back would save is a model
(grade C): the after window's calls at the earlier model's price and the earlier length of answers.
Valid where the change came at one instant and nothing else changed then, for kinds of call whose prices
are all known; of the others only answers and latencies are compared.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.before_after import Calls, Comparison, Ruling, Verified, verify
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.price_list import unpriced_labels
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.supply_config import RouteRule, SupplySettings
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, capped, routed
from netra.domain.optimization.wording import both, count, money, percent, saved
from netra.domain.workloads.columns import Ints, Labels, nanoseconds

KIND: Final = "upgrade_review"
FORMULA: Final = (
    "saved = sum over kinds of call of n_after (mean cost before - mean cost after), 95 % by Welch"
)


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call to take back to how it was."""

    where: Bools  # its calls after the change
    to: Tariff  # the earlier model
    output_tokens: Ints  # as long as before, on average; of every call of the log


class ReviewedGroup(Comparison, frozen=True, kw_only=True):
    """One kind of call before and after, and whether to take the change back for it."""

    roll_back: bool


class ReviewInputs(Inputs, frozen=True, kw_only=True):
    """The comparison of the log before and after the change; see `Verified`."""

    calls_before: int
    calls_after: int
    saved_usd: float | None
    low_usd: float | None
    high_usd: float | None
    share: float | None
    ruling: Ruling
    groups: tuple[ReviewedGroup, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


class RollBackInputs(Inputs, frozen=True, kw_only=True):
    """The kinds of call whose change is to be taken back."""

    groups: tuple[Comparison, ...]
    calls: int


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return whether the change at the asked instant paid, and what to roll back; nothing if not asked."""
    if study.goals.change_at is None:
        return ()
    checkpoint(0.0, "Comparing before with after")
    after = study.events.at_ns >= nanoseconds(study.goals.change_at)
    if not after.any() or after.all():
        return (_one_sided(study, after=bool(after.any())),)
    _, groups = groups_of(study)
    worked = np.flatnonzero(~study.traffic.unpaid)  # what was turned away is no unit of work
    verified = verify(_calls(study, worked), after=after[worked], groups=groups.take(worked))
    if not verified.groups:
        return (_incomparable(verified),)
    found: list[Finding | Gap] = []
    if verified.ruling != "price unknown" or any(_answers(one) for one in verified.groups):
        found.append(_review(study, verified, after=after))
    undone = [one for one in verified.groups if one.is_to_roll_back]
    if undone:
        found.append(_roll_back(study, undone, after=after, groups=groups))
    return (*found, *_priceless(study, verified, groups=groups))


def _calls(study: Study, where: npt.NDArray[np.intp]) -> Calls:
    events = study.events.take(where)
    return Calls(
        usd=np.where(study.traffic.tariff == UNPRICED, np.nan, study.now_usd)[where],
        output_tokens=events.output_tokens,
        accepted=events.accepted,
        latency_ms=events.latency_ms,
    )


def _review(study: Study, verified: Verified, *, after: Bools) -> Finding:
    return Finding(
        kind=KIND,
        stance=Stance.INFORM,
        action=_ruled(verified),
        impact=_measured(verified),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=_review_inputs(verified),
        assumptions=(
            "The unit of work is a call of the same kind; nothing but the change happened at that instant.",
            "Costs are list prices; calls are independent of one another.",
        ),
        evidence=rows(study, after, weight=study.now_usd),
        how_to_verify="Compare dollars a call by kind on the bill before and after the change.",
        effort="low",
        risk="A change of what users ask at the same time looks like an effect of the change.",
    )


def _review_inputs(verified: Verified) -> ReviewInputs:
    groups = tuple(
        ReviewedGroup(**msgspec.structs.asdict(one), roll_back=one.is_to_roll_back) for one in verified.groups
    )
    return ReviewInputs(**{**msgspec.structs.asdict(verified), "groups": groups})


def _ruled(verified: Verified) -> str:
    if verified.share is None:
        return "What the change did to cost is unknown, as the price of a model is; its answers are compared"
    words = {
        "better": "The change was worth it",
        "worse": "The change was not worth it",
        "same": "The change made no difference to cost that can be told from chance",
        "too few calls": "It is too early to say whether the change was worth it",
    }
    return (
        f"{words[verified.ruling]}: a unit of work costs {percent(abs(verified.share))} "
        f"{'less' if verified.share > 0 else 'more'}"
    )


def _measured(verified: Verified) -> str:
    if verified.saved_usd is None or verified.low_usd is None or verified.high_usd is None:
        return " ".join(_answers(one) for one in verified.groups if _answers(one))
    calls = sum(one.after.calls for one in verified.groups if one.saved_usd is not None)
    return (
        f"{count(calls, 'call')} after the change cost {saved(verified.saved_usd)} "
        f"{'as' if verified.saved_usd == 0 else 'than'} they would have before (at 95 %, between "
        f"{saved(verified.low_usd)} and {saved(verified.high_usd)})."
    )


def _roll_back(study: Study, undone: Sequence[Comparison], *, after: Bools, groups: Labels) -> Finding:
    earlier = [(one, _earlier(study, one, after=after, groups=groups)) for one in undone]
    returns = tuple(
        _return(study, one, to=to, after=after, groups=groups)
        for one, to in earlier
        if to is not None and one.saved_usd is not None
    )
    mine = np.isin(groups.codes, [groups.names.index(one.group) for one in undone])
    where = after & mine & ~study.traffic.unpaid
    names = ", ".join(one.group for one in undone)
    return Finding(
        kind=KIND,
        stance=Stance.EVALUATE if any(one.cost != "worse" for one in undone) else Stance.DO,
        action=f"Roll back {names}",
        impact=" ".join(_reason(one) for one in undone),
        grade=Grade.MODEL,
        formula=f"{FORMULA}; rolled back at the earlier model's price and the earlier length of answers",
        inputs=RollBackInputs(groups=tuple(undone), calls=int(where.sum())),
        assumptions=(
            "Rolled back, these calls get the earlier model and answers as long as before.",
            f"Only the {percent(float(after.mean()))} of the calls that came after the change can save.",
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify="Compare dollars a call and accept rates of these kinds a week after the roll-back.",
        effort="low",
        risk="What the change was made for is lost for these kinds of call.",
        change=partial(_returned, returns=returns) if returns else None,
        supply=SupplySettings(
            route_rules=tuple(
                RouteRule(match=one.group, to=to.model, provider=to.provider)
                for one, to in earlier
                if to is not None
            )
        ),
        steps=tuple(
            f"Set {one.group} back to {'what it was' if to is None else to.model}." for one, to in earlier
        ),
        roll_back="Apply the change to these kinds of call again.",
    )


def _reason(one: Comparison) -> str:
    if one.before.usd_per_call is None or one.after.usd_per_call is None:
        return f"{_answers(one)} What that saves is unknown, as the price of a model is."
    said = (
        f"{one.group} costs {money(one.after.usd_per_call)} a call against {money(one.before.usd_per_call)}"
    )
    rates = _rates(one)
    return f"{said}, and {rates}." if rates else f"{said}."


def _answers(one: Comparison) -> str:
    """Return what is known of a kind's answers on both sides; "" where that is nothing."""
    known = [words for words in (_rates(one), _latencies(one)) if words]
    return f"{one.group}: {' and '.join(known)} before." if known else ""


def _rates(one: Comparison) -> str:
    if one.accept_rate_difference_95 is None:
        return ""
    rates = [side.accepted[0] / side.accepted[1] for side in (one.before, one.after)]
    return f"{percent(rates[1])} of its answers are accepted against {percent(rates[0])}"


def _latencies(one: Comparison) -> str:
    before_ms, after_ms = one.before.latency_ms_p50, one.after.latency_ms_p50
    if before_ms is None or after_ms is None:
        return ""
    return f"half of its calls take at most {after_ms:,.0f} ms against {before_ms:,.0f} ms"


def _earlier(study: Study, one: Comparison, *, after: Bools, groups: Labels) -> Tariff | None:
    """Return the model that served most of these calls before the change; None where no price is known.

    One that only refused them served none.
    """
    mine = groups.codes == groups.names.index(one.group)
    earlier = study.traffic.tariff[mine & ~after & ~study.traffic.unpaid]
    known = earlier[earlier != UNPRICED]
    return study.traffic.tariffs[int(np.bincount(known).argmax())] if len(known) else None


def _return(study: Study, one: Comparison, *, to: Tariff, after: Bools, groups: Labels) -> Return:
    mine = groups.codes == groups.names.index(one.group)
    scale = one.before.output_tokens_per_call / max(one.after.output_tokens_per_call, 1e-9)
    shorter = np.rint(study.traffic.output_tokens * min(scale, 1.0)).astype(np.int64)
    return Return(where=mine & after, to=to, output_tokens=shorter)


def _returned(traffic: Traffic, *, returns: tuple[Return, ...]) -> Traffic:
    for back in returns:
        where = back.where & traffic.kept & ~traffic.hosted
        traffic = routed(traffic, where, to=back.to)
        traffic = capped(traffic, where, output_tokens=back.output_tokens)
    return traffic


def _one_sided(study: Study, *, after: bool) -> Gap:
    side = "before" if after else "after"
    return Gap(
        kind=KIND,
        missing=(f"calls from {side} the change",),
        reason=f"The log holds no call from {side} {study.goals.change_at}.",
        would_add="Whether the change was worth it, per unit of work, and what to roll back.",
    )


def _incomparable(verified: Verified) -> Gap:
    return Gap(
        kind=KIND,
        missing=("kinds of call that occur on both sides",),
        reason=(
            f"No kind of call occurs on both sides: {len(verified.only_before)} only before, "
            f"{len(verified.only_after)} only after."
        ),
        would_add="Whether the change was worth it, per unit of work, and what to roll back.",
    )


def _priceless(study: Study, verified: Verified, *, groups: Labels) -> tuple[Gap, ...]:
    """Name the prices without which the cost of a kind of call cannot be compared."""
    names = [one.group for one in verified.groups if one.saved_usd is None]
    if not names:
        return ()
    inside = np.isin(groups.codes, [groups.names.index(name) for name in names])
    unpriced = np.flatnonzero(inside & (study.traffic.tariff == UNPRICED))
    models = unpriced_labels(study.events.take(unpriced), study.prices)
    return (
        Gap(
            kind=KIND,
            missing=tuple(f"a price of {model}" for model in models),
            reason=(
                f"The cost of {both(names)} cannot be compared: {both(models)} "
                f"{'are' if len(models) > 1 else 'is'} in no price book."
            ),
            would_add="Whether the change was worth it for these kinds of call, and what rolling back saves.",
        ),
    )
