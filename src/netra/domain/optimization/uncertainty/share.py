"""The interval of a share of the bill, from sessions or from blocks of time; or why there is none.

Blocks are lengthened until the lag-1 autocorrelation of what they are used for, the residuals of the
ratio, is at most `UNCORRELATED`; the length that was chosen is reported.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.optimization.uncertainty.clusters import (
    FEWEST,
    Clusters,
    every_length_of,
    sessions_of,
)
from netra.domain.optimization.uncertainty.ratio import Z_90, Ratio, effective, lag_1, ratio_of, student
from netra.domain.workloads.columns import Events, Floats

UNCORRELATED: Final = 0.2  # lag-1 autocorrelation of block residuals; 30 independent blocks reach 0.18
FEWEST_EFFECTIVE: Final = 5.0  # clusters that carry a saving; fewer are incidents, which no sample bounds

_FEW: Final = f"fewer than {FEWEST} sessions or blocks of time in which calls are nearly independent"


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The 90 % interval of a figure; both ends None where the log cannot tell, `basis` says why."""

    low: float | None
    high: float | None
    basis: str  # what was resampled, or what is missing

    def times(self, factor: float) -> "Interval":
        """Return the interval of `factor`, at least 0, times the figure."""
        if self.low is None or self.high is None:
            return self
        return Interval(low=self.low * factor, high=self.high * factor, basis=self.basis)


class Resampled(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its standard error."""

    ratio: Ratio
    clusters: Clusters

    @property
    def margin(self) -> float:
        """Half the width of the 90 % interval."""
        return student(Z_90, freedom=self.clusters.count - 1) * self.ratio.standard_error


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a log by session, or by ever longer blocks of time; computed once for all figures."""

    ladder: tuple[Clusters, ...]  # tried in turn; empty: there are too few of any kind

    def share(self, part: Floats, whole: Floats) -> Resampled | str:
        """Return the share of `part` in `whole`, or why its interval is not known."""
        if not whole.any():
            return "there is no bill to take a share of"
        for clusters in self.ladder:
            found = ratio_of(part, whole, clusters)
            if clusters.block_s is None or lag_1(found.residuals) <= UNCORRELATED:
                return _carried(found, clusters)
        return _FEW

    def interval(self, part: Floats, whole: Floats) -> Interval:
        """Return the 90 % interval of the share of `part` in `whole`."""
        found = self.share(part, whole)
        if isinstance(found, str):
            return Interval(low=None, high=None, basis=found)
        value = found.ratio.value
        return Interval(low=value - found.margin, high=value + found.margin, basis=_basis(found.clusters))


def sampling_of(events: Events) -> Sampling:
    """Return how the figures of a log are resampled: by session, else by blocks of time."""
    return Sampling(ladder=tuple(_ladder(events)))


def _ladder(events: Events) -> Iterator[Clusters]:
    sessions = sessions_of(events.session)
    if sessions is not None:
        yield sessions
    elif len(events):
        yield from every_length_of(events.at_ns)


def _carried(found: Ratio, clusters: Clusters) -> Resampled | str:
    """Return the share, unless a few clusters hold nearly all of it: such incidents follow no sample."""
    carried = effective(found.tops)
    if 0 < carried < FEWEST_EFFECTIVE:
        return f"nearly all of it lies in {max(round(carried), 1)} of {clusters.count} {clusters.name}"
    return Resampled(ratio=found, clusters=clusters)


def _basis(clusters: Clusters) -> str:
    return f"resampled by {clusters.count} {clusters.name}"
