"""Predicts a change from a measured point, as `measured x model after / model before`, and scores it.

Two settings of one family (model, GPU, engine, precision) are a pair. The parameters in which they differ
are the kind of change. The intervals scored are those that are shipped: nothing is fitted to the file.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Final, Literal, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.constants import MIXTURE_RESIDUALS_80, RESIDUALS_80, SEVERAL
from netra.domain.optimization.performance.validation.faulty_rows import Judged
from netra.domain.workloads.columns import Floats

Number = TypeVar("Number", np.int64, np.float64, np.bool_)

KINDS: Final = ("batch", "lengths", "tp")
"""The parameters that can differ within a family; two or more together are `several`."""

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
    mixture: bool = False  # of a mixture of experts


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """Every ordered pair of points of one family, as columns; `kind` indexes `KINDS`, last is several."""

    kind: npt.NDArray[np.int64]
    residual: Floats  # log(measured after / predicted after)
    measured_ratio: Floats  # after / before
    modelled_ratio: Floats
    mixture: npt.NDArray[np.bool_]


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
            mixture=seen.mixture,
        )
        for row, seen in settled(rows)
        if row.tpot_ms is not None
    )


def pairs_of(points: Sequence[MeasuredPoint]) -> Pairs:
    """Return the pairs within each family."""
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


def covered_by_change(pairs: Pairs) -> dict[str, tuple[float, int]]:
    """Return the share of the changes that their shipped 80 % interval covers, and their count, by kind."""
    inside = _inside(pairs)
    found: dict[str, tuple[float, int]] = {}
    for code, name in enumerate((*KINDS, SEVERAL)):
        chosen = inside[pairs.kind == code]
        if len(chosen):
            found[name] = float(chosen.mean()), len(chosen)
    return found


def covered_share(pairs: Pairs) -> float | None:
    """Return the share of all changes that their shipped 80 % interval covers; None without pairs."""
    inside = _inside(pairs)
    return float(inside.mean()) if len(inside) else None


def _inside(pairs: Pairs) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(pairs.kind), np.bool_)
    for mixture, bounds in ((False, RESIDUALS_80), (True, MIXTURE_RESIDUALS_80)):
        for code, name in enumerate((*KINDS, SEVERAL)):
            low, high = np.log(bounds[name])
            chosen = (pairs.kind == code) & (pairs.mixture == mixture)
            inside |= chosen & (pairs.residual >= low) & (pairs.residual <= high)
    return inside


def _median_ms(repeats: Sequence[Judged]) -> float:
    return median(row.tpot_ms for row, _ in repeats if row.tpot_ms is not None)


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
    return Pairs(
        kind=np.where(changes == 1, differs.argmax(axis=0), len(KINDS)),
        residual=np.log(measured_ratio / modelled_ratio),
        measured_ratio=measured_ratio,
        modelled_ratio=modelled_ratio,
        mixture=np.full(len(before), points[0].mixture),
    )


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
        mixture=_column([part.mixture for part in parts], np.bool_),
    )


def _column(parts: Sequence[npt.NDArray[Number]], dtype: type[Number]) -> npt.NDArray[Number]:
    return np.concatenate([np.zeros(0, dtype), *parts])
