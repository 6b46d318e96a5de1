"""The latency and the fleets of a simulated change, as values."""

import msgspec
from msgspec import UNSET, UnsetType

from netra.domain.optimization.metrics import LatencyTails

Bounds = tuple[float, float]


class SimulatedLatency(LatencyTails, frozen=True, kw_only=True):
    """Tails that are measured, predicted or modelled; only the latter two have 80 % intervals."""

    ttft_ms_p99_range: Bounds | UnsetType = UNSET
    tpot_ms_p99_range: Bounds | UnsetType = UNSET
    latency_ms_p99_range: Bounds | UnsetType = UNSET


class FleetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A number of replicas of one model on one kind of GPU, and their rent."""

    model: str
    gpu: str
    gpus_per_replica: int
    precision: str
    replicas: int
    usd_per_hour: float


class ProposedFleetSummary(FleetSummary, frozen=True, kw_only=True):
    """The proposed fleet, and whether its replay keeps the latency limits."""

    spare_replicas: int  # of `replicas`, those beyond what the replay relies on
    ttft_limit_ms_p99: float
    tpot_limit_ms_p99: float
    latency_limit_ms_p99: float | None
    percentile: float  # at which the limits are judged
    balancing: str
    keeps_limits: bool  # with steps as modelled
    keeps_limits_when_slow: bool  # with steps at the slow end of their 80 % interval
    slow_replays_holding: float  # share of replays with slow steps and random balancing
    replicas_that_keep_limits: int | None  # with slow steps; None: no number of replicas does
    refused_calls: int  # calls that exceed a replica's memory


class PresentFleetSummary(FleetSummary, frozen=True, kw_only=True):
    """The fleet that serves the log now."""

    calibration: str  # a sentence about the source of the pace
