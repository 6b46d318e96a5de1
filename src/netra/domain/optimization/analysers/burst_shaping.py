"""Burst shaping: how far a queue in front of the provider flattens the peaks, and what waiting it costs.

Formula: calls leave at most `r` a second, in order; the k-th leaves at `max_j<=k (t_j + (k - j) / r)`
(Lindley's recursion, 1952), so its wait is exact for the real arrivals (grade B). Said is the smallest
rate at which the 99th percentile of the waits stays within a second, or within the patience of the calls
where deadlines are logged. Valid where a call does not depend on the one before it.
"""

from typing import Final

import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Stance, Study
from netra.domain.optimization.analysers.rate_limits import busiest_window
from netra.domain.optimization.model import Checkpoint, Gap, Grade
from netra.domain.optimization.wording import percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "burst_shaping"
FORMULA: Final = (
    "wait_k = max over j <= k of (t_j + (k - j) / r) - t_k; r is the least with p99(wait) within the patience"
)
USUAL_PATIENCE_S: Final = 1.0
PATIENCE_SHARE: Final = 0.1  # of a deadline, that may be spent in a queue
SECOND_NS: Final = 1_000_000_000
FEWEST_CALLS: Final = 100
_PRECISION: Final = 1e-3


def waits_s(at_ns: Ints, *, per_s: float) -> Floats:
    """Return how long each call waits when they leave in order, at most `per_s` a second.

    >>> waits_s(np.array([0, 0, 0]), per_s=2.0).tolist()
    [0.0, 0.5, 1.0]
    """
    arrive_s = (at_ns - at_ns[0]) / SECOND_NS
    turn_s = np.arange(len(at_ns)) / per_s
    waits: Floats = np.maximum.accumulate(arrive_s - turn_s) + turn_s - arrive_s
    return waits


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the rate a queue could hold the traffic to, against the busiest second without one."""
    if len(study.events) < FEWEST_CALLS or study.span.seconds < 60:
        return ()
    checkpoint(0.0, "Queueing the real arrivals")
    patience_s = _patience_s(study)
    ones = np.ones(len(study.events), np.int64)
    peak_per_s = busiest_window(study.events.at_ns, ones, window_ns=SECOND_NS)[0]
    rate_per_s = least_rate(study.events.at_ns, patience_s=patience_s, below=peak_per_s)
    if rate_per_s > 0.8 * peak_per_s:
        return ()
    waits = waits_s(study.events.at_ns, per_s=rate_per_s)
    p99_s, longest_s = float(np.percentile(waits, 99)), float(waits.max())
    return (
        Finding(
            kind=KIND,
            stance=Stance.INFORM,
            action=f"Queue calls so that at most {rate_per_s:,.2f} a second leave",
            impact=(
                f"The busiest second falls from {peak_per_s:,.0f} calls to {rate_per_s:,.2f}, "
                f"{percent(1 - rate_per_s / peak_per_s)} less; 99 % of calls wait under {p99_s:,.2f} s, "
                "the longest "
                f"{longest_s:,.2f} s."
            ),
            grade=Grade.REPLAY,
            formula=FORMULA,
            inputs={
                "calls": len(study.events),
                "peak_per_s": peak_per_s,
                "shaped_per_s": rate_per_s,
                "mean_per_s": len(study.events) / study.span.seconds,
                "patience_s": patience_s,
                "wait_s_p99": p99_s,
                "wait_s_max": longest_s,
            },
            assumptions=(
                "Calls do not depend on one another's answers, and none is sent twice because it waits.",
                *(
                    ()
                    if study.events.deadline_s is not None
                    else (f"A wait of {patience_s:g} s harms nobody.",)
                ),
            ),
            evidence=rows(study, waits >= p99_s, weight=waits),
            how_to_verify=(
                "Log the wait in the queue; its 99th percentile should stay where the replay puts it."
            ),
            effort="medium",
            risk="Waits add to the time to the first token of calls in a burst.",
            supply={"queue": {"max_calls_per_s": rate_per_s, "max_wait_s": longest_s}},
        ),
    )


def least_rate(at_ns: Ints, *, patience_s: float, below: float) -> float:
    """Return the least rate a second whose p99 wait is within `patience_s`, to a thousandth.

    `below` is a rate that is surely enough; valid for at least two calls that span some time.
    """
    low, high = 0.0, below
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        if float(np.percentile(waits_s(at_ns, per_s=middle), 99)) <= patience_s:
            high = middle
        else:
            low = middle
    return high


def _patience_s(study: Study) -> float:
    deadlines = study.events.deadline_s
    if deadlines is None or np.isnan(deadlines).all():
        return USUAL_PATIENCE_S
    return max(float(np.nanmin(deadlines)) * PATIENCE_SHARE, 0.001)
