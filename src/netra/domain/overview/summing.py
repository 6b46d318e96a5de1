"""Compute an overview's sums from the priced calls of a log."""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.overview.bins import Bins, bins_of
from netra.domain.overview.by_name import breakdown_of, counts_of, names_of
from netra.domain.overview.model import (
    MissingColumn,
    OverviewQuery,
    Sums,
    Totals,
    Window,
)
from netra.domain.overview.over_time import heat_of, latency_of, series_of
from netra.domain.overview.priced_calls import PricedCalls
from netra.domain.overview.totals import cache_use_of, per_month_of, totals_of
from netra.domain.workloads.columns import instant_of, nanoseconds

_EARLIEST: Final = nanoseconds(datetime(1700, 1, 1, tzinfo=UTC))  # 64 bits of nanoseconds end in 1677
_LATEST: Final = nanoseconds(datetime(2250, 1, 1, tzinfo=UTC))  # and in 2262
_NS_PER_US: Final = 1_000
_NO_BINS: Final = Bins(name="", seconds=0, edges_ns=np.zeros(1, np.int64))


def check_order(query: OverviewQuery) -> None:
    """Raise `ValidationFailed` for a window that ends before it begins."""
    if query.since is not None and query.until is not None and query.until <= query.since:
        raise ValidationFailed.of("to", "order", "to must be later than from")


def sums_of(calls: PricedCalls, query: OverviewQuery, *, gaps: tuple[MissingColumn, ...], tz: str) -> Sums:
    """Return the sums of the calls that the query asks for; `calls` are all of the log, oldest first.

    Raises `ValidationFailed` for a window that ends before it begins, or for too many bins.
    """
    check_order(query)
    bounds = _bounds(calls, query)
    bins = _NO_BINS if bounds is None else bins_of(*bounds, asked=query.bin, zone=query.zone)
    inside = calls if bounds is None else calls.between(*bounds)
    chosen = inside.passing(query.filters)
    ends = np.searchsorted(chosen.at_ns, bins.edges_ns[1:])
    bin_of = np.repeat(np.arange(len(bins)), np.diff(ends, prepend=0))
    totals = totals_of(chosen, query.money)
    is_bounded = query.since is not None or query.until is not None
    return Sums(
        window=_window(bounds, bins, tz=tz),
        money=query.money,
        by=query.by,
        totals=totals,
        previous=None if bounds is None else _previous(calls, query, *bounds),
        per_month=per_month_of(calls, totals.usd, bounds_ns=bounds if is_bounded else None),
        starts=tuple(instant_of(edge) for edge in bins.edges_ns[:-1].tolist()),
        series=series_of(chosen, query, bin_of, len(bins)),
        latency=latency_of(chosen, bin_of, len(bins)),
        heat=heat_of(chosen, query),
        cache=cache_use_of(chosen, bin_of, len(bins)),
        statuses=counts_of(chosen, "status"),
        breakdown=breakdown_of(chosen, query),
        names=names_of(inside),
        gaps=gaps,
    )


def _bounds(calls: PricedCalls, query: OverviewQuery) -> tuple[int, int] | None:
    """Return the window in nanoseconds; None for a log without calls whose window is not given whole."""
    since_ns, until_ns = _clipped(query.since), _clipped(query.until)
    if len(calls):
        since_ns = int(calls.at_ns[0]) if since_ns is None else since_ns
        until_ns = (int(calls.at_ns[-1]) // _NS_PER_US + 1) * _NS_PER_US if until_ns is None else until_ns
    if since_ns is None or until_ns is None:
        return None
    if query.until is None:
        return since_ns, max(until_ns, since_ns + _NS_PER_US)
    return min(since_ns, until_ns - _NS_PER_US), until_ns


def _clipped(at: datetime | None) -> int | None:
    return None if at is None else min(max(nanoseconds(at), _EARLIEST), _LATEST)


def _previous(calls: PricedCalls, query: OverviewQuery, since_ns: int, until_ns: int) -> Totals | None:
    """Return the sums of the window before; None where it is not given or the log does not reach back."""
    before_ns = since_ns - (until_ns - since_ns)
    if query.since is None or not len(calls) or before_ns < int(calls.at_ns[0]):
        return None
    before = calls.between(before_ns, since_ns).passing(query.filters)
    return totals_of(before, query.money)


def _window(bounds: tuple[int, int] | None, bins: Bins, *, tz: str) -> Window:
    since_ns, until_ns = bounds or (None, None)
    return Window(
        from_=None if since_ns is None else instant_of(since_ns),
        to=None if until_ns is None else instant_of(until_ns),
        tz=tz,
        bin=bins.name,
        bin_s=bins.seconds,
        bins=len(bins),
    )
