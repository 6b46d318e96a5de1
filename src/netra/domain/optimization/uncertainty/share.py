"""The interval of a share of the bill, from sessions or blocks of time and the drift between windows.

Formula: `share -+ t(7) sqrt(se^2 + DRIFT max(v - 8 se^2, 0))`. `se` is the standard error over sessions, else
over the longest blocks of time of which there are 30; `v` is the variance of the share between eight equal
windows of the log, of which `8 se^2` is chance and the rest drift. Drift of a mix of users does not average
out within a log (it is as large between weeks as between hours), so it is not divided by the windows.
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
from netra.domain.optimization.uncertainty.ratio import Z_90, Ratio, effective, ratio_of, student
from netra.domain.workloads.columns import Floats, Ints, Labels

WINDOWS: Final = 8
DRIFT: Final = 2.5  # weight of the drift seen; `bench/truth.py` prints what others would cover, and coverage
FEWEST_EFFECTIVE: Final = 5.0  # clusters that carry a saving; fewer are incidents, which no sample bounds

_FEW: Final = f"fewer than {FEWEST} sessions or minutes of calls"


class Resampled(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the bill with half the width of its 90 % interval."""

    share: float
    margin: float
    basis: str  # what was resampled


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a log by cluster and by window; computed once for all figures."""

    clusters: Clusters | None  # None: there are too few of any kind
    windows: Ints  # the window of each call

    def share(self, part: Floats, whole: Floats, *, drift: float = DRIFT) -> Resampled | str:
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
        return Resampled(
            share=found.value,
            margin=student(Z_90, freedom=WINDOWS - 1) * self._error(found, part, whole, drift=drift),
            basis=f"resampled by {name}, with the drift between {WINDOWS} windows",
        )

    def _error(self, found: Ratio, part: Floats, whole: Floats, *, drift: float) -> float:
        parts, wholes = (np.bincount(self.windows, weights=one, minlength=WINDOWS) for one in (part, whole))
        deviations = parts - found.value * wholes
        weights = np.where(wholes > 0, wholes, 1.0) * wholes.sum()
        between = float((np.square(deviations) / weights).sum()) * WINDOWS / (WINDOWS - 1)
        chance = WINDOWS * found.standard_error**2
        return sqrt(found.standard_error**2 + drift * max(between - chance, 0.0))


def sampling_of(at_ns: Ints, session: Labels | None) -> Sampling:
    """Return how the figures of a log are resampled: by session, else by blocks of time."""
    clusters = sessions_of(session)
    if clusters is None and len(at_ns):
        *_, clusters = (None, *every_length_of(at_ns))
    length = np.ptp(at_ns) + 1 if len(at_ns) else 1
    since = at_ns - at_ns.min() if len(at_ns) else at_ns
    return Sampling(clusters=clusters, windows=(since / length * WINDOWS).astype(np.int64))
