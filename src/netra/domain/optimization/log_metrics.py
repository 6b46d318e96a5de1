"""The numbers about a log before any advice, under the names that clients rely on."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from netra.domain.optimization.analysers.waste import failed_calls
from netra.domain.optimization.duplicates import exact_duplicates
from netra.domain.optimization.prefix import PrefixReuse, prefix_reuse
from netra.domain.workloads.columns import Events
from netra.domain.workloads.profile import profile_of
from netra.domain.workloads.sufficiency import sufficiency_of


def log_metrics(events: Events, *, reuse: Sequence[PrefixReuse] | None = None) -> Mapping[str, Any]:
    """Return what the log holds: counts, arrivals, reuse, duplicates, failures, and what it lacks.

    `reuse` is what `prefix_reuse` said of the same events, where it has been asked already.
    """
    profile = profile_of(events)
    duplicates = exact_duplicates(events)
    failed = int(failed_calls(events).sum())
    known = prefix_reuse(events) if reuse is None else reuse
    return {
        "requests": profile.requests,
        "input_tokens": profile.input_tokens,
        "output_tokens": profile.output_tokens,
        "prefix_reuse": [{"ttl_s": found.ttl_s, "token_share": found.token_share} for found in known],
        "arrivals": msgspec.to_builtins(profile.arrivals),
        "duplicates": {"requests": duplicates.requests, "share": duplicates.share},
        "failures": {"requests": failed, "share": failed / len(events) if len(events) else 0.0},
        "data_sufficiency": msgspec.to_builtins(sufficiency_of(events)),
        "profile": msgspec.to_builtins(profile),
    }
