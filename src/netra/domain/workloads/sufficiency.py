"""Determine whether a log suffices for advice: its fields, the missing ones, and what each would add."""

from typing import Final

import msgspec
import numpy as np

from netra.domain.workloads.columns import Events
from netra.domain.workloads.profile import span_s

DAY_S: Final = 86_400.0
REQUESTS_MIN: Final = 2  # one call shows no rate, no reuse and no repetition

ADDS: Final = {
    "prefixes": "prompt caching by replay: what each time to live would reuse, and whether it pays",
    "cached_input_tokens": "how much of the input is billed at the cached price today",
    "prompt_hash": "exact duplicates, also where no prefix hashes are logged",
    "latency_ms": "latency by feature, limits on it, and calibration of the performance model",
    "ttft_ms": "time to first token, and time per output token together with latency_ms",
    "status": "failures and timeouts that were paid for",
    "retry_of": "retries that were paid for",
    "feature": "advice and limits by product feature",
    "template": "advice by prompt template or function",
    "session": "conversations, and how their prompts grow",
    "offline": "batch prices for calls that no user waits for, as a fact and not a guess",
    "max_output_tokens": "answers that were cut, and what a shorter limit would save",
    "cost": "the bill as it was paid, against list prices",
    "accepted": "routing to a smaller model with its real acceptance rate",
    "service_tier": "prices of the tier that served each call: flex, priority, fast or batch",
    "region": "regional prices",
    "charges": "charges other than for tokens: web searches, containers, grounding",
    "labels": "the bill by team, customer or environment",
    "variant": "a change judged by its hold-out group",
    "id": "rows sent twice counted once, and evidence by name",
}
"""What each optional field adds to an answer, by the name of its column."""


class MissingField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that no call of the log has, and what it would add."""

    field: str
    would_add: str


class Sufficiency(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the log suffices for advice, and what limits the advice."""

    sufficient: bool
    reason: str
    requests: int
    span_s: float
    covers_a_day: bool
    present: tuple[str, ...]
    partial: tuple[str, ...]  # fields that some calls have and some lack
    missing: tuple[MissingField, ...]


def sufficiency_of(events: Events) -> Sufficiency:
    """Return whether the log suffices for advice, and which fields it lacks."""
    seconds = span_s(events.at_ns)
    present = tuple(name for name in ADDS if getattr(events, name) is not None)
    return Sufficiency(
        sufficient=len(events) >= REQUESTS_MIN,
        reason=_reason(len(events), seconds),
        requests=len(events),
        span_s=seconds,
        covers_a_day=seconds >= DAY_S,
        present=tuple(_sent_as(name) for name in present),
        partial=tuple(_sent_as(name) for name in present if not _is_everywhere(events, name)),
        missing=missing_fields(events),
    )


def missing_fields(events: Events) -> tuple[MissingField, ...]:
    """Return the fields that no call of the log has."""
    return tuple(
        MissingField(field=_sent_as(name), would_add=adds)
        for name, adds in ADDS.items()
        if getattr(events, name) is None
    )


def _reason(requests: int, seconds: float) -> str:
    if not requests:
        return "The log holds no calls."
    if requests < REQUESTS_MIN:
        return "The log holds one call: a bill can be computed, and nothing that needs a second one."
    if not seconds:
        return "All calls have one timestamp: counts and prices hold, rates and months do not."
    if seconds < DAY_S:
        hours = seconds / 3600
        return f"The log covers {hours:.2f} h, less than a day: daily peaks are not in it."
    return f"The log covers {seconds / DAY_S:.2f} days."


def _sent_as(column: str) -> str:
    """Return the name under which a client sends what `column` holds."""
    return "prefix_hashes" if column == "prefixes" else column


def _is_everywhere(events: Events, name: str) -> bool:
    column = getattr(events, name)
    if name == "prefixes":
        return bool(np.all(np.diff(column.offsets) > 0))
    if name == "id":
        return None not in column.tolist()
    if hasattr(column, "codes"):
        return bool(np.all(column.codes >= 0))
    return not bool(np.any(np.isnan(column) if column.dtype.kind == "f" else column < 0))
