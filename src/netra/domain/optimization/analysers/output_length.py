"""Output length: a cap on the output tokens of a call, with the share of answers it would cut.

Formula: `sum over calls of max(output - cap, 0) p_out` for a cap per group of calls at the smallest
multiple of 64 tokens that cuts at most 1 % of its answers. The saving is exact; the quality of a cut
answer is grade D. Valid where a partial answer is still useful (to a program, mostly not). Groups under
100 calls are skipped, as their tail is too small to measure.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.evidence import groups_of, rows, saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS, OutputCap, SupplySettings
from netra.domain.optimization.traffic import Bools, Change, Traffic, capped
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Events, Ints, Labels

KIND: Final = "output_length"
FORMULA: Final = (
    "saved = sum over calls of max(output - cap, 0) p_out, cap a group: the multiple of 64 that cuts <= 1 %"
)
TRUNCATED_SHARE: Final = 0.01
STEP_TOKENS: Final = 64
SMALLEST_GROUP: Final = 100
MOST_GROUPS: Final = 8  # upper bound on the findings of a question by group, dearest first
WORTH_A_CAP: Final = 0.001  # smallest share of the bill that a cap must save to be advised
_UNCAPPED: Final = np.iinfo(np.int64).max
_LISTED: Final = 20


class GroupLength(msgspec.Struct, frozen=True, kw_only=True):
    """The answer lengths of one group of calls, and the cap that fits all but a few of them."""

    match: str
    calls: int
    max_output_tokens: int
    truncated_share: float
    output_tokens_p50: float
    output_tokens_p90: float
    output_tokens_p99: float
    output_tokens_max: int


class OutputInputs(Inputs, frozen=True, kw_only=True):
    """The answer lengths by group of calls, and the caps already in force."""

    by: str
    groups: tuple[GroupLength, ...]
    calls: int
    truncated_calls: int
    truncated_share: float
    saved_usd_in_window: float
    calls_with_a_cap: int | UnsetType = UNSET
    calls_that_reached_it: int | UnsetType = UNSET
    reasoning_share_of_output: float | UnsetType = UNSET


def cap_for(output_tokens: Ints, *, truncated_share: float) -> int:
    """Return the smallest multiple of 64 tokens that cuts at most that share of the answers.

    >>> cap_for(np.arange(1, 1001), truncated_share=0.01)
    1024
    >>> cap_for(np.array([10] * 99 + [4000]), truncated_share=0.01)
    64
    """
    allowed = int(truncated_share * len(output_tokens))
    longest_uncut = int(np.partition(output_tokens, len(output_tokens) - 1 - allowed)[-1 - allowed])
    return max(-(-longest_uncut // STEP_TOKENS), 1) * STEP_TOKENS


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the saving from cutting the longest answers of each group, and how many are cut."""
    checkpoint(0.0, "Measuring answer lengths")
    _, groups = groups_of(study)
    caps = _caps(study, groups)
    if study.goals.split_by is None:
        return _capped_alike(study, caps)
    spent_usd = {name: float(study.now_usd[_answers_of(study, groups, name)].sum()) for name in caps}
    dearest = sorted(caps, key=lambda name: -spent_usd[name])[:MOST_GROUPS]
    return tuple(found for name in dearest for found in _capped_alike(study, {name: caps[name]}))


def _answers_of(study: Study, groups: Labels, name: str) -> Bools:
    mine: Bools = (groups.codes == groups.names.index(name)) & study.recurring
    return mine


def _capped_alike(study: Study, caps: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return the finding on the caps of some groups; empty where they save nothing."""
    field, groups = groups_of(study)
    limits = np.array([caps.get(name, _UNCAPPED) for name in groups.names], np.int64)[groups.codes]
    cut = (study.traffic.output_tokens > limits) & study.recurring
    change = partial(_shortened, where=cut, limits=limits)
    saved_usd = float(saved_by_call_usd(study, change).sum())
    if saved_usd <= 0:
        return ()
    answers = int(study.recurring.sum())
    with_a_cap, reached = _caps_in_force(study.events)
    inputs = OutputInputs(
        by=field,
        groups=_table(study, groups, caps),
        calls=answers,
        truncated_calls=int(cut.sum()),
        truncated_share=int(cut.sum()) / answers,
        saved_usd_in_window=saved_usd,
        calls_with_a_cap=with_a_cap,
        calls_that_reached_it=reached,
        reasoning_share_of_output=_reasoning_share(study.events),
    )
    found = _finding(study, caps, cut=cut, change=change, inputs=inputs)
    if saved_usd < WORTH_A_CAP * float(study.now_usd[study.recurring].sum()):
        found = msgspec.structs.replace(
            found,
            stance=Stance.INFORM,
            action=f"Do not cap the length of answers{_whose(study, caps)}: the saving is negligible",
            supply=NO_SETTINGS,
            steps=(),
        )
    return (found,)


def _finding(
    study: Study, caps: Mapping[str, int], *, cut: Bools, change: Change, inputs: OutputInputs
) -> Finding:
    field = inputs.by
    return Finding(
        kind=KIND,
        key_parts=_key_parts(study, caps),
        stance=Stance.EVALUATE,
        action=_action(study, caps),
        impact=(
            f"{count(int(cut.sum()), 'answer')} ({percent(inputs.truncated_share)}) would be cut, saving "
            f"{money(inputs.saved_usd_in_window)} of "
            f"{money(float(study.now_usd[study.recurring].sum()))} {study.month.period}."
        ),
        grade=Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "A cut answer is used as it is and not requested again; the low end of the saving is zero.",
            "The cap cuts long answers but does not change how the model writes.",
        ),
        evidence=rows(study, cut, weight=study.traffic.output_tokens),
        how_to_verify=(
            "Read a sample of the answers that would be cut; after the change, watch the share of answers "
            "that stop at the limit, and of calls repeated."
        ),
        effort="low",
        risk="Cut answers can be useless, above all structured ones: cap only where a partial answer helps.",
        change=change,
        low_share=0.0,
        supply=SupplySettings(
            output_caps=tuple(OutputCap(by=field, match=n, max_output_tokens=caps[n]) for n in caps)
        ),
        steps=tuple(f"Set max_output_tokens to {caps[name]} for {name}." for name in list(caps)[:_LISTED]),
        roll_back="Remove max_output_tokens from the calls, or restore its earlier value.",
    )


def _whose(study: Study, caps: Mapping[str, int]) -> str:
    return "" if study.goals.split_by is None else f" of {', '.join(caps)}"


def _key_parts(study: Study, caps: Mapping[str, int]) -> KeyParts:
    """Return the lever; with groups only where the question goes by group, as those with a tail vary."""
    field, _ = groups_of(study)
    named = () if study.goals.split_by is None else tuple(f"{field}={name}" for name in caps)
    return KeyParts(lever="cap", scope=named)


def _action(study: Study, caps: Mapping[str, int]) -> str:
    if study.goals.split_by is None:
        return "Cap the output of each group of calls just above its usual length"
    return " and ".join(f"Cap the output of {name} at {cap:,} tokens" for name, cap in caps.items())


def _shortened(traffic: Traffic, *, where: Bools, limits: Ints) -> Traffic:
    return capped(traffic, traffic.kept & where, output_tokens=limits)


def _caps(study: Study, groups: Labels) -> dict[str, int]:
    """Return the cap of each group with a tail to cut; refused calls do not count as answers."""
    output_tokens = study.traffic.output_tokens
    answers = np.flatnonzero(study.recurring)
    order = answers[np.argsort(groups.codes[answers], kind="stable")]
    edges = np.searchsorted(groups.codes[order], np.arange(len(groups.names) + 1))
    caps: dict[str, int] = {}
    for code, name in enumerate(groups.names):
        mine = output_tokens[order[edges[code] : edges[code + 1]]]
        if len(mine) < SMALLEST_GROUP:
            continue
        cap = cap_for(mine, truncated_share=TRUNCATED_SHARE)
        if cap < int(mine.max()):
            caps[name] = cap
    return caps


def _table(study: Study, groups: Labels, caps: Mapping[str, int]) -> tuple[GroupLength, ...]:
    output_tokens = study.traffic.output_tokens
    table: list[GroupLength] = []
    for name, cap in list(caps.items())[:_LISTED]:
        mine = output_tokens[_answers_of(study, groups, name)]
        p50, p90, p99 = (float(value) for value in np.percentile(mine, [50, 90, 99]))
        table.append(
            GroupLength(
                match=name,
                calls=len(mine),
                max_output_tokens=cap,
                truncated_share=float((mine > cap).mean()),
                output_tokens_p50=p50,
                output_tokens_p90=p90,
                output_tokens_p99=p99,
                output_tokens_max=int(mine.max()),
            )
        )
    return tuple(table)


def _caps_in_force(events: Events) -> tuple[int | UnsetType, int | UnsetType]:
    """Return how many calls have a cap and how many reached it; unset where the log has no caps."""
    if events.max_output_tokens is None:
        return UNSET, UNSET
    known = events.max_output_tokens >= 0
    reached = known & (events.output_tokens >= events.max_output_tokens)
    return int(known.sum()), int(reached.sum())


def _reasoning_share(events: Events) -> float | UnsetType:
    """Return the share of output tokens that is reasoning; unset where the log does not say."""
    if events.reasoning_tokens is None:
        return UNSET
    total = int(events.output_tokens.sum())
    reasoning = int(np.clip(events.reasoning_tokens, 0, events.output_tokens).sum())
    return reasoning / total if total else 0.0
