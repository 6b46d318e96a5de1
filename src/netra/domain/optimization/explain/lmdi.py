"""Split the change of a sum of products among its factors: LMDI-I, additive.

Formula: `effect of x = sum over terms of L(v1, v0) ln(x1 / x0)` with the logarithmic mean
`L(a, b) = (a - b) / ln(a / b)` (Ang, "LMDI decomposition approach: a guide for implementation", Energy Policy
2015). Where a factor is 0 on one side, its term's whole change is that factor's, which is the limit for a
small value in place of the zero (Wood and Lenzen, "Zero-value problems of the logarithmic mean Divisia index
decomposition method", Energy Policy 2006). The effects of a term sum to its change.
"""

import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Floats

Matrix = npt.NDArray[np.float64]


def effects(before: Matrix, after: Matrix) -> Matrix:
    """Return the effect of each factor (row) on each term (column); the term is the product of its column.

    A factor that is NaN on one side has no value there, because nothing used it: it counts as unchanged.
    1 call of 2 tokens at 3 dollars becomes 1 call of 4 tokens at 3 dollars: all of it is the length's.

    >>> effects(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [4.0], [3.0]])).round(9).tolist()
    [[0.0], [6.0], [0.0]]
    """
    before, after = known_on_both(before, after)
    zero = (before == 0) != (after == 0)
    change: Floats = np.prod(after, axis=0) - np.prod(before, axis=0)
    found: Matrix = np.where(zero.any(axis=0), _by_zeros(zero, change), _by_logarithms(before, after, change))
    return found


def known_on_both(before: Matrix, after: Matrix) -> tuple[Matrix, Matrix]:
    """Return both sides with an unknown factor as on the other side, or 1 where neither knows it."""
    filled = np.where(np.isnan(before), after, before), np.where(np.isnan(after), before, after)
    return np.nan_to_num(filled[0], nan=1.0), np.nan_to_num(filled[1], nan=1.0)


def _by_zeros(zero: npt.NDArray[np.bool_], change: Floats) -> Matrix:
    """Return the change of each term divided among the factors that are 0 on one side only."""
    parts: Matrix = zero * (change / np.maximum(zero.sum(axis=0), 1))
    return parts


def _by_logarithms(before: Matrix, after: Matrix, change: Floats) -> Matrix:
    """Return the change of each term weighted by the logarithms of its factors' ratios."""
    usable = (before > 0) & (after > 0)
    ratio = np.divide(after, before, out=np.ones_like(after), where=usable)
    logs = np.log(ratio)
    total = logs.sum(axis=0)
    start = np.prod(before, axis=0)
    # L(v1, v0) = v0 (e^t - 1) / t for t = ln(v1 / v0), and v0 at t = 0
    is_moving = np.abs(total) > 1e-12
    mean = np.where(is_moving, np.divide(change, total, out=np.zeros_like(change), where=is_moving), start)
    parts: Matrix = logs * mean
    return parts
