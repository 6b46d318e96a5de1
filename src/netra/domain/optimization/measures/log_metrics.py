"""The numbers about a log before any advice, under the names that clients rely on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.optimization.measures.duplicates import exact_duplicates, tell_prompts
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.prefix import PrefixReuse, prefix_reuse
from netra.domain.workloads.columns import Events
from netra.domain.workloads.profile import profile_of
from netra.domain.workloads.sufficiency import sufficiency_of

UNKNOWN: Final[Mapping[str, Any]] = {"requests": None, "share": None}


def log_metrics(events: Events, *, reuse: Sequence[PrefixReuse] | None = None) -> Mapping[str, Any]:
    """Return what the log holds: counts, arrivals, reuse, duplicates, failures, and what it lacks.

    `reuse` is what `prefix_reuse` said of the same events, where it has been asked already.
    """
    profile = profile_of(events)
    known = prefix_reuse(events) if reuse is None else reuse
    return {
        "requests": profile.requests,
        "input_tokens": profile.input_tokens,
        "output_tokens": profile.output_tokens,
        "prefix_reuse": [{"ttl_s": found.ttl_s, "token_share": found.token_share} for found in known],
        "arrivals": msgspec.to_builtins(profile.arrivals),
        "duplicates": _duplicates(events),
        "failures": _failures(events),
        "data_sufficiency": msgspec.to_builtins(sufficiency_of(events)),
        "profile": msgspec.to_builtins(profile),
    }


def _duplicates(events: Events) -> Mapping[str, Any]:
    """Return the calls that repeat a prompt; None, not zero, where no call tells its prompt."""
    if not tell_prompts(events).any():
        return UNKNOWN
    found = exact_duplicates(events)
    return {"requests": found.requests, "share": found.share}


def _failures(events: Events) -> Mapping[str, Any]:
    """Return the calls that failed; None, not zero, where the log has no status."""
    if events.status is None or not len(events):
        return UNKNOWN
    failed = int(failed_calls(events).sum())
    return {"requests": failed, "share": failed / len(events)}
