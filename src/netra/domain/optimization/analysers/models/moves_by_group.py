"""Which tools (or features, or templates) should move to another model, and at which answer length.

Applies the formulas of `moves` to each group of calls. A price book does not show which model is newer, so
the models compared are those asked about, else the cheaper ones of the book. Quality is grade D: it needs
an evaluation.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.models.moves import (
    ModelMove,
    break_even_output_tokens,
    move_to,
    moved,
    only,
    served_by,
)
from netra.domain.optimization.analysers.output_length import TRUNCATED_SHARE, cap_for
from netra.domain.optimization.intervals import answers_to_judge
from netra.domain.optimization.model import Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS, RouteRule, SupplySettings
from netra.domain.optimization.wording import count, money, percent, saved

KIND: Final = "right_sizing"
FORMULA: Final = (
    "saved = sum over the kind's calls of (price now - the other model's price); answers may average "
    "(price now - price of the input there) / (calls x its price an output token) tokens"
)
MOST_GROUPS: Final = 8  # upper bound on the groups analysed, dearest first; each becomes one finding


class GroupCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One model that the calls of the group could move to."""

    model: str
    provider: str
    calls: int
    saved_usd_in_window: float
    break_even_output_tokens: float | None


class GroupInputs(Inputs, frozen=True, kw_only=True):
    """One group of calls, its price on both models, and the break-even answer length."""

    by: str
    match: str
    model: str
    provider: str
    calls: int
    now_usd_in_window: float
    then_usd_in_window: float
    break_even_accept_rate: float
    answers_to_judge: int
    output_tokens_mean: float
    output_tokens_p99: float
    break_even_output_tokens: float | None
    max_output_tokens: int
    candidates: tuple[GroupCandidate, ...]


def analyse(study: Study, *, models: Sequence[Tariff]) -> tuple[Finding, ...]:
    """Return, for the dearest groups of calls, the best of `models` and its break-even answer length."""
    field, groups = groups_of(study)
    moves = [move_to(study, to=to, dearer_too=True) for to in models]
    spent_usd = np.where(study.recurring, study.now_usd, 0.0)
    spent = np.bincount(groups.codes, weights=spent_usd, minlength=len(groups.names))
    found: list[Finding] = []
    for code in np.argsort(-spent, kind="stable")[:MOST_GROUPS]:
        mine = groups.codes == code
        parts = [only(move, mine & ~served_by(study, move.to), study=study) for move in moves]
        parts = [part for part in parts if part.now_usd > 0]
        if parts:
            found.append(_finding(study, field, groups.names[int(code)], parts))
    return tuple(found)


def _finding(study: Study, field: str, name: str, parts: Sequence[ModelMove]) -> Finding:
    best = max(parts, key=lambda part: part.saved_usd)
    inputs = _inputs(study, field, name, parts, best=best)
    pays = best.saved_usd > 0
    judged = inputs.answers_to_judge
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"-> {best.to.provider}/{best.to.model}", scope=(f"{field}={name}",)),
        stance=Stance.EVALUATE if pays else Stance.AVOID,
        action=_action(name, best, inputs),
        impact=_impact(study, name, best, inputs),
        grade=Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "Token counts are assumed to be the same on both models; tokenisers differ by some 10 to 30 %.",
            (
                "The price book does not show which model is newer; the models compared are listed "
                "in candidates."
            ),
            "The saving is exact at list prices; the log does not show whether the answers are good enough.",
        ),
        evidence=rows(study, best.where, weight=np.abs(best.by_call)),
        how_to_verify=(
            f"Send {judged:,} calls of {name} to both models, have the answers judged blind, and measure the "
            f"length of those of {best.to.model}."
        ),
        effort="medium",
        risk=(
            "Another model may write longer or shorter answers, which changes the saving: measure "
            "their length."
        ),
        change=partial(moved, where=best.where, to=best.to),
        low_share=0.0 if pays else None,
        supply=SupplySettings(route_rules=(_route(field, name, best, inputs),)) if pays else NO_SETTINGS,
        steps=_steps(name, best, inputs) if pays else (),
        roll_back=f"Set the model of {name} back to the present one; prompts and parameters are unchanged.",
    )


def _action(name: str, best: ModelMove, inputs: GroupInputs) -> str:
    if best.saved_usd > 0:
        return f"Evaluate {best.to.model} for {name}, with max_output_tokens at {inputs.max_output_tokens:,}"
    return f"Keep {name} on its present model: {best.to.model} would not be cheaper"


def _impact(study: Study, name: str, best: ModelMove, inputs: GroupInputs) -> str:
    same_tokens = (
        f"For the same tokens {count(inputs.calls, 'call')} of {name} cost {money(best.then_usd)} instead "
        f"of {money(best.now_usd)} {study.month.period}, {saved(best.saved_usd)}."
    )
    limit = inputs.break_even_output_tokens
    if limit is None:
        return same_tokens
    now = f"answers average {inputs.output_tokens_mean:,.0f} tokens now"
    if limit == 0:
        return (
            f"{same_tokens} The input alone costs more there than input and output do now, however short the "
            f"answers ({now})."
        )
    return f"{same_tokens} The move saves money if answers average under {limit:,.0f} tokens; {now}."


def _inputs(
    study: Study, field: str, name: str, parts: Sequence[ModelMove], *, best: ModelMove
) -> GroupInputs:
    lengths = study.traffic.output_tokens[best.where]
    rate = best.break_even_accept_rate
    return GroupInputs(
        by=field,
        match=name,
        model=best.to.model,
        provider=best.to.provider,
        calls=len(lengths),
        now_usd_in_window=best.now_usd,
        then_usd_in_window=best.then_usd,
        break_even_accept_rate=rate,
        answers_to_judge=answers_to_judge(expected_share=min(max(rate, 0.5), 0.95), within=0.03),
        output_tokens_mean=float(lengths.mean()),
        output_tokens_p99=float(np.percentile(lengths, 99)),
        break_even_output_tokens=break_even_output_tokens(study, best),
        max_output_tokens=cap_for(lengths, truncated_share=TRUNCATED_SHARE),
        candidates=tuple(
            GroupCandidate(
                model=part.to.model,
                provider=part.to.provider,
                calls=int(part.where.sum()),
                saved_usd_in_window=part.saved_usd,
                break_even_output_tokens=break_even_output_tokens(study, part),
            )
            for part in parts
        ),
    )


def _route(field: str, name: str, best: ModelMove, inputs: GroupInputs) -> RouteRule:
    return RouteRule(
        by=field,
        match=name,
        to=best.to.model,
        provider=best.to.provider,
        calls=inputs.calls,
        max_output_tokens=inputs.max_output_tokens,
    )


def _steps(name: str, best: ModelMove, inputs: GroupInputs) -> tuple[str, ...]:
    share = percent(inputs.break_even_accept_rate)
    return (
        f"Judge {inputs.answers_to_judge:,} answers of {best.to.model} for {name} blind, against today's.",
        f"Set max_output_tokens to {inputs.max_output_tokens:,}: 99 % of the present answers fit.",
        f"If more than {share} are accepted, route a tenth of {name} there for a week, then all calls.",
    )
