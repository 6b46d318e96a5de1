"""Measures the logged latency: tails over all calls, and by feature against its limit.

Excludes failed calls and calls tagged as able to wait. Measured values only; modelled latencies are in
`performance`.
"""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.batch import tagged_patient
from netra.domain.optimization.analysers.evidence import with_unnamed
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.metrics import FeatureLatency, Latency, LatencyTails
from netra.domain.optimization.study import calls_named
from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Floats, Labels


def latency_of(study: Study) -> Latency:
    """Return the measured latency of the log."""
    return Latency(**msgspec.structs.asdict(tails_of(study)), by_feature=by_feature(study))


def tails_of(study: Study, *, among: Bools | None = None) -> LatencyTails:
    """Return the tails of the answered, latency-sensitive calls; only of those in `among`, if given."""
    awaited = _awaited(study) if among is None else _awaited(study) & among
    return LatencyTails(
        ttft_ms_p99=_percentile(study.events.ttft_ms, awaited, 99),
        tpot_ms_p99=_percentile(tpot_ms(study), awaited, 99),
        latency_ms_p99=_percentile(study.events.latency_ms, awaited, 99),
    )


def measured_ms(study: Study, *, metric: str, percentile: float, feature: str = "") -> float | None:
    """Return a percentile of the measured time; None where the log does not hold it."""
    columns = {"ttft": study.events.ttft_ms, "tpot": tpot_ms(study), "latency": study.events.latency_ms}
    among = _awaited(study)
    if feature:
        among &= calls_named(study.events, names=(feature,))
    return _percentile(columns[metric], among, percentile)


def tpot_ms(study: Study) -> Floats | None:
    """Return each call's time per output token after the first: `(latency - ttft) / (output - 1)`."""
    events = study.events
    if events.latency_ms is None or events.ttft_ms is None:
        return None
    after_first = np.where(events.output_tokens > 1, events.output_tokens - 1, np.nan)
    spent: Floats = events.latency_ms - events.ttft_ms
    return np.where(spent >= 0, spent, np.nan) / after_first


def by_feature(study: Study) -> tuple[FeatureLatency, ...]:
    """Return the tail of each feature (else template) against the limit set on it, slowest first."""
    latency_ms = study.events.latency_ms
    if latency_ms is None:
        return ()
    groups = with_unnamed(study.events.feature or study.events.template or _everything(study))
    awaited = _awaited(study)
    limits = {name.lower(): limit for name, limit in study.goals.latency_ms.items()}
    found: list[FeatureLatency] = []
    chosen = np.flatnonzero(awaited)
    order = chosen[np.argsort(groups.codes[chosen], kind="stable")]
    edges = np.searchsorted(groups.codes[order], np.arange(len(groups.names) + 1))
    for code, name in enumerate(groups.names):
        mine = latency_ms[order[edges[code] : edges[code + 1]]]
        known = mine[~np.isnan(mine)]
        if not len(known):
            continue
        p99 = float(np.percentile(known, 99))
        limit = limits.get(name.lower(), limits.get(""))
        over = None if limit is None else int((known > limit).sum())
        found.append(
            FeatureLatency(
                feature=name,
                calls=len(mine),
                latency_ms_p50=float(np.percentile(known, 50)),
                latency_ms_p99=p99,
                limit_ms=limit,
                calls_over_limit=over,
                met=None if limit is None else p99 <= limit,
            )
        )
    return tuple(sorted(found, key=lambda row: -row.latency_ms_p99))


def _everything(study: Study) -> Labels:
    return Labels(codes=np.zeros(len(study.events), np.int32), names=("all calls",))


def _awaited(study: Study) -> Bools:
    return ~failed_calls(study.events) & ~tagged_patient(study)


def _percentile(values: Floats | None, where: Bools, percent: float) -> float | None:
    if values is None:
        return None
    known = values[where]
    known = known[~np.isnan(known)]
    return float(np.percentile(known, percent)) if len(known) else None
