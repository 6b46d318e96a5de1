"""Calibrates the model on a user's own latencies, and predicts a change from a measured value.

Fits up to two factors per deployment: one for prefill (from TTFT), one for decode (from TPOT). A change is
predicted as `measured x model after / model before`, with an interval from held-out residuals of that kind
of change.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.performance.constants import MIXTURE_RESIDUALS_80, RESIDUALS_80, SEVERAL
from netra.domain.workloads.columns import Events, Floats

FEWEST_ROWS: Final = 20
"""Minimum number of calls with a latency to fit a factor; with fewer it would be noise."""


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A value with the bounds of its 80 % interval."""

    value: float
    low: float
    high: float


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    """The measured latencies by call; NaN where not measured."""

    ttft_ms: Floats
    tpot_ms: Floats


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The factors by which a deployment's times differ from the model's; 1.0 where there was no telemetry.

    `*_spread` bounds 80 % of single calls around the calibrated model, from calls not used in the fit.
    """

    prefill: float = 1.0
    decode: float = 1.0
    prefill_rows: int = 0
    decode_rows: int = 0
    prefill_spread: tuple[float, float] = (1.0, 1.0)
    decode_spread: tuple[float, float] = (1.0, 1.0)


def telemetry_of(events: Events) -> Telemetry:
    """Return TTFT as logged and TPOT as `(latency - TTFT) / (output - 1)`, NaN where a part is missing."""
    none = np.full(len(events), np.nan)
    ttft = none if events.ttft_ms is None else events.ttft_ms
    latency = none if events.latency_ms is None else events.latency_ms
    gaps = events.output_tokens - 1
    decoding = latency - ttft
    known = (gaps > 0) & (decoding > 0.0)
    tpot = np.divide(decoding, gaps, out=none.copy(), where=known)
    return Telemetry(ttft_ms=np.where(ttft > 0.0, ttft, np.nan), tpot_ms=tpot)


def calibrated(measured: Telemetry, *, modelled: Telemetry) -> Calibration:
    """Return the factors from the calls at even positions, and their spread from those at odd positions.

    A factor is the median of `measured / modelled`, which is robust to a few stalled calls.

    >>> measured = Telemetry(ttft_ms=np.full(40, 300.0), tpot_ms=np.full(40, 12.0))
    >>> modelled = Telemetry(ttft_ms=np.full(40, 200.0), tpot_ms=np.full(40, 10.0))
    >>> found = calibrated(measured, modelled=modelled)
    >>> found.prefill, found.decode, found.decode_rows
    (1.5, 1.2, 40)
    """
    prefill, prefill_rows, prefill_spread = _factor(measured.ttft_ms, modelled.ttft_ms)
    decode, decode_rows, decode_spread = _factor(measured.tpot_ms, modelled.tpot_ms)
    return Calibration(
        prefill=prefill,
        decode=decode,
        prefill_rows=prefill_rows,
        decode_rows=decode_rows,
        prefill_spread=prefill_spread,
        decode_spread=decode_spread,
    )


def predict_change(
    measured: float,
    *,
    modelled_before: float,
    modelled_after: float,
    changed: Iterable[str],
    mixture: bool = False,
) -> Interval:
    """Return the measured value after a change, with its 80 % interval.

    `changed` holds keys of `constants.RESIDUALS_80`. For simultaneous changes the widths in log space add in
    quadrature, and the interval is at least as wide as that of `SEVERAL`.

    >>> one = predict_change(100.0, modelled_before=10.0, modelled_after=20.0, changed=["batch"])
    >>> (one.value, round(one.low, 6), round(one.high, 6))
    (200.0, 185.0, 216.0)
    """
    low, high = change_bounds(changed, mixture=mixture)
    value = measured * modelled_after / modelled_before
    return Interval(value=value, low=value * low, high=value * high)


def change_bounds(changed: Iterable[str], *, mixture: bool = False) -> tuple[float, float]:
    """Return the 80 % bounds of a change, as factors; (1, 1) without a change."""
    bounds = MIXTURE_RESIDUALS_80 if mixture else RESIDUALS_80
    kinds = sorted(set(changed))
    if not kinds:
        return 1.0, 1.0
    if len(kinds) == 1:
        return bounds[kinds[0]]
    logs = np.log(np.array([bounds[kind] for kind in kinds]))
    low, high = np.sqrt((logs**2).sum(axis=0))
    least_low, least_high = bounds[SEVERAL]
    return min(float(np.exp(-low)), least_low), max(float(np.exp(high)), least_high)


def _factor(measured: Floats, modelled: Floats) -> tuple[float, int, tuple[float, float]]:
    known = np.flatnonzero((measured > 0.0) & (modelled > 0.0))
    if len(known) < FEWEST_ROWS:
        return 1.0, 0, (1.0, 1.0)
    ratios = measured[known] / modelled[known]
    factor = float(np.median(ratios[::2]))
    low, high = np.quantile(ratios[1::2] / factor, [0.1, 0.9])
    return factor, len(known), (float(low), float(high))
