"""The ratio of two sums over clusters with its standard error; Student's t for few clusters.

Formula: `r = sum T / sum B`, `se = sqrt(C / (C - 1) sum (T_c - r B_c)^2) / sum B` over C clusters: the
delta method for a ratio of means (Cochran, Sampling Techniques, 3rd ed. 1977, ch. 6; Deng, Knoblich & Lu,
KDD 2018). It equals the jackknife over clusters up to terms of order 1 / C, and needs no random numbers.
"""

from math import sqrt
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.uncertainty.clusters import Clusters
from netra.domain.workloads.columns import Floats, Ints

Z_90: Final = 1.644854  # two-sided 90 % of the normal distribution
Z_95: Final = 1.959964


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio of sums over clusters."""

    value: float
    standard_error: float
    residuals: Floats  # `T_c - r B_c`, one a cluster
    tops: Floats  # `T_c`


def ratio_of(top: Floats, bottom: Floats | Ints, clusters: Clusters) -> Ratio:
    """Return the ratio of the sums of `top` and `bottom`, whose sum is not 0; needs two clusters.

    >>> by_call = Clusters(codes=np.arange(4), count=4, by="session")
    >>> found = ratio_of(np.array([1.0, 0.0, 1.0, 0.0]), np.ones(4), by_call)
    >>> found.value, round(found.standard_error, 4)
    (0.5, 0.2887)
    """
    tops, bottoms = clusters.total(top), clusters.total(bottom)
    whole = float(bottoms.sum())
    value = float(tops.sum()) / whole
    residuals = tops - value * bottoms
    scale = clusters.count / (clusters.count - 1)
    error = sqrt(scale * float(np.square(residuals).sum())) / abs(whole)
    return Ratio(value=value, standard_error=error, residuals=residuals, tops=tops)


def student(z: float, *, freedom: int) -> float:
    """Return the quantile of Student's t where the normal one is `z`; within 0.1 % from 10 degrees on.

    `z + (z^3 + z) / 4v + (5 z^5 + 16 z^3 + 3 z) / 96 v^2` (Abramowitz & Stegun 1964, 26.7.5).

    >>> round(student(Z_90, freedom=29), 3), round(student(Z_95, freedom=29), 3)
    (1.699, 2.045)
    """
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def effective(values: Floats) -> float:
    """Return how many equal values carry as much as these: `(sum x)^2 / sum x^2` (Kish 1965); 0 of zeros.

    >>> effective(np.array([2.0, 2.0, 0.0, 0.0]))
    2.0
    """
    squares = float(np.square(values).sum())
    return float(np.abs(values).sum()) ** 2 / squares if squares else 0.0
