"""Measures the log: counts, arrivals, reuse, duplicates and failures, before any price or advice."""

from collections.abc import Sequence

from netra.domain.optimization.measures.duplicates import exact_duplicates, identified_prompts
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.metrics import (
    UNKNOWN_SHARE,
    CallShare,
    DataSufficiency,
    LogMetrics,
    ReuseShare,
)
from netra.domain.optimization.prefix import PrefixReuse, prefix_reuse
from netra.domain.workloads.columns import Events
from netra.domain.workloads.profile import profile_of
from netra.domain.workloads.sufficiency import sufficiency_of


def log_metrics(events: Events, *, reuse: Sequence[PrefixReuse] | None = None) -> LogMetrics:
    """Return the metrics of the log: counts, arrivals, reuse, duplicates, failures, missing fields.

    `reuse` is the result of `prefix_reuse` for the same events, if the caller already has it.
    """
    profile = profile_of(events)
    known = prefix_reuse(events) if reuse is None else reuse
    return LogMetrics(
        requests=profile.requests,
        input_tokens=profile.input_tokens,
        output_tokens=profile.output_tokens,
        prefix_reuse=tuple(ReuseShare(ttl_s=found.ttl_s, token_share=found.token_share) for found in known),
        arrivals=profile.arrivals,
        duplicates=_duplicates(events),
        failures=_failures(events),
        data_sufficiency=_sufficiency(events),
        profile=profile,
    )


def _duplicates(events: Events) -> CallShare:
    """Return the calls that repeat a prompt; unknown, not zero, where no call identifies its prompt."""
    if not identified_prompts(events).any():
        return UNKNOWN_SHARE
    found = exact_duplicates(events)
    return CallShare(requests=found.requests, share=found.share)


def _failures(events: Events) -> CallShare:
    """Return the calls that failed; unknown, not zero, where the log has no status."""
    if events.status is None or not len(events):
        return UNKNOWN_SHARE
    failed = int(failed_calls(events).sum())
    return CallShare(requests=failed, share=failed / len(events))


def _sufficiency(events: Events) -> DataSufficiency:
    found = sufficiency_of(events)
    return DataSufficiency(
        sufficient=found.sufficient,
        reason=found.reason,
        requests=found.requests,
        span_s=found.span_s,
        covers_a_day=found.covers_a_day,
        present=found.present,
        partial=found.partial,
        missing=found.missing,
    )
