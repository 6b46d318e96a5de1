"""Describe the calls of a kind before and after an instant: cost, length, answers, latency, failures.

This is observation only; `verdicts` decides whether a difference exceeds chance and drift.
"""

import msgspec
import numpy as np

from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Flags, Floats, Ints


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """The calls on one side of a change."""

    calls: int  # those that were charged
    usd_per_call: float | None  # None: the price of a call is unknown
    output_tokens_per_call: float
    accepted: tuple[int, int]  # (accepted, judged)
    failed_share: float | None  # of all calls; None: no status is logged
    latency_ms_p50: float | None
    latency_ms_p99: float | None


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that describe a side, one value per call."""

    usd: Floats  # NaN where the price is unknown
    output_tokens: Ints
    accepted: Flags | None
    failed: Bools | None
    charged: Bools
    latency_ms: Floats | None


def side_of(calls: Calls, where: Bools) -> Side | None:
    """Summarise the calls in `where`, or return None if no call was charged."""
    charged = where & calls.charged
    count = int(charged.sum())
    if not count:
        return None
    usd = calls.usd[charged]
    return Side(
        calls=count,
        usd_per_call=None if np.isnan(usd).any() else float(usd.mean()),
        output_tokens_per_call=float(calls.output_tokens[charged].mean()),
        accepted=_accepted(calls.accepted, charged),
        failed_share=None if calls.failed is None else float(calls.failed[where].mean()),
        latency_ms_p50=_percentile(calls.latency_ms, charged, 50),
        latency_ms_p99=_percentile(calls.latency_ms, charged, 99),
    )


def _accepted(flags: Flags | None, where: Bools) -> tuple[int, int]:
    if flags is None:
        return 0, 0
    mine = flags[where]
    return int((mine == 1).sum()), int((mine >= 0).sum())


def _percentile(values: Floats | None, where: Bools, percent: float) -> float | None:
    if values is None:
        return None
    known = values[where][~np.isnan(values[where])]
    return float(np.percentile(known, percent)) if len(known) else None
