"""The interval of a share of the bill: that of the days to come, not only of the log's own time.

The share of other days differs from a log's for three reasons, and `share -+ t(4) sqrt(se^2 + a + b)` has a
term for each. `se` is chance: the standard error over sessions, else over the longest blocks of time of
which there are 30. `a = SEEN max(v - 8 se^2, 0)` is the drift that the log shows: `v` is the variance of the
share between eight equal windows, of which `8 se^2` is chance. `b = UNSEEN hours^-FALL s^2` is the drift that
it cannot show, as the users of other hours and days are not in it: `s` is the standard deviation between
calls of `part - share whole`, over the mean of `whole`, so `b / s^2` is the part of the variance between
calls that lies between a window of that length and the rest of a fortnight. Such an intraclass correlation
carries over from one variable to another (Kish, Groves & Krotki 1976, on surveys). The constants and the
degrees of freedom are those of the highest likelihood on one trace (ServeGen m-large); `bench/truth.py`
prints that fit, and the coverage on other traces. Valid from half an hour on: shorter logs get no interval.
"""

from math import sqrt
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.uncertainty.clusters import (
    FEWEST,
    Clusters,
    every_length_of,
    sessions_of,
)
from netra.domain.optimization.uncertainty.ratio import Ratio, effective, ratio_of
from netra.domain.workloads.columns import Floats, Ints, Labels

WINDOWS: Final = 8
SEEN: Final = 0.75  # weight of the drift between the windows of the log
UNSEEN: Final = 0.045  # of the variance between calls: drift that a log of an hour does not show
FALL: Final = 0.4  # power of the hours with which that part falls
LONGEST_H: Final = 168.0  # of the fit: a longer log is taken to leave as much unseen
SHORTEST_H: Final = (
    0.45  # a log of less gets no interval; half an hour, the shortest of the fit, may lack its edges
)
T_90: Final = 2.131847  # two-sided 90 % of Student's t with 4 degrees of freedom
FEWEST_EFFECTIVE: Final = 5.0  # clusters that carry a saving; fewer are incidents, which no sample bounds
_NS_PER_H: Final = 3_600e9
_FEW: Final = f"fewer than {FEWEST} sessions or minutes of calls"


class Resampled(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the bill with half the width of its 90 % interval."""

    share: float
    margin: float
    basis: str  # what was resampled


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The three parts of the variance of a share, before their weights."""

    chance: float  # `se^2`
    seen: float  # between the windows, beyond chance
    between_calls: float  # `s^2`

    def margin(
        self, hours: float, *, seen: float = SEEN, unseen: float = UNSEEN, fall: float = FALL
    ) -> float:
        """Return half the width of the 90 % interval of a log of `hours` hours.

        >>> round(Terms(chance=1e-4, seen=0.0, between_calls=1.0).margin(24.0), 3)
        0.24
        """
        beyond = unseen * min(hours, LONGEST_H) ** -fall * self.between_calls
        return T_90 * sqrt(self.chance + seen * self.seen + beyond)


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a log by cluster and by window; computed once for all figures."""

    clusters: Clusters | None  # None: there are too few of any kind
    windows: Ints  # the window of each call
    hours: float  # from the first call to the last

    def share(self, part: Floats, whole: Floats) -> Resampled | str:
        """Return the share of `part` in `whole` with its margin, or why that is not known."""
        if not whole.any():
            return "there is no bill to take a share of"
        if self.clusters is None:
            return _FEW
        found = ratio_of(part, whole, self.clusters)
        carried = effective(found.tops)
        name = f"{self.clusters.count} {self.clusters.name}"
        if 0 < carried < FEWEST_EFFECTIVE:
            return f"nearly all of it lies in {max(round(carried), 1)} of {name}"
        if self.hours < SHORTEST_H:
            return f"the log covers {self.hours * 60:.0f} min, from which no share of other hours can be told"
        return Resampled(
            share=found.value,
            margin=self.terms(found, part, whole).margin(self.hours),
            basis=f"resampled by {name}, with the drift between {WINDOWS} windows and that of a public trace "
            f"beyond {_length(self.hours)}",
        )

    def terms(self, found: Ratio, part: Floats, whole: Floats) -> Terms:
        """Return the parts of the variance of a share, of which `found` is the ratio over the clusters."""
        mean = float(whole.mean())
        own = (part - found.value * whole) / mean
        sums, weights = (
            np.bincount(self.windows, weights=one, minlength=WINDOWS) for one in (own, whole / mean)
        )
        between = float((np.square(sums) / np.where(weights > 0, weights, 1.0)).sum()) / len(own)
        chance = found.standard_error**2
        return Terms(
            chance=chance,
            seen=max(between * WINDOWS / (WINDOWS - 1) - WINDOWS * chance, 0.0),
            between_calls=float(np.square(own).mean()),
        )


def sampling_of(at_ns: Ints, session: Labels | None) -> Sampling:
    """Return how the figures of a log are resampled: by session, else by blocks of time."""
    clusters = sessions_of(session)
    if clusters is None and len(at_ns):
        *_, clusters = (None, *every_length_of(at_ns))
    length = int(np.ptp(at_ns)) + 1 if len(at_ns) else 1
    since = at_ns - at_ns.min() if len(at_ns) else at_ns
    windows = (since / length * WINDOWS).astype(np.int64)
    return Sampling(clusters=clusters, windows=windows, hours=length / _NS_PER_H)


def _length(hours: float) -> str:
    """Return a length of time as a sentence gives it.

    >>> _length(0.97), _length(26.0), _length(80.0)
    ('58 min', '26 h', '3.33 days')
    """
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.3g} h" if hours < 48 else f"{hours / 24:.3g} days"
