"""Sum calls: over a window, over a month, and in percentiles of their latencies."""

import numpy as np

from netra.domain.optimization.measures.span import DAY_S, MONTH_S, span_of
from netra.domain.overview.bins import NS_PER_S
from netra.domain.overview.model import CacheUse, Money, Percentiles, PerMonth, PossibleReuse, Totals
from netra.domain.overview.priced_calls import PricedCalls
from netra.domain.workloads.columns import Floats, Ints

PERCENTS = (50, 90, 99)


def totals_of(calls: PricedCalls, money: Money) -> Totals:
    """Return the sums of the calls."""
    usd = calls.usd[money]
    return Totals(
        requests=len(calls),
        input_tokens=int(calls.input_tokens.sum()),
        cached_input_tokens=_sum(calls.cached_input_tokens),
        cache_write_tokens=_sum(calls.cache_write_tokens),
        output_tokens=int(calls.output_tokens.sum()),
        usd=usd_of(usd),
        requests_unpriced=int(np.isnan(usd).sum()),
        failed=int(calls.is_failed.sum()),
        latency_ms=percentiles_of(calls, calls.latency_ms),
        ttft_ms=percentiles_of(calls, calls.ttft_ms),
    )


def usd_of(usd: Floats) -> float | None:
    """Return the dollars of the calls that have a price; None where there are calls and none has.

    >>> usd_of(np.array([0.5, np.nan])), usd_of(np.array([np.nan])), usd_of(np.array([]))
    (0.5, None, 0.0)
    """
    is_priced = ~np.isnan(usd)
    return None if len(usd) and not is_priced.any() else float(usd[is_priced].sum())


def percentiles_of(calls: PricedCalls, column_ms: Floats | None) -> Percentiles | None:
    """Return the percentiles of the answered calls that have a time; None without such calls."""
    known = np.zeros(0) if column_ms is None else column_ms[~calls.is_failed & ~np.isnan(column_ms)]
    if not len(known):
        return None
    p50, p90, p99 = np.percentile(known, PERCENTS)
    return Percentiles(known=len(known), p50=float(p50), p90=float(p90), p99=float(p99))


def per_month_of(calls: PricedCalls, usd: float | None, *, bounds_ns: tuple[int, int] | None) -> PerMonth:
    """Return the factor from dollars of a window to a month's; without bounds, from those of the whole log.

    A window, or a log, of less than a day shows no month.
    """
    if bounds_ns is None:
        span = span_of(calls.at_ns)
        factor = span.per_month if span.is_month_known else None
    else:
        seconds = (bounds_ns[1] - bounds_ns[0]) / NS_PER_S
        factor = MONTH_S / seconds if seconds >= DAY_S else None
    return PerMonth(factor=factor, usd=None if factor is None or usd is None else usd * factor)


def cache_use_of(calls: PricedCalls, bin_of: Ints, bins: int) -> CacheUse:
    """Return the share of input tokens read from caches in each bin, and the shares that were possible."""
    total = int(calls.input_tokens.sum())
    possible = tuple(
        PossibleReuse(ttl_s=reused.ttl_s, token_share=int(reused.hit_tokens.sum()) / total if total else 0.0)
        for reused in calls.reused
    )
    if calls.cached_input_tokens is None:
        return CacheUse(read_share=None, possible=possible)
    read = np.bincount(bin_of, weights=calls.cached_input_tokens, minlength=bins)
    given = np.bincount(bin_of, weights=calls.input_tokens, minlength=bins)
    return CacheUse(
        read_share=tuple(
            part / whole if whole else None for part, whole in zip(read.tolist(), given.tolist(), strict=True)
        ),
        possible=possible,
    )


def _sum(column: Ints | None) -> int | None:
    return None if column is None else int(column.sum())
