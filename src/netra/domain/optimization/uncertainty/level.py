"""How far the level of traffic in a log may lie from that of the month: the part no resampling shows.

The month's mean rate over the log's is taken as log-normal about 1, `sigma = max(factor x swing, least)`. The
swing of a log is how much its own windows differ: the coefficient of variation of the dollars of eight equal
windows, of whole days from seven days on. Both numbers depend on the length of the log and are fitted on one
14-day public trace (ServeGen m-large), on windows of random thirds of its clients: `least` is 0.6 of the
constant sigma that covers 90 % of `ln(rest / window)`, and `factor` is such that 90 % are covered with both.
`bench/truth.py` prints the fit, and the coverage on another trace (m-mid). Valid from a day on: a shorter log
says nothing of a month.
"""

from itertools import pairwise
from math import exp, hypot, log, sqrt
from typing import Final

import numpy as np

from netra.domain.optimization.uncertainty.ratio import Z_90
from netra.domain.workloads.columns import Floats, Ints

DAY_S: Final = 86_400.0
WINDOWS: Final = 8  # of a log of less than a week
WHOLE_DAYS: Final = 7.0  # in a log of at least this length a window is a day: others would split days
LEAST_OF_CONSTANT: Final = 0.6  # of the constant sigma: a log that is steady by chance is not a steady month
FIT: Final = (
    (1.0, 1.44, 0.26),
    (2.0, 1.17, 0.22),
    (3.0, 1.02, 0.20),
    (5.0, 0.84, 0.17),
    (7.0, 0.84, 0.15),
)
"""Days of log, factor on the swing, least sigma; between rows by the logarithm of the days."""
_NS_PER_S: Final = 1e9


def swing_of(at_ns: Ints, usd: Floats, *, seconds: float) -> float:
    """Return the coefficient of variation of the dollars of the windows of a log that lasts `seconds`.

    >>> at_s = np.linspace(0.0, DAY_S, 8_000)
    >>> round(swing_of((at_s * 1e9).astype(np.int64), at_s, seconds=DAY_S), 2)
    0.61
    """
    days = seconds / DAY_S
    count = WINDOWS if days < WHOLE_DAYS else int(days)
    if not usd.any():
        return 0.0
    width_ns = seconds * _NS_PER_S / count if days < WHOLE_DAYS else DAY_S * _NS_PER_S
    window = np.floor((at_ns - int(at_ns.max())) / width_ns).astype(np.int64) + count
    inside = window >= 0
    sums = np.bincount(np.minimum(window[inside], count - 1), weights=usd[inside], minlength=count)
    if not sums.any():  # everything lies in the part of a day before the first whole one
        return sqrt(count)  # as if one window had everything
    parts: Floats = sums / np.abs(sums).max()  # squares of huge sums would overflow
    return float(parts.std(ddof=1) / parts.mean())


def sigma_of(seconds: float, *, swing: float) -> float:
    """Return the log-normal sigma of the month's level over that of a log of at least a day.

    >>> [round(sigma_of(days * DAY_S, swing=0.3), 3) for days in (1, 2, 7, 30)]
    [0.432, 0.351, 0.252, 0.252]
    """
    factor, least = _fitted(max(seconds / DAY_S, FIT[0][0]))
    return max(factor * swing, least)


def _fitted(days: float) -> tuple[float, float]:
    for (few, wide, most), (many, narrow, fewest) in pairwise(FIT):
        if days <= many:
            part = log(days / few) / log(many / few)
            return wide + (narrow - wide) * part, most + (fewest - most) * part
    return FIT[-1][1:]


def month_range(
    usd: float, *, seconds: float, swing: float, share_margin: float = 0.0
) -> tuple[float, float, str]:
    """Return the ends of the 90 % interval of a month's dollars, scaled from a log of at least a day.

    `share_margin` is half the width of the figure's share of the bill, over the share itself. Where the
    share's interval holds 0, so does the month's: the two relative errors add as independent ones.

    >>> round(month_range(100.0, seconds=7 * DAY_S, swing=0.3)[1], 1)
    151.4
    """
    level = Z_90 * sigma_of(seconds, swing=swing)
    basis = f"the traffic of a month against that of {seconds / DAY_S:,.1f} days (log-normal)"
    if share_margin >= 1.0:
        ends = usd * (1 - share_margin) * exp(level), usd * (1 + share_margin) * exp(level)
    else:
        up = hypot(level, share_margin)
        ends = usd * exp(-up), usd * exp(up)
    return min(ends), max(ends), basis
