"""Scores the performance model on measured rows, for `netra validate performance`.

Fits nothing. Absolute figures use the model as shipped; transfer figures predict each row from every other
row of its family, as from a user's own measurement.
"""

from collections.abc import Sequence
from statistics import median

import msgspec
import numpy as np

from netra.domain.optimization.performance.constants import SEVERAL
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.validation.decisions import decide
from netra.domain.optimization.performance.validation.faulty_rows import sound_rows
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.optimization.performance.validation.ordering import order_noise, ordered_right
from netra.domain.optimization.performance.validation.transfer import (
    KINDS,
    Pairs,
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
    ttft_mape: float | None
    interval_80_coverage: float | None
    pairs_ordered_right: float | None  # of the pairs further apart than the file's own noise
    rows: int
    rows_refused: tuple[RowFault, ...]
    pairs: int = 0
    pairs_ordered: int = 0
    pairs_ordered_least_difference: float = 0.0  # that noise
    pairs_ordered_right_all: float | None = None
    tpot_median_error_absolute: float | None = None
    tpot_median_error_by_change: dict[str, float] = {}
    ttft_median_error: float | None = None
    decisions: int = 0
    decisions_slo_broken: float | None = None
    decisions_mean_regret: float | None = None


def validate_performance(
    rows: Sequence[Measurement], *, hardware: Hardware, unread: Sequence[RowFault] = ()
) -> PerformanceReport:
    """Return the model's scores on `rows`; `unread` holds lines that were refused before."""
    sound, faults = sound_rows(rows, hardware=hardware)
    tpot = [abs(seen.tpot_ms / row.tpot_ms - 1.0) for row, seen in sound if row.tpot_ms is not None]
    ttft = [abs(seen.ttft_ms / row.ttft_ms - 1.0) for row, seen in sound if row.ttft_ms is not None]
    points = points_of(sound)
    pairs, noise = pairs_of(points), order_noise(points)
    errors = transfer_errors(pairs)
    right, counted = ordered_right(pairs, least_difference=noise)
    decided = decide(settled(sound), hardware=hardware)
    return PerformanceReport(
        tpot_mape=_mean(tpot),
        tpot_median_error=float(np.median(errors)) if len(errors) else None,
        ttft_mape=_mean(ttft),
        interval_80_coverage=covered_share(pairs),
        pairs_ordered_right=right,
        rows=len(sound),
        rows_refused=tuple(sorted([*unread, *faults], key=lambda fault: fault.line)),
        pairs=len(errors) // 2,
        pairs_ordered=counted,
        pairs_ordered_least_difference=noise,
        pairs_ordered_right_all=ordered_right(pairs, least_difference=0.0)[0],
        tpot_median_error_absolute=median(tpot) if tpot else None,
        tpot_median_error_by_change=_by_change(pairs),
        ttft_median_error=median(ttft) if ttft else None,
        decisions=decided.count,
        decisions_slo_broken=decided.slo_broken_share,
        decisions_mean_regret=decided.mean_regret,
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _by_change(pairs: Pairs) -> dict[str, float]:
    errors = transfer_errors(pairs)
    names = (*KINDS, SEVERAL)
    return {
        name: float(np.median(errors[pairs.kind == kind]))
        for kind, name in enumerate(names)
        if bool((pairs.kind == kind).any())
    }
