"""The difference of the means of two groups of calls within cells, with its error clustered.

Formula: `d = sum over cells of w_c (mean of the others - mean of the treated)` with `w_c` the share of the
treated calls in cell c; `se = sqrt(C / (C - 1) sum over clusters of (sum of influences)^2)`, where a treated
call's influence is `-w_c (x - mean) / n` and another's `w_c (x - mean) / n` (Cameron & Miller 2015). Cells
that lack one of the groups are left out.
"""

from math import sqrt

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.uncertainty.clusters import FEWEST, Clusters
from netra.domain.optimization.uncertainty.ratio import Z_90, student
from netra.domain.workloads.columns import Floats, Ints

Bools = npt.NDArray[np.bool_]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How much more the others have than the treated, on average over the treated calls that compare."""

    value: float
    error: float  # standard error, clustered
    low: float | None  # the 90 % interval; None: there are too few clusters
    high: float | None
    treated: int
    others: int


def difference_of(values: Floats, treated: Bools, cells: Ints, clusters: Clusters) -> Difference | None:
    """Return the difference of the known `values`; None where no cell has both groups."""
    known = ~np.isnan(values)
    size = int(cells.max(initial=-1)) + 1
    sides = [known & treated, known & ~treated]
    calls = [np.bincount(cells[side], minlength=size) for side in sides]
    both = (calls[0] > 0) & (calls[1] > 0)
    if not both.any():
        return None
    weight = np.where(both, calls[0], 0) / calls[0][both].sum()
    influence, value = np.zeros(len(values)), 0.0
    for side, count, sign in zip(sides, calls, (-1.0, 1.0), strict=True):
        mean = np.bincount(cells[side], weights=values[side], minlength=size) / np.maximum(count, 1)
        value += sign * float((weight * mean).sum())
        share = sign * weight / np.maximum(count, 1)
        influence[side] = share[cells[side]] * (values[side] - mean[cells[side]])
    used = known & both[cells]
    counts = {"treated": int((used & treated).sum()), "others": int((used & ~treated).sum())}
    met = len(np.unique(clusters.codes[used]))
    error = sqrt(met / max(met - 1, 1) * float(np.square(clusters.total(influence)).sum()))
    if met < FEWEST:
        return Difference(value=value, error=error, low=None, high=None, **counts)
    margin = student(Z_90, freedom=met - 1) * error
    return Difference(value=value, error=error, low=value - margin, high=value + margin, **counts)
