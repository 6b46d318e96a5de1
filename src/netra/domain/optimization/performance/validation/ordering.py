"""Checks whether the model orders measured settings correctly, and which pairs have an order at all.

Two settings closer than the measurement noise have no meaningful order. The noise is estimated from the
file itself, without the model: where a deployment with only more work was measured faster, one of the two
rows is off by at least their difference.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from netra.domain.optimization.performance.validation.transfer import MeasuredPoint, Pairs
from netra.domain.workloads.columns import Floats

NOISE_LEAST: Final = 0.05
"""Lower bound on the noise, as a share: runs of one load test differ by up to this much."""

NOISE_MOST: Final = 0.20
"""Upper bound on the noise, as a share, however inconsistent the file is."""


def order_noise(points: Sequence[MeasuredPoint]) -> float:
    """Return the measurement noise: the smallest difference, as a share, at which a pair has an order.

    It is the largest drop in time where only work was added, clamped to `NOISE_LEAST` .. `NOISE_MOST`.

    >>> points = [
    ...     MeasuredPoint(
    ...         family=("m",), batch=b, lengths=(1.0, 1.0), tp=1, measured_ms=m, modelled_ms=1.0
    ...     )
    ...     for b, m in ((1.0, 10.7), (2.0, 10.0), (4.0, 30.0))
    ... ]
    >>> round(order_noise(points), 6)  # twice the batch, and 7 % faster
    0.07
    """
    deployments: dict[tuple[object, ...], list[MeasuredPoint]] = defaultdict(list)
    for point in points:
        deployments[(*point.family, point.tp)].append(point)
    largest = max((_largest_fall(members) for members in deployments.values()), default=0.0)
    return min(max(largest, NOISE_LEAST), NOISE_MOST)


def ordered_right(pairs: Pairs, *, least_difference: float) -> tuple[float | None, int]:
    """Return the share of pairs at least this far apart that the model orders right, and their count."""
    apart = np.abs(np.log(pairs.measured_ratio)) >= np.log1p(least_difference)
    if not apart.any():
        return None, 0
    right = np.sign(np.log(pairs.measured_ratio)) == np.sign(np.log(pairs.modelled_ratio))
    return float(right[apart].mean()), int(apart.sum()) // 2


def _largest_fall(points: Sequence[MeasuredPoint]) -> float:
    """Return the largest `time with less work / time with more - 1` of one deployment; at least 0."""
    measured = np.array([point.measured_ms for point in points])
    more = np.ones((len(points), len(points)), np.bool_)
    for column in _work(points):
        more &= column[None, :] >= column[:, None]
    return float(np.max(measured[:, None] / measured[None, :] - 1.0, where=more, initial=0.0))


def _work(points: Sequence[MeasuredPoint]) -> tuple[Floats, ...]:
    """Return the columns that measure work: a point does at least the work of another if no column is lower.

    A fixed batch reads its mean context at every step. In a closed loop a longer answer is also
    interrupted less often, so only answers of equal length are compared.
    """
    batch = np.array([point.batch for point in points])
    inputs = np.array([point.lengths[0] for point in points])
    outputs = np.array([point.lengths[1] for point in points])
    if points[0].load == "fixed_batch":
        return batch, inputs + outputs / 2.0
    return batch, inputs, outputs, -outputs
