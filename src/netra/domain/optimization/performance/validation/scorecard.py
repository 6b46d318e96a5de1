"""Scores the performance model on measured rows, for `netra validate performance`.

Fits nothing. Absolute figures use the model as shipped; transfer figures predict each row from every other
row of its family, as from a user's own measurement.
"""

from collections.abc import Sequence
from math import fsum
from statistics import median

import msgspec
import numpy as np

from netra.domain.optimization.performance.constants import SEVERAL
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.validation.decisions import decide
from netra.domain.optimization.performance.validation.faulty_rows import Judged, sound_rows
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.optimization.performance.validation.ordering import order_noise, ordered_right
from netra.domain.optimization.performance.validation.transfer import (
    KINDS,
    Pairs,
    covered_by_change,
    covered_share,
    pairs_of,
    points_of,
    settled,
    transfer_errors,
)
from netra.domain.workloads.model import RowFault


class PerformanceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; shares and ratios, not percent. None: the rows do not allow the figure."""

    tpot_mape: float | None  # mean |model / measured - 1| over rows, uncalibrated
    tpot_median_error: float | None  # median |predicted / measured - 1| over pairs, by transfer
    ttft_mape: float | None  # of the rows where the cache holds the batch: no caller waits for memory
    interval_80_coverage: float | None  # of changes, by the shipped intervals
    pairs_ordered_right: float | None  # of the pairs further apart than the file's own noise
    rows: int
    rows_refused: tuple[RowFault, ...]
    pairs: int = 0
    pairs_ordered: int = 0
    pairs_ordered_least_difference: float = 0.0  # that noise
    pairs_ordered_right_all: float | None = None
    pairs_over_10_percent: int = 0  # pairs measured more than 10 % apart
    pairs_over_10_percent_ordered_right: float | None = None
    interval_80_coverage_by_change: dict[str, float] = {}
    tpot_median_error_absolute: float | None = None
    tpot_median_error_by_change: dict[str, float] = {}
    tpot_mape_dense: float | None = None
    tpot_mape_mixtures: float | None = None
    ttft_median_error: float | None = None
    ttft_rows: int = 0  # rows behind `ttft_mape`
    ttft_mape_all: float | None = None  # of every row, those where callers wait for memory included
    decisions: int = 0
    decisions_slo_broken: float | None = None
    decisions_mean_regret: float | None = None


def validate_performance(
    rows: Sequence[Measurement], *, hardware: Hardware, unread: Sequence[RowFault] = ()
) -> PerformanceReport:
    """Return the model's scores on `rows`; `unread` holds lines that were refused before."""
    sound, faults = sound_rows(rows, hardware=hardware)
    tpot = tpot_errors(sound)
    ttft = ttft_errors([(row, seen) for row, seen in sound if seen.running >= row.batch])
    points = points_of(sound)
    pairs, noise = pairs_of(points), order_noise(points)
    errors = transfer_errors(pairs)
    right, counted = ordered_right(pairs, least_difference=noise)
    right_apart, apart = ordered_right(pairs, least_difference=0.10)
    decided = decide(settled(sound), hardware=hardware)
    return PerformanceReport(
        tpot_mape=_mean(tpot),
        tpot_median_error=float(np.median(errors)) if len(errors) else None,
        ttft_mape=_mean(ttft),
        ttft_rows=len(ttft),
        ttft_mape_all=_mean(ttft_errors(sound)),
        tpot_mape_dense=_mean(tpot_errors([one for one in sound if not one[1].mixture])),
        tpot_mape_mixtures=_mean(tpot_errors([one for one in sound if one[1].mixture])),
        interval_80_coverage=covered_share(pairs),
        interval_80_coverage_by_change={name: share for name, (share, _) in covered_by_change(pairs).items()},
        pairs_ordered_right=right,
        rows=len(sound),
        rows_refused=tuple(sorted([*unread, *faults], key=lambda fault: fault.line)),
        pairs=len(errors) // 2,
        pairs_ordered=counted,
        pairs_ordered_least_difference=noise,
        pairs_ordered_right_all=ordered_right(pairs, least_difference=0.0)[0],
        pairs_over_10_percent=apart,
        pairs_over_10_percent_ordered_right=right_apart,
        tpot_median_error_absolute=median(tpot) if tpot else None,
        tpot_median_error_by_change=_by_change(pairs),
        ttft_median_error=median(ttft) if ttft else None,
        decisions=decided.count,
        decisions_slo_broken=decided.slo_broken_share,
        decisions_mean_regret=decided.mean_regret,
    )


def tpot_errors(rows: Sequence[Judged]) -> list[float]:
    """Return |modelled / measured - 1| of the times per token."""
    return [abs(seen.tpot_ms / row.tpot_ms - 1.0) for row, seen in rows if row.tpot_ms is not None]


def ttft_errors(rows: Sequence[Judged]) -> list[float]:
    """Return the same of the times to first token."""
    return [abs(seen.ttft_ms / row.ttft_ms - 1.0) for row, seen in rows if row.ttft_ms is not None]


def _mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None  # exact: independent of the order


def _by_change(pairs: Pairs) -> dict[str, float]:
    errors = transfer_errors(pairs)
    names = (*KINDS, SEVERAL)
    return {
        name: float(np.median(errors[pairs.kind == kind]))
        for kind, name in enumerate(names)
        if bool((pairs.kind == kind).any())
    }
