"""Burst shaping: how far a queue in front of the provider lowers the peak rate, and the wait it adds.

Formula: calls leave in order, at most `r` a second; the k-th leaves at `max_j<=k (t_j + (k - j) / r)`
(Lindley's recursion, 1952), so its wait is exact for the real arrivals (grade B). The reported rate is the
smallest at which the 99th percentile of the waits stays within a second, or, where deadlines are logged,
within `PATIENCE_SHARE` of them. Valid where no call depends on the answer of the one before it.
"""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.rate_limits import busiest_window
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import Queue, SupplySettings
from netra.domain.optimization.wording import count, percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "burst_shaping"
FORMULA: Final = (
    "wait_k = max over j <= k of (t_j + (k - j) / r) - t_k; r is the least with p99(wait) within the patience"
)
USUAL_PATIENCE_S: Final = 1.0
PATIENCE_SHARE: Final = 0.1  # largest share of a deadline that a call may spend in the queue
SECOND_NS: Final = 1_000_000_000
FEWEST_CALLS: Final = 100
WORTH_A_QUEUE: Final = 0.8  # share of the peak; a queue is advised if it lowers the peak below this
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


class BurstInputs(Inputs, frozen=True, kw_only=True):
    """The numbers a queue is sized from, in calls a second and seconds."""

    calls: int
    peak_per_s: float
    shaped_per_s: float
    mean_per_s: float
    patience_s: float
    wait_s_p99: float
    wait_s_max: float


class Shaped(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of a rate-limited queue on the log's arrivals."""

    peak_per_s: float  # the busiest second without it
    rate_per_s: float
    patience_s: float
    waits: Floats  # seconds, a call

    @property
    def wait_s_p99(self) -> float:
        """The 99th percentile of the waits."""
        return float(np.percentile(self.waits, 99))

    @property
    def wait_s_max(self) -> float:
        """The longest wait."""
        return float(self.waits.max())


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the rate to which a queue could limit the traffic, against the busiest second without one."""
    if len(study.events) < FEWEST_CALLS or study.span.seconds < 60:
        return ()
    checkpoint(0.0, "Queueing the real arrivals")
    at_ns, patience_s = study.events.at_ns, _patience_s(study)
    peak_per_s = busiest_window(at_ns, np.ones(len(at_ns), np.int64), window_ns=SECOND_NS)[0]
    rate_per_s = least_rate(at_ns, patience_s=patience_s, below=peak_per_s)
    if rate_per_s > WORTH_A_QUEUE * peak_per_s:
        return ()
    waits = waits_s(at_ns, per_s=rate_per_s)
    shaped = Shaped(peak_per_s=peak_per_s, rate_per_s=rate_per_s, patience_s=patience_s, waits=waits)
    return (_finding(study, shaped),)


def _finding(study: Study, shaped: Shaped) -> Finding:
    rate, longest_s = shaped.rate_per_s, shaped.wait_s_max
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="queue"),
        stance=Stance.INFORM,
        action=f"Queue calls in front of the provider and send at most {rate:,.2f} a second",
        impact=(
            f"The busiest second falls from {count(shaped.peak_per_s, 'call')} to {rate:,.2f}, "
            f"{percent(1 - rate / shaped.peak_per_s)} less; 99 % of calls wait under "
            f"{shaped.wait_s_p99:,.2f} s, "
            f"the longest {longest_s:,.2f} s."
        ),
        grade=Grade.REPLAY,
        formula=FORMULA,
        inputs=BurstInputs(
            calls=len(study.events),
            peak_per_s=shaped.peak_per_s,
            shaped_per_s=rate,
            mean_per_s=len(study.events) / study.span.seconds,
            patience_s=shaped.patience_s,
            wait_s_p99=shaped.wait_s_p99,
            wait_s_max=longest_s,
        ),
        assumptions=(
            "Calls do not depend on one another's answers, and a waiting call is not retried.",
            f"A wait of {shaped.patience_s:g} s is acceptable to users.",
        ),
        evidence=rows(study, shaped.waits >= shaped.wait_s_p99, weight=shaped.waits),
        how_to_verify=(
            "Log the time each call waits in the queue; its 99th percentile should match the replay's."
        ),
        effort="medium",
        risk="The wait adds to the time to first token of calls in a burst.",
        supply=SupplySettings(queue=Queue(max_calls_per_s=rate, max_wait_s=longest_s)),
    )


def least_rate(at_ns: Ints, *, patience_s: float, below: float) -> float:
    """Return the smallest rate, per second, whose p99 wait is within `patience_s`; precise to a thousandth.

    `below` is an upper bound on that rate. Valid for two or more calls that span some time.
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
