"""Summarises a log as the few curves that a report draws.

Contains no advice; the engine computes that. This only shows the log behind it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Floats, instant_of

BINS_MAX: Final = 240  # upper bound on the bars; more would be narrower than two pixels
BIN_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400)
CURVE_POINTS: Final = 200
NS_PER_S: Final = 1_000_000_000

Unit = Literal["ms", "tokens"]
_COLUMNS: Final[Mapping[str, tuple[str, Unit]]] = {
    "ttft_ms": ("time to first token", "ms"),
    "latency_ms": ("whole call", "ms"),
}
_TOKENS: Final[Mapping[str, tuple[str, Unit]]] = {
    "input_tokens": ("input", "tokens"),
    "output_tokens": ("output", "tokens"),
}


class QuantileCurve(msgspec.Struct, frozen=True, kw_only=True):
    """The distribution of one measure: `values[i]` is the quantile `shares[i]`."""

    name: str
    unit: Unit
    values: Floats
    shares: Floats
    p50: float
    p99: float


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """The summary of a log; `rates_per_s[i]` is the mean rate of bin i, including empty bins."""

    calls: int
    begins_at: datetime
    seconds: float
    bin_s: float
    rates_per_s: Floats
    spreads: tuple[QuantileCurve, ...]  # latencies where the log has them, else tokens


def sketch_of(events: Events) -> Sketch | None:
    """Return the summary of a log, or None for a log without calls."""
    if not len(events):
        return None
    first_ns = int(events.at_ns.min())
    seconds = (int(events.at_ns.max()) - first_ns) / NS_PER_S
    bin_s = bin_seconds(seconds)
    bins = (events.at_ns - first_ns) // int(bin_s * NS_PER_S)
    counts = np.bincount(bins)
    return Sketch(
        calls=len(events),
        begins_at=instant_of(first_ns),
        seconds=seconds,
        bin_s=bin_s,
        rates_per_s=counts / bin_s,
        spreads=_spreads(events),
    )


def bin_seconds(seconds: float) -> float:
    """Return the smallest round bin width that divides `seconds` into at most `BINS_MAX` bins.

    >>> bin_seconds(0), bin_seconds(3_600), bin_seconds(86_400 * 30), bin_seconds(86_400 * 1_000)
    (1.0, 30.0, 21600.0, 432000.0)
    """
    for step_s in BIN_STEPS_S:
        if seconds / step_s < BINS_MAX:
            return float(step_s)
    return float(np.ceil(seconds / BINS_MAX / 86_400) * 86_400)


def resampled(rates: Floats, *, columns: int) -> Floats:
    """Return at most `columns` values, each the mean of its share of `rates`.

    >>> resampled(np.array([1.0, 3.0, 5.0, 7.0]), columns=2).tolist()
    [2.0, 6.0]
    """
    if len(rates) <= columns:
        return rates
    edges = np.linspace(0, len(rates), columns + 1).astype(np.int64)
    return np.add.reduceat(rates, edges[:-1]) / np.diff(edges)


def _spreads(events: Events) -> tuple[QuantileCurve, ...]:
    for columns in (_COLUMNS, _TOKENS):
        found = [_spread(name, unit, getattr(events, field)) for field, (name, unit) in columns.items()]
        spreads = tuple(spread for spread in found if spread is not None)
        if spreads:
            return spreads
    return ()


def _spread(name: str, unit: Unit, column: npt.NDArray[np.float64 | np.int64] | None) -> QuantileCurve | None:
    if column is None:
        return None
    known = column[np.isfinite(column) & (column >= 0)].astype(np.float64)
    if not len(known):
        return None
    # The last half percent is drawn as one point: a single outlier would flatten the curve.
    shares = np.linspace(0.0, 0.995, CURVE_POINTS)
    p50, p99 = np.quantile(known, [0.5, 0.99])
    return QuantileCurve(
        name=name,
        unit=unit,
        values=np.quantile(known, shares),
        shares=shares,
        p50=float(p50),
        p99=float(p99),
    )
