"""What the findings on self-hosting are computed from."""

import msgspec

from netra.domain.optimization.analysers.model import Inputs


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """The API and hosting cost at a multiple of this traffic; None a month where the log covers no day."""

    traffic: float
    api_usd_per_hour: float
    hosting_usd_per_hour: float
    api_usd_per_month: float | None
    hosting_usd_per_month: float | None
    utilisation: float


class HostingInputs(Inputs, frozen=True, kw_only=True):
    """The bill, the fleet, its size and tail latencies at both ends of the interval, and the break-even."""

    calls: int
    replayed_calls: int
    api_usd_in_window: float
    hosting_usd_in_window: float
    api_usd_per_hour: float  # at the rate of the coming month
    hosting_usd_per_hour: float
    api_usd_per_month: float | None  # None: the log covers less than a day
    hosting_usd_per_month: float | None
    hours: float
    model: str
    gpu: str
    usd_per_gpu_hour: float | None
    gpu_price_source: str | None
    gpu_price_as_of: str | None
    gpus: int
    replicas: int
    replicas_low: int
    replicas_high: int | None
    spare_replicas: int
    balancing: str
    slow_replays_holding: float
    sizes_tried: tuple[int, ...]
    ttft_ms_p99_low: float
    ttft_ms_p99_high: float
    tpot_ms_p99_low: float
    tpot_ms_p99_high: float
    good_share: float
    ttft_limit_ms_p99: float | None
    tpot_limit_ms_p99: float | None
    latency_limit_ms_p99: float | None
    utilisation: float
    break_even_traffic: float | None
    break_even_curve: tuple[BreakEven, ...]


class UnreachableInputs(Inputs, frozen=True, kw_only=True):
    """The limits that no number of replicas keeps, and the configurations tried."""

    calls: int
    candidates: tuple[str, ...]
    ttft_limit_ms_p99: float | None
    tpot_limit_ms_p99: float | None
    latency_limit_ms_p99: float | None
