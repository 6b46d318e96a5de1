"""Spread calls over bins: sums by name, percentiles of latencies, and hours of the week."""

from typing import Final

import msgspec
import numpy as np

from netra.domain.overview.bins import HOURS_PER_WEEK, hours_of_week
from netra.domain.overview.model import (
    SERIES_MAX,
    Heat,
    LatencySeries,
    Money,
    OverviewQuery,
    PercentileSeries,
    Series,
)
from netra.domain.overview.priced_calls import PricedCalls
from netra.domain.overview.totals import PERCENTS
from netra.domain.workloads.columns import Floats, Ints, Labels

_HOURS: Final = 24


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """Calls by name: call i is in group `codes[i]`; groups are in the order to show, the others last."""

    codes: Ints
    names: tuple[str | None, ...]
    has_others: bool

    def __len__(self) -> int:
        return len(self.names)


def groups_of(calls: PricedCalls, labels: Labels | None, money: Money, *, most: int) -> Groups:
    """Return the names with the most dollars, then the most calls; all beyond `most` are one more group.

    A log without the column has one group, of calls without a name.
    """
    names = (None,) if labels is None else (*labels.names, None)
    codes = np.zeros(len(calls), np.int64) if labels is None else labels.codes.astype(np.int64) % len(names)
    usd = np.bincount(codes, weights=np.nan_to_num(calls.usd[money]), minlength=len(names))
    requests = np.bincount(codes, minlength=len(names))
    order = np.lexsort((np.arange(len(names)), -requests, -usd))
    order = order[requests[order] > 0]
    has_others = len(order) > most
    shown = order[:most]
    rank = np.full(len(names), len(shown), np.int64)
    rank[shown] = np.arange(len(shown))
    listed: list[str | None] = [names[int(place)] for place in shown]
    return Groups(
        codes=rank[codes],
        names=(*listed, None) if has_others else tuple(listed),
        has_others=has_others,
    )


def series_of(calls: PricedCalls, query: OverviewQuery, bin_of: Ints, bins: int) -> tuple[Series, ...]:
    """Return the sums of the names with the most dollars, bin by bin, and of all others together."""
    groups = groups_of(calls, calls.labels[query.by], query.money, most=SERIES_MAX)
    cells, shape = groups.codes * bins + bin_of, (len(groups), bins)
    usd = calls.usd[query.money]
    requests = _table(cells, shape)
    priced = _table(cells[~np.isnan(usd)], shape)
    dollars = np.bincount(cells, weights=np.nan_to_num(usd), minlength=len(groups) * bins).reshape(shape)
    dollars = np.where((priced == 0) & (requests > 0), np.nan, dollars)
    tokens_in, tokens_out = (
        _table(cells, shape, calls.input_tokens),
        _table(cells, shape, calls.output_tokens),
    )
    cached = calls.cached_input_tokens
    read = None if cached is None else _table(cells, shape, cached)
    failed = _table(cells[calls.is_failed], shape)
    return tuple(
        Series(
            name=name,
            is_other=groups.has_others and place == len(groups) - 1,
            requests=tuple(requests[place].tolist()),
            usd=known(dollars[place]),
            input_tokens=tuple(tokens_in[place].tolist()),
            cached_input_tokens=None if read is None else tuple(read[place].tolist()),
            output_tokens=tuple(tokens_out[place].tolist()),
            failed=tuple(failed[place].tolist()),
        )
        for place, name in enumerate(groups.names)
    )


def known(values: Floats) -> tuple[float | None, ...]:
    """Return the values with None for NaN."""
    cells: list[float] = values.tolist()
    return tuple(None if cell != cell else cell for cell in cells)  # noqa: PLR0124  # only NaN differs


def latency_of(calls: PricedCalls, bin_of: Ints, bins: int) -> LatencySeries:
    """Return percentiles of the answered calls' times, bin by bin."""
    return LatencySeries(
        latency_ms=_percentiles(calls, calls.latency_ms, bin_of, bins),
        ttft_ms=_percentiles(calls, calls.ttft_ms, bin_of, bins),
    )


def heat_of(calls: PricedCalls, query: OverviewQuery) -> Heat:
    """Return calls and dollars by local day of the week and hour of the day."""
    hours = hours_of_week(calls.at_ns, query.zone)
    requests = np.bincount(hours, minlength=HOURS_PER_WEEK)
    usd = np.bincount(hours, weights=np.nan_to_num(calls.usd[query.money]), minlength=HOURS_PER_WEEK)
    return Heat(
        requests=tuple(tuple(day) for day in requests.reshape(-1, _HOURS).tolist()),
        usd=tuple(tuple(day) for day in usd.reshape(-1, _HOURS).tolist()),
    )


def _table(cells: Ints, shape: tuple[int, int], weights: Ints | None = None) -> Ints:
    size = shape[0] * shape[1]
    if weights is None:
        return np.bincount(cells, minlength=size).reshape(shape).astype(np.int64)
    sums = np.bincount(cells, weights=weights, minlength=size)  # as floats: exact below 2**53
    return sums.reshape(shape).astype(np.int64)


def _percentiles(
    calls: PricedCalls, column_ms: Floats | None, bin_of: Ints, bins: int
) -> PercentileSeries | None:
    if column_ms is None:
        return None
    where = ~calls.is_failed & ~np.isnan(column_ms)
    values = column_ms[where]
    counts = np.bincount(bin_of[where], minlength=bins)
    edges: list[int] = np.concatenate(([0], np.cumsum(counts))).tolist()  # calls are oldest first
    rows = np.full((len(PERCENTS), bins), np.nan)
    for place in np.flatnonzero(counts).tolist():
        rows[:, place] = np.percentile(values[edges[place] : edges[place + 1]], PERCENTS)
    p50, p90, p99 = (known(row) for row in rows)
    return PercentileSeries(known=tuple(counts.tolist()), p50=p50, p90=p90, p99=p99)
