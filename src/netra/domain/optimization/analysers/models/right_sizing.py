"""Right-sizing: the cost of the same calls on another model, and the accept rate it must reach.

Formula: `saved = sum over calls that fit its context of (price now - the candidate's price)`, exact
arithmetic on list prices; a cascade (the weak model first, the strong one when its answer is refused)
pays if and only if the accept rate `a > C_weak / C_strong`. Quality is grade D: it needs an evaluation,
whose size is stated. Valid where token counts carry over; tokenisers differ by some 10 to 30 %.
`routing_by_outcome` uses the outcomes that the log already has.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models import moves_by_group, routing_by_outcome
from netra.domain.optimization.analysers.models.candidate_latency import candidate_of, latency_sentence
from netra.domain.optimization.analysers.models.move_inputs import (
    GroupMove,
    MoveInputs,
    ServedInputs,
)
from netra.domain.optimization.analysers.models.moves import ModelMove, move_to, moved, only, served_by
from netra.domain.optimization.horizon import is_lasting
from netra.domain.optimization.intervals import answers_to_judge
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS, RouteRule, SupplySettings
from netra.domain.optimization.traffic import UNPRICED, Bools
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "right_sizing"
FORMULA: Final = (
    "saved = sum over calls of (price now - the candidate's price) for the same tokens; "
    "a cascade pays iff accept rate > C_weak / C_strong"
)
WORTH_A_MOVE: Final = 0.2  # share of the bill; less is lost to the evaluation and to other tokenisers
MOST_CANDIDATES: Final = 12
_LISTED_GROUPS: Final = 20


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the model to try, its saving and the required evaluation; by group if requested."""
    checkpoint(0.0, "Pricing the calls on other models")
    if not (study.traffic.tariff != UNPRICED).any():
        return ()
    proven = routing_by_outcome.analyse(study, checkpoint=checkpoint)
    named = [tariff for name in study.goals.models if (tariff := _tariff_named(study, name)) is not None]
    missing = tuple(_not_in_book(name) for name in study.goals.models if _tariff_named(study, name) is None)
    if study.goals.split_by is not None:
        split = moves_by_group.analyse(study, models=named or _at_home(study, _candidates(study)))
        return (*proven, *split, *missing, *_no_such_column(study))
    if named:
        asked = [move_to(study, to=to, dearer_too=True) for to in named]
        return (*proven, *(_answer(study, move) for move in asked), *missing)
    moves = _priced(study, _candidates(study), checkpoint=checkpoint)
    moves = [move for move in moves if move.saved_usd > 0 and _is_lasting(study, move)]
    return (*proven, *(_proposal(study, move, moves=moves) for move in _steps_down(study, moves)), *missing)


def _is_lasting(study: Study, move: ModelMove) -> bool:
    return is_lasting(study, partial(moved, where=move.where, to=move.to))


def _priced(study: Study, models: Sequence[Tariff], *, checkpoint: Checkpoint) -> list[ModelMove]:
    moves: list[ModelMove] = []
    for number, to in enumerate(models):
        checkpoint(number / len(models), "Pricing the calls on other models")
        moves.append(move_to(study, to=to, dearer_too=False))
    return moves


def _tariff_named(study: Study, name: str) -> Tariff | None:
    wanted = name.lower()
    everywhere = (*study.prices.candidates, *study.prices.known())
    return next(
        (tariff for tariff in everywhere if tariff.model.lower() == wanted), study.prices.tariffs.get(name)
    )


def _excluded(study: Study) -> set[str]:
    """Return the models that the question rules out."""
    found = (_tariff_named(study, name) for name in study.goals.excluded)
    return {tariff.model for tariff in found if tariff is not None}


def _candidates(study: Study) -> list[Tariff]:
    """Return the models worth pricing: the most expensive of those that are cheaper for the log's tokens.

    This compares base prices; `move_to` computes exact costs, with tiers and hours.
    """
    traffic, priced = study.traffic, (study.traffic.tariff != UNPRICED) & study.recurring
    read, written = (
        int(tokens[priced].sum()) for tokens in (traffic.cached_input_tokens, traffic.cache_write_tokens)
    )
    fresh = int(traffic.input_tokens[priced].sum()) - read - written
    output_tokens = int(traffic.output_tokens[priced].sum())

    def roughly_usd(tariff: Tariff) -> float:
        parts = (
            (fresh, tariff.input),
            (read, tariff.cached_input or tariff.input),
            (written, tariff.cache_write or tariff.input),
            (output_tokens, tariff.output),
        )
        return sum(tokens * rate.usd_per_token for tokens, rate in parts)

    used = {tariff.model for tariff in traffic.tariffs} | _excluded(study)
    bill_usd = float(study.now_usd[priced].sum())
    cheaper = [to for to in study.prices.candidates if to.model not in used and roughly_usd(to) < bill_usd]
    return sorted(cheaper, key=roughly_usd, reverse=True)[:MOST_CANDIDATES]


def _steps_down(study: Study, moves: Sequence[ModelMove]) -> list[ModelMove]:
    """Return the smallest worthwhile step and the largest, at the log's own providers if possible.

    The smallest risks least for its saving; the largest needs the lowest accept rate to pay when tried first.
    """
    bill_usd = float(study.now_usd[study.recurring].sum())
    worth = [move for move in moves if move.saved_usd >= WORTH_A_MOVE * bill_usd]
    near = _at_home(study, [move.to for move in worth])
    ranked = sorted(
        (move for move in worth if move.to in near), key=lambda move: (move.saved_usd, move.to.model)
    )
    return ranked if len(ranked) < 2 else [ranked[0], ranked[-1]]


def _at_home(study: Study, models: Sequence[Tariff]) -> list[Tariff]:
    """Return the models of the log's own providers, or all models if those have no model here."""
    providers = {tariff.provider for tariff in study.traffic.tariffs}
    return [to for to in models if to.provider in providers] or list(models)


def _answer(study: Study, move: ModelMove) -> Finding | Gap:
    """Return the finding on a model that the question names, cheaper or not."""
    already = served_by(study, move.to) & study.recurring
    move = only(move, ~already, study=study)
    if not move.where.any():
        return _served_already(study, move, already) if already.any() else _nothing_to_move(study, move)
    if move.saved_usd > 0:
        return _proposal(study, move, moves=[move])
    return msgspec.structs.replace(
        _proposal(study, move, moves=[move]),
        stance=Stance.AVOID if move.saved_usd < 0 else Stance.INFORM,
        action=(
            f"Do not move these calls to {move.to.model} to save money: it is not cheaper for this traffic"
        ),
        supply=NO_SETTINGS,
        steps=(),
    )


def _proposal(study: Study, move: ModelMove, *, moves: Sequence[ModelMove]) -> Finding:
    inputs = _inputs(study, move, moves=moves)
    model, calls, judged = move.to.model, inputs.calls, inputs.answers_to_judge
    rate = percent(inputs.break_even_accept_rate)
    return Finding(
        kind=KIND,
        key_parts=_lever(move.to),
        stance=Stance.EVALUATE,
        action=f"Evaluate {model} for {count(calls, 'call')} that fit it, then move those it serves well",
        impact=(
            f"The same tokens cost {money(move.then_usd)} instead of {money(move.now_usd)} "
            f"{study.month.period}. Tried first, with the present model behind it, it pays if more than "
            f"{rate} of its answers are accepted.{latency_sentence(candidate_of(study, move))}"
        ),
        grade=Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "Token counts carry over from one model to the other; tokenisers differ by some 10 to 30 %.",
            "The money is exact at list prices; whether the answers are good enough is not in the log.",
        ),
        evidence=rows(study, move.where, weight=move.by_call),
        how_to_verify=(
            f"Send {judged:,} of these calls, drawn from all kinds, to both models and have the answers "
            "judged "
            "blind; that tells the accept rate to 3 points at 95 %. Then move a tenth of the traffic for a "
            "week."
        ),
        effort="medium",
        risk="Answers may be worse in ways that only your own evaluation shows.",
        change=partial(moved, where=move.where, to=move.to),
        low_share=0.0 if move.saved_usd > 0 else None,
        supply=SupplySettings(route_rules=(RouteRule(to=model, provider=move.to.provider, calls=calls),)),
        steps=(
            f"Judge {judged:,} answers of {model} blind against those of the present model.",
            f"Where more than {rate} are accepted, try {model} first and fall back on refusal.",
            "Where nearly all are accepted, route the whole kind of call, a tenth of it first.",
        ),
        roll_back="Set the model name back; prompts and parameters are unchanged.",
    )


def _inputs(study: Study, move: ModelMove, *, moves: Sequence[ModelMove]) -> MoveInputs:
    calls, rate = int(move.where.sum()), move.break_even_accept_rate
    return MoveInputs(
        model=move.to.model,
        provider=move.to.provider,
        calls=calls,
        calls_that_stay=len(study.traffic) - study.month.first - calls,
        now_usd_in_window=move.now_usd,
        then_usd_in_window=move.then_usd,
        break_even_accept_rate=rate,
        answers_to_judge=answers_to_judge(expected_share=min(max(rate, 0.5), 0.95), within=0.03),
        groups=_by_group(study, move),
        candidates=tuple(candidate_of(study, other) for other in moves),
    )


def _by_group(study: Study, move: ModelMove) -> tuple[GroupMove, ...]:
    """Return the savings of the move by kind of call, largest first."""
    field, groups = groups_of(study)
    size = len(groups.names)
    calls = np.bincount(groups.codes, weights=move.where, minlength=size)
    now = np.bincount(groups.codes, weights=np.where(move.where, study.now_usd, 0.0), minlength=size)
    saved = np.bincount(groups.codes, weights=move.by_call, minlength=size)
    return tuple(
        GroupMove(
            by=field,
            match=groups.names[int(code)],
            calls=int(calls[code]),
            now_usd_in_window=float(now[code]),
            saved_usd_in_window=float(saved[code]),
            break_even_accept_rate=float(1 - saved[code] / now[code]),
        )
        for code in np.argsort(-saved, kind="stable")[:_LISTED_GROUPS]
        if now[code] > 0
    )


def _no_such_column(study: Study) -> tuple[Gap, ...]:
    """Return a gap if the log has no column that separates the parts named in the question."""
    field = study.goals.split_by
    if field is None or groups_of(study)[0] == field:
        return ()
    return (
        Gap(
            kind=KIND,
            missing=(field,),
            reason=f"The log does not say which {field} made a call.",
            would_add=f"Which of them should move to another model, {field} by {field}.",
        ),
    )


def _lever(to: Tariff) -> KeyParts:
    return KeyParts(lever=f"-> {to.provider}/{to.model}")


def _served_already(study: Study, move: ModelMove, where: Bools) -> Finding:
    calls, paid_usd = int(where.sum()), float(study.now_usd[where].sum())
    return Finding(
        kind=KIND,
        key_parts=_lever(move.to),
        stance=Stance.INFORM,
        action=f"Nothing is left to move to {move.to.model}: it serves these calls already",
        impact=f"{count(calls, 'call')} on it cost {money(paid_usd)} {study.month.period}.",
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=ServedInputs(model=move.to.model, provider=move.to.provider, calls=calls),
        assumptions=("Costs are list prices.",),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify="Count the calls of each model on the bill.",
        effort="low",
        risk="None: nothing changes.",
    )


def _nothing_to_move(study: Study, move: ModelMove) -> Gap:
    return Gap(
        kind=KIND,
        missing=(f"calls that fit {move.to.model}",),
        reason=(
            f"No call {study.month.period} was charged, has a known price and fits the context of "
            f"{move.to.model}."
        ),
        would_add=f"What this traffic would cost on {move.to.model}.",
    )


def _not_in_book(name: str) -> Gap:
    return Gap(
        kind=KIND,
        missing=(f"a price of {name}",),
        reason=f"No model named {name} is in the price book.",
        would_add=f"What this traffic would cost on {name}.",
    )
