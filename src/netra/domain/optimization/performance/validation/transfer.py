"""Predicts a change from a measured point, as `measured x model after / model before`, and scores it.

Two settings of one family (model, GPU, engine, precision) are a pair. The parameters in which they differ
are the kind of change; intervals are residual quantiles of the same kind of change in held-out rows.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Final, Literal, TypeVar
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.constants import RESIDUALS_80, SEVERAL
from netra.domain.optimization.performance.validation.faulty_rows import Judged
from netra.domain.workloads.columns import Floats

Number = TypeVar("Number", np.int64, np.float64)

KINDS: Final = ("batch", "lengths", "tp")
"""The parameters that can differ within a family; two or more at once are `several`."""

FOLDS: Final = 5
ENOUGH_PAIRS: Final = 40
"""Minimum number of held-out pairs of a kind; with fewer, the shipped residuals are used."""

_MOST_POINTS: Final = 600  # upper bound on the points of one family: 360,000 pairs


class MeasuredPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: the median of its repeats, and the model's value."""

    family: tuple[object, ...]
    batch: float
    lengths: tuple[float, float]
    tp: int
    measured_ms: float
    modelled_ms: float
    load: Literal["closed_loop", "fixed_batch"] = "closed_loop"


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """Every ordered pair of points of one family, as columns; `kind` indexes `KINDS`, last is several."""

    kind: npt.NDArray[np.int64]
    residual: Floats  # log(measured after / predicted after)
    measured_ratio: Floats  # after / before
    modelled_ratio: Floats
    fold_before: npt.NDArray[np.int64]
    fold_after: npt.NDArray[np.int64]


def settled(rows: Sequence[Judged]) -> tuple[Judged, ...]:
    """Return one row per setting with a measured TPOT: the median of its repeats, in a fixed order."""
    settings: dict[tuple[object, ...], list[Judged]] = defaultdict(list)
    for row, seen in rows:
        if row.tpot_ms is not None:
            settings[(*row.setting, row.batch)].append((row, seen))
    return tuple(
        (msgspec.structs.replace(repeats[0][0], tpot_ms=_median_ms(repeats)), repeats[0][1])
        for _, repeats in sorted(settings.items(), key=lambda item: str(item[0]))
    )


def points_of(rows: Sequence[Judged]) -> tuple[MeasuredPoint, ...]:
    """Return the settings of `rows` as points."""
    return tuple(
        MeasuredPoint(
            family=row.family,
            batch=row.batch,
            lengths=(row.input_tokens, row.output_tokens),
            tp=row.tp,
            measured_ms=row.tpot_ms,
            modelled_ms=seen.tpot_ms,
            load=row.load,
        )
        for row, seen in settled(rows)
        if row.tpot_ms is not None
    )


def pairs_of(points: Sequence[MeasuredPoint]) -> Pairs:
    """Return the pairs within each family; a point's fold is a hash of its setting."""
    families: dict[tuple[object, ...], list[MeasuredPoint]] = defaultdict(list)
    for point in points:
        families[point.family].append(point)
    parts = [_pairs_within(members[:_MOST_POINTS]) for members in families.values()]
    return _joined([part for part in parts if part is not None])


def transfer_errors(pairs: Pairs) -> Floats:
    """Return |predicted after / measured after - 1| of every pair.

    >>> points = [
    ...     MeasuredPoint(
    ...         family=("m",), batch=b, lengths=(1.0, 1.0), tp=1, measured_ms=m, modelled_ms=p
    ...     )
    ...     for b, m, p in ((1.0, 10.0, 8.0), (2.0, 20.0, 15.0))
    ... ]
    >>> transfer_errors(pairs_of(points)).round(4).tolist()  # 18.75 for 20, and 10.67 for 10
    [0.0625, 0.0667]
    """
    return np.abs(np.expm1(-pairs.residual))


def covered_share(pairs: Pairs) -> float | None:
    """Return the share of changes whose measured value lies in the 80 % interval; None without pairs.

    The interval of a change into fold k comes from pairs with neither end in fold k, so no row contributes
    to its own bounds.
    """
    if not len(pairs.kind):
        return None
    inside = np.zeros(len(pairs.kind), np.bool_)
    for fold in range(FOLDS):
        target = (pairs.fold_after == fold) & (pairs.fold_before != fold)
        held_out = (pairs.fold_after != fold) & (pairs.fold_before != fold)
        for kind in range(len(KINDS) + 1):
            chosen = target & (pairs.kind == kind)
            low, high = _bounds(pairs.residual[held_out & (pairs.kind == kind)], kind=kind)
            inside[chosen] = (pairs.residual[chosen] >= low) & (pairs.residual[chosen] <= high)
    counted = pairs.fold_after != pairs.fold_before
    return float(inside[counted].mean()) if counted.any() else None


def _median_ms(repeats: Sequence[Judged]) -> float:
    return median(row.tpot_ms for row, _ in repeats if row.tpot_ms is not None)


def _bounds(residuals: Floats, *, kind: int) -> tuple[float, float]:
    if len(residuals) >= ENOUGH_PAIRS:
        low, high = np.quantile(residuals, [0.1, 0.9])
        return float(low), float(high)
    name = KINDS[kind] if kind < len(KINDS) else SEVERAL
    low, high = RESIDUALS_80[name]
    return float(np.log(low)), float(np.log(high))


def _pairs_within(points: Sequence[MeasuredPoint]) -> Pairs | None:
    count = len(points)
    before, after = np.nonzero(~np.eye(count, dtype=np.bool_))
    if not len(before):
        return None
    measured = np.array([point.measured_ms for point in points])
    modelled = np.array([point.modelled_ms for point in points])
    differs = np.array([_differs(points, name)[before, after] for name in KINDS])
    changes = differs.sum(axis=0)
    measured_ratio = measured[after] / measured[before]
    modelled_ratio = modelled[after] / modelled[before]
    folds = np.array([_fold(point) for point in points])
    return Pairs(
        kind=np.where(changes == 1, differs.argmax(axis=0), len(KINDS)),
        residual=np.log(measured_ratio / modelled_ratio),
        measured_ratio=measured_ratio,
        modelled_ratio=modelled_ratio,
        fold_before=folds[before],
        fold_after=folds[after],
    )


def _fold(point: MeasuredPoint) -> int:
    """Return the point's cross-validation fold: a hash, independent of the order of the rows."""
    return crc32(f"{point.batch} {point.lengths} {point.tp}".encode()) % FOLDS


def _differs(points: Sequence[MeasuredPoint], name: str) -> npt.NDArray[np.bool_]:
    codes = {value: code for code, value in enumerate({getattr(point, name): None for point in points})}
    column = np.array([codes[getattr(point, name)] for point in points])
    return np.asarray(column[:, None] != column[None, :])


def _joined(parts: Sequence[Pairs]) -> Pairs:
    return Pairs(
        kind=_column([part.kind for part in parts], np.int64),
        residual=_column([part.residual for part in parts], np.float64),
        measured_ratio=_column([part.measured_ratio for part in parts], np.float64),
        modelled_ratio=_column([part.modelled_ratio for part in parts], np.float64),
        fold_before=_column([part.fold_before for part in parts], np.int64),
        fold_after=_column([part.fold_after for part in parts], np.int64),
    )


def _column(parts: Sequence[npt.NDArray[Number]], dtype: type[Number]) -> npt.NDArray[Number]:
    return np.concatenate([np.zeros(0, dtype), *parts])
