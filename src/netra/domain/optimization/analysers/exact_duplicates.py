"""Exact duplicates: prompts that were sent again and could have been answered from a store.

Formula: `sum of list prices of calls whose prompt the same model had answered at most a day before`. An
answer is there once its call has begun and its `latency_ms` has passed: calls made side by side have none
to take. Exact (grade A) where that latency is logged; where it is not, any earlier call is taken to have
been answered in time (grade B). Valid where the same prompt may get the same answer: not for
sampling on purpose, nor where the world changes under the question. Near duplicates (semantic caching)
need the texts; all but the first call of each template bound them, and no more than that is claimed.
"""

from functools import partial
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.duplicates import exact_duplicates
from netra.domain.optimization.measures.statuses import answered_calls
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.supply_config import Deduplication, SupplySettings
from netra.domain.optimization.traffic import Bools, dropped
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Events, Ints

KIND: Final = "exact_duplicates"
FORMULA: Final = (
    "saved = sum of list prices of calls whose prompt the same model had answered at most 24 h before"
)
KEPT_S: Final = 86_400
TRIED_S: Final = (300, 3_600, KEPT_S, None)
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000


class TimeKept(msgspec.Struct, frozen=True, kw_only=True):
    """What a store saves that keeps answers this long; `kept_s` None: for ever."""

    kept_s: int | None
    calls: int
    saved_usd_in_window: float


class DuplicateInputs(Inputs, frozen=True, kw_only=True):
    """The repeated prompts, and the saving by how long answers are kept."""

    calls: int
    repeated_calls: int
    repeated_share: float
    repeats_of_unknown_latency: int
    saved_usd_in_window: float
    by_time_kept: tuple[TimeKept, ...]
    semantic_caching_at_most_usd_in_window: float | UnsetType = UNSET  # absent: the log has no templates


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what a store of answers would save."""
    checkpoint(0.0, "Looking for prompts that were sent before")
    events = study.events
    if events.prompt_hash is None and events.prefixes is None:
        return (
            Gap(
                kind=KIND,
                missing=("prompt_hash",),
                reason="The log does not say which prompts are equal.",
                would_add="What answering repeated prompts from a store saves, exactly.",
            ),
        )
    previous = answered_before(study)
    repeated = _within(study, previous, kept_s=KEPT_S)
    if not (study.now_usd[repeated] > 0).any():
        return ()
    return (_finding(study, previous, repeated=repeated),)


def answered_before(study: Study) -> Ints:
    """Return, for every call, the one with the same prompt whose answer came last before it; -1 for none."""
    events = study.events
    first = exact_duplicates(events).first
    calls = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)  # prompts in company
    answers = calls[answered_calls(events)[calls]]
    call = np.concatenate((answers, calls))
    at_ns = np.concatenate((_answered_at_ns(events)[answers], events.at_ns[calls]))
    is_call = np.arange(len(call)) >= len(answers)
    order = np.lexsort((call, is_call, at_ns, first[call]))  # an answer before a call of the same instant
    prompt, places = first[call[order]], np.arange(len(order))
    begins = np.append(True, prompt[1:] != prompt[:-1])[: len(order)]
    start = np.maximum.accumulate(np.where(begins, places, 0))
    last = np.maximum.accumulate(np.where(is_call[order], -1, places))
    asked = is_call[order] & (last >= start)
    found = np.full(len(first), -1, np.int64)
    found[call[order[asked]]] = call[order[last[asked]]]
    return found


def _answered_at_ns(events: Events) -> Ints:
    """Return when each answer was complete: after its latency, and never at the instant it was asked for."""
    if events.latency_ms is None:
        return events.at_ns + 1
    took_ns = np.nan_to_num(events.latency_ms, nan=0.0) * _NS_PER_MS
    return events.at_ns + np.maximum(np.rint(took_ns).astype(np.int64), 1)


def _of_unknown_latency(study: Study, previous: Ints, *, repeated: Bools) -> int:
    """Return how many repeats rest on an answer that came nobody knows when."""
    if study.events.latency_ms is None:
        return int(repeated.sum())
    return int(np.isnan(study.events.latency_ms[previous[repeated]]).sum())


def _within(study: Study, previous: Ints, *, kept_s: int | None) -> Bools:
    """Return the recurring calls answered before, at most `kept_s` seconds ago."""
    known = (previous >= 0) & study.recurring
    if kept_s is None:
        return known
    at_ns = study.events.at_ns
    return known & (at_ns - at_ns[previous] <= kept_s * _NS_PER_S)


def _finding(study: Study, previous: Ints, *, repeated: Bools) -> Finding:
    inputs = _inputs(study, previous, repeated=repeated)
    return Finding(
        kind=KIND,
        stance=Stance.DO,
        action="Answer prompts that repeat word for word from a store instead of the model",
        impact=(
            f"{percent(inputs.repeated_share)} of {count(inputs.calls, 'call')}, "
            f"{inputs.repeated_calls:,}, repeat a prompt answered within a day; they cost "
            f"{money(inputs.saved_usd_in_window)} {study.month.told}."
        ),
        grade=Grade.REPLAY if inputs.repeats_of_unknown_latency else Grade.EXACT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "The same prompt to the same model may get the same answer until a day after it was last asked.",
            "Only answers of calls that succeeded are stored; storing them costs nothing worth counting.",
            *_latency_assumption(inputs.repeats_of_unknown_latency),
        ),
        evidence=rows(study, repeated, weight=study.now_usd),
        how_to_verify="Log the store's hits for a week and compare their share with the one above.",
        effort="medium",
        risk=(
            "A stored answer can be stale, and calls that sample several answers on purpose must be left out."
        ),
        change=partial(dropped, where=repeated),
        supply=SupplySettings(deduplication=Deduplication(key="model and prompt hash", keep_s=KEPT_S)),
        steps=(
            "Key a store by model, parameters and a hash of the whole prompt.",
            f"Keep answers of successful calls for {KEPT_S} s after their last use, and look there first.",
            "Leave out calls that sample on purpose, and what must be fresh.",
        ),
        roll_back="Turn the look-up off; the calls go to the model again.",
    )


def _latency_assumption(repeats: int) -> tuple[str, ...]:
    if not repeats:
        return ()
    said = f"The log has no latency_ms of the answers that {count(repeats, 'repeat')} would take"
    return (f"{said}: they are taken to have come before the next call began.",)


def _inputs(study: Study, previous: Ints, *, repeated: Bools) -> DuplicateInputs:
    calls = len(repeated) - study.month.first
    tried = {kept_s: _within(study, previous, kept_s=kept_s) for kept_s in TRIED_S}
    return DuplicateInputs(
        calls=calls,
        repeated_calls=int(repeated.sum()),
        repeated_share=int(repeated.sum()) / calls,
        repeats_of_unknown_latency=_of_unknown_latency(study, previous, repeated=repeated),
        saved_usd_in_window=float(study.now_usd[repeated].sum()),
        by_time_kept=tuple(
            TimeKept(
                kept_s=kept_s,
                calls=int(where.sum()),
                saved_usd_in_window=float(study.now_usd[where].sum()),
            )
            for kept_s, where in tried.items()
        ),
        semantic_caching_at_most_usd_in_window=_semantic_bound(study),
    )


def _semantic_bound(study: Study) -> float | UnsetType:
    """Return an upper bound in dollars on what a semantic cache saves: all but each template's first call."""
    template = study.events.template
    if template is None:
        return UNSET
    named = np.flatnonzero(template.codes >= 0)
    _, firsts = np.unique(template.codes[named], return_index=True)
    later = np.delete(named, firsts)
    return float(study.now_usd[later].sum())
