"""Context growth: conversations that send more with every call, what compaction would save, and cliffs.

Formula: `saved = price of the calls as they were - price under the policy`, with the summary's own call, and
the new beginning that the cache does not have, in the price under the policy. The money is modelled (grade
C): the log does not show how much of a context a summary must keep. Quality needs an evaluation (grade D).
Cliffs: calls just over a size from which all their tokens cost more, at exact list prices.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.context.compaction import (
    POLICIES,
    Compacted,
    applied,
    compacted,
)
from netra.domain.optimization.analysers.context.conversations import Conversations, conversations_of
from netra.domain.optimization.analysers.evidence import rows, saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.tariff import Rate, Tariff
from netra.domain.optimization.traffic import UNPRICED, call_usd
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Ints

KIND: Final = "context_growth"
FORMULA: Final = (
    "saved = sum over calls of price as it was - price under the policy; a compaction pays for reading the "
    "old prompt, writing the summary, and caching the new beginning"
)
FEWEST_CALLS: Final = 4  # fewest calls of a conversation whose growth is worth a look
LEAST_SHARE: Final = 0.01  # of the bill: less is not worth an evaluation
JUST_OVER: Final = 1.25  # times the size of a cliff: calls up to it might be brought under
RATES: Final = ("input", "output", "cached_input", "cache_write", "cache_write_1h", "cache_write_12h")


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy would do over the log."""

    trigger_tokens: int
    keep_tokens: int
    compactions: int
    calls_changed: int
    tokens_cut: int
    saved_usd_in_window: float


class CliffRow(msgspec.Struct, frozen=True, kw_only=True):
    """Calls beyond the size from which all tokens of a model cost more."""

    model: str
    above_tokens: int
    calls: int
    calls_just_over: int
    extra_usd_in_window: float


class GrowthInputs(Inputs, frozen=True, kw_only=True):
    """How conversations grow: the parts of the input, and the policies tried."""

    conversations: int
    growing_share: float  # of the calls that follow another
    static_share: float  # of the input: the first prompt of a conversation, sent with each call
    repeated_share: float  # of the input: what earlier calls had added
    new_share: float
    policies: tuple[PolicyRow, ...]


class CliffInputs(Inputs, frozen=True, kw_only=True):
    """The sizes from which calls cost more, and what they cost."""

    cliffs: tuple[CliffRow, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the compaction policy that saves most, and the cliffs, where either is worth a word."""
    checkpoint(0.0, "Replaying policies of compaction")
    found = _compaction(study)
    table = cliffs_of(study)
    if sum(row.extra_usd_in_window for row in table) > LEAST_SHARE * float(study.now_usd.sum()):
        return (*found, _cliff(study, table))
    return found


def _compaction(study: Study) -> tuple[Finding, ...]:
    events = study.events
    talks = None if events.session is None else conversations_of(events)
    if talks is None or np.bincount(talks.number, minlength=1).max() < FEWEST_CALLS:
        return ()
    tried = [compacted(study.traffic, talks, policy) for policy in POLICIES]
    saved = [float(saved_by_call_usd(study, partial(applied, found=one)).sum()) for one in tried]
    best = int(np.argmax(saved))
    if saved[best] <= LEAST_SHARE * float(study.now_usd.sum()):
        return ()
    return (_compact(study, tried[best], saved[best], _inputs(talks, events.input_tokens, tried, saved)),)


def cliffs_of(study: Study) -> tuple[CliffRow, ...]:
    """Return what calls pay for being over a size from which all their tokens cost more."""
    traffic = study.traffic
    flat = msgspec.structs.replace(traffic, tariffs=tuple(_flat(tariff) for tariff in traffic.tariffs))
    extra = np.where(study.recurring & (traffic.tariff != UNPRICED), study.now_usd - call_usd(flat), 0.0)
    found: list[CliffRow] = []
    for code, tariff in enumerate(traffic.tariffs):
        for above in sorted({above for above, _ in tariff.input.tiers})[:1]:
            over = (traffic.tariff == code) & (traffic.input_tokens > above)
            just = over & (traffic.input_tokens <= JUST_OVER * above)
            if over.any():
                found.append(
                    CliffRow(
                        model=tariff.model,
                        above_tokens=above,
                        calls=int(over.sum()),
                        calls_just_over=int(just.sum()),
                        extra_usd_in_window=float(extra[over].sum()),
                    )
                )
    return tuple(found)


def _flat(tariff: Tariff) -> Tariff:
    """Return the tariff without the dearer prices of long prompts."""
    rates: Mapping[str, Rate | None] = {name: getattr(tariff, name) for name in RATES}
    changed = {
        name: None if rate is None else msgspec.structs.replace(rate, tiers=())
        for name, rate in rates.items()
    }
    return msgspec.structs.replace(tariff, **changed)


def _inputs(
    talks: Conversations, sizes: Ints, tried: Sequence[Compacted], saved: Sequence[float]
) -> GrowthInputs:
    follows, previous = talks.follows, talks.previous
    before = np.where(follows, np.minimum(sizes[previous], sizes), 0)
    static = np.minimum(sizes[talks.first][talks.number], before)
    whole = max(int(sizes.sum()), 1)
    return GrowthInputs(
        conversations=int((~follows).sum()),
        growing_share=float((sizes[follows] > sizes[previous[follows]]).mean()),
        static_share=int(static.sum()) / whole,
        repeated_share=int((before - static).sum()) / whole,
        new_share=int((sizes - before).sum()) / whole,
        policies=tuple(
            PolicyRow(
                trigger_tokens=found.policy.trigger,
                keep_tokens=found.policy.keep,
                compactions=int(found.triggers.sum()),
                calls_changed=int(found.touched.sum()),
                tokens_cut=int(found.cut.sum()),
                saved_usd_in_window=usd,
            )
            for found, usd in zip(tried, saved, strict=True)
        ),
    )


def _compact(study: Study, found: Compacted, saved_usd: float, inputs: GrowthInputs) -> Finding:
    policy = found.policy
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="compact"),
        stance=Stance.EVALUATE,
        action=(
            f"Compact conversations at {policy.trigger:,} tokens to {policy.keep:,} behind their first prompt"
        ),
        impact=(
            f"{percent(inputs.repeated_share)} of the input repeats what earlier calls of a conversation had "
            f"added. {count(int(found.triggers.sum()), 'compaction')} would save {money(saved_usd)} "
            f"{study.month.period}, the cost of the summaries taken off."
        ),
        grade=Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "The money is grade C: a summary of the kept size holds what later calls need.",
            "A summary reads the old prompt once, and the cache keeps the first prompt only.",
            "Later calls are shorter by what was cut, and otherwise the same.",
        ),
        evidence=rows(study, found.touched, weight=found.cut),
        how_to_verify=(
            "Compact one in ten conversations for a week (column variant) and compare the cost of a session "
            "and the share of accepted answers."
        ),
        effort="medium",
        risk="What the summary leaves out is lost to later answers.",
        change=partial(applied, found=found),
        roll_back="Raise the trigger above the longest conversation.",
    )


def _cliff(study: Study, table: tuple[CliffRow, ...]) -> Finding:
    worst = max(table, key=lambda row: row.extra_usd_in_window)
    codes = [code for code, tariff in enumerate(study.traffic.tariffs) if tariff.model == worst.model]
    over = (study.traffic.input_tokens > worst.above_tokens) & np.isin(study.traffic.tariff, codes)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="shorter prompts", scope=(f"model={worst.model}",)),
        stance=Stance.INFORM,
        action=(
            f"Keep prompts to {worst.model} under {worst.above_tokens:,} tokens: above, each token costs more"
        ),
        impact=(
            f"{count(worst.calls, 'call')} were over it, {worst.calls_just_over:,} of them by less than a "
            f"quarter, and paid {money(worst.extra_usd_in_window)} more {study.month.period} for that."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=CliffInputs(cliffs=table),
        assumptions=(),
        evidence=rows(study, over, weight=study.now_usd),
        how_to_verify="Compare the cost of a call just under the size with one just over it on the bill.",
        effort="medium",
        risk="A shorter prompt may hold less of what the answer needs.",
    )
