"""Exact duplicates: repeated prompts that a response cache could have answered.

Formula: `sum of list prices of calls whose prompt the same model had answered at most a day before`. An
answer is available once its call's `latency_ms` has passed, so concurrent calls cannot reuse each other.
Exact (grade A) where that latency is logged; otherwise every earlier call is assumed to have finished in
time (grade B). Valid where the same prompt may get the same answer: not for deliberate sampling, nor where
the right answer changes over time. Near duplicates (semantic caching) need the prompt texts; only their
upper bound is given: all but the first call of each template.
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
from netra.domain.optimization.recommendation_key import KeyParts
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
    """The saving of a cache that keeps answers for `kept_s` seconds; None: for ever."""

    kept_s: int | None
    calls: int
    saved_usd_in_window: float


class DuplicateInputs(Inputs, frozen=True, kw_only=True):
    """The repeated prompts, and the saving by time to live."""

    calls: int
    repeated_calls: int
    repeated_share: float
    repeats_of_unknown_latency: int
    saved_usd_in_window: float
    by_time_kept: tuple[TimeKept, ...]
    semantic_caching_at_most_usd_in_window: float | UnsetType = UNSET  # absent: the log has no templates


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the saving of a response cache."""
    checkpoint(0.0, "Looking for repeated prompts")
    events = study.events
    if events.prompt_hash is None and events.prefixes is None:
        return (
            Gap(
                kind=KIND,
                missing=("prompt_hash",),
                reason="The log does not show which prompts are equal.",
                would_add="The exact saving of answering repeated prompts from a cache.",
            ),
        )
    previous = answered_before(study)
    repeated = _within(study, previous, kept_s=KEPT_S)
    if not (study.now_usd[repeated] > 0).any():
        return ()
    return (_finding(study, previous, repeated=repeated),)


def answered_before(study: Study) -> Ints:
    """Return, for every call, the latest call with the same prompt answered before it began; -1 if absent."""
    events = study.events
    first = exact_duplicates(events).first
    calls = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)  # prompts with repeats
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
    """Return when each answer was complete: after its latency, always later than the call's start."""
    if events.latency_ms is None:
        return events.at_ns + 1
    took_ns = np.nan_to_num(events.latency_ms, nan=0.0) * _NS_PER_MS
    return events.at_ns + np.maximum(np.rint(took_ns).astype(np.int64), 1)


def _of_unknown_latency(study: Study, previous: Ints, *, repeated: Bools) -> int:
    """Return how many repeats rely on an answer whose completion time is unknown."""
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
        key_parts=KeyParts(lever="response cache"),
        stance=Stance.DO,
        action="Answer prompts that repeat word for word from a response cache instead of the model",
        impact=(
            f"{percent(inputs.repeated_share)} of {count(inputs.calls, 'call')}, "
            f"{inputs.repeated_calls:,}, repeat a prompt answered within a day; they cost "
            f"{money(inputs.saved_usd_in_window)} {study.month.period}."
        ),
        grade=Grade.REPLAY if inputs.repeats_of_unknown_latency else Grade.EXACT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "The same prompt to the same model may get the same answer until a day after its last use.",
            "Only answers of successful calls are cached; the storage cost is negligible.",
            *_latency_assumption(inputs.repeats_of_unknown_latency),
        ),
        evidence=rows(study, repeated, weight=study.now_usd),
        how_to_verify="Log the cache's hits for a week and compare the hit rate with the share above.",
        effort="medium",
        risk=(
            "A cached answer can be stale, and calls that deliberately sample several answers "
            "must be excluded."
        ),
        change=partial(dropped, where=repeated),
        supply=SupplySettings(deduplication=Deduplication(key="model and prompt hash", keep_s=KEPT_S)),
        steps=(
            "Key the cache by model, parameters and a hash of the whole prompt.",
            (
                f"Keep answers of successful calls for {KEPT_S} s after their last use; look there "
                "before each call."
            ),
            "Exclude calls that sample deliberately or need a fresh answer.",
        ),
        roll_back="Turn the cache look-up off; the calls go to the model again.",
    )


def _latency_assumption(repeats: int) -> tuple[str, ...]:
    if not repeats:
        return ()
    unknown = f"The log has no latency_ms for the answers that {count(repeats, 'repeat')} would reuse"
    return (f"{unknown}: they are assumed to have arrived before the next call began.",)


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
    """Return an upper bound, in dollars, on a semantic cache's saving: all but each template's first call."""
    template = study.events.template
    if template is None:
        return UNSET
    named = np.flatnonzero(template.codes >= 0)
    _, firsts = np.unique(template.codes[named], return_index=True)
    later = np.delete(named, firsts)
    return float(study.now_usd[later].sum())
