"""How far the level of traffic in a log may lie from that of the month: the part no resampling shows.

The month's mean rate over the log's is taken as log-normal about 1. Its sigma by length of log is the
90 % quantile of `|ln(rest / window)| / 1.645` over windows of a 14-day public trace (ServeGen m-large),
each of a random third of its clients; `bench/truth.py` prints the fit, and the coverage on another trace
(m-mid). Valid from a day on: a shorter log says nothing of a month.
"""

from itertools import pairwise
from math import exp, hypot, log
from typing import Final

from netra.domain.optimization.uncertainty.ratio import Z_90

DAY_S: Final = 86_400.0
SIGMA_BY_DAYS: Final = ((1.0, 0.44), (3.0, 0.31), (7.0, 0.24))
"""Sigma by days of log, ascending; between them by the logarithm of the days, beyond them the last."""


def sigma_of(seconds: float) -> float:
    """Return the log-normal sigma of the month's level over that of a log of at least a day.

    >>> [round(sigma_of(days * DAY_S), 3) for days in (1, 2, 7, 30)]
    [0.44, 0.358, 0.24, 0.24]
    """
    days = max(seconds / DAY_S, SIGMA_BY_DAYS[0][0])
    for (few, wide), (many, narrow) in pairwise(SIGMA_BY_DAYS):
        if days <= many:
            return wide + (narrow - wide) * log(days / few) / log(many / few)
    return SIGMA_BY_DAYS[-1][1]


def month_range(usd: float, *, seconds: float, share_margin: float = 0.0) -> tuple[float, float, str]:
    """Return the ends of the 90 % interval of a month's dollars, scaled from a log of at least a day.

    `share_margin` is half the width of the figure's share of the bill, over the share itself. Where the
    share's interval holds 0, so does the month's: the two relative errors add as independent ones.

    >>> round(month_range(100.0, seconds=7 * DAY_S)[1], 1)
    148.4
    """
    level = Z_90 * sigma_of(seconds)
    basis = f"the traffic of a month against that of {seconds / DAY_S:,.1f} days (log-normal)"
    if share_margin >= 1.0:
        ends = usd * (1 - share_margin) * exp(level), usd * (1 + share_margin) * exp(level)
    else:
        up = hypot(level, share_margin)
        ends = usd * exp(-up), usd * exp(up)
    return min(ends), max(ends), basis
