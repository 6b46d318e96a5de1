"""The columns of a log that an overview sums, priced and oldest first; everything else is left behind."""

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.invoice import invoice_of
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.prefix import prefix_reuse
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import costs_usd
from netra.domain.overview.model import DIMENSIONS, Dimension, Money
from netra.domain.workloads.columns import Events, Floats, Ints, Labels
from netra.domain.workloads.derived import written_tokens
from netra.domain.workloads.filters import has_any

Bools = npt.NDArray[np.bool_]
Indexes = npt.NDArray[np.intp]


class Reused(msgspec.Struct, frozen=True, kw_only=True):
    """Each call's tokens that a cache with this time to live would have served; None: one that never ends."""

    ttl_s: int | None
    hit_tokens: Ints


class PricedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """n calls, oldest first; a column that the log lacks is None, as in `Events`."""

    at_ns: Ints
    labels: Mapping[Dimension, Labels | None]
    input_tokens: Ints
    output_tokens: Ints
    cached_input_tokens: Ints | None  # 0 where a call does not say
    cache_write_tokens: Ints | None
    latency_ms: Floats | None
    ttft_ms: Floats | None
    usd: Mapping[Money, Floats]  # NaN where a call has no price
    is_failed: Bools
    reused: tuple[Reused, ...]

    def __len__(self) -> int:
        return len(self.at_ns)

    def take(self, which: slice | Indexes) -> "PricedCalls":
        """Return the chosen calls; their labels keep codes and names."""
        return PricedCalls(
            at_ns=self.at_ns[which],
            labels={name: _labels(labels, which) for name, labels in self.labels.items()},
            input_tokens=self.input_tokens[which],
            output_tokens=self.output_tokens[which],
            cached_input_tokens=_ints(self.cached_input_tokens, which),
            cache_write_tokens=_ints(self.cache_write_tokens, which),
            latency_ms=_floats(self.latency_ms, which),
            ttft_ms=_floats(self.ttft_ms, which),
            usd={money: usd[which] for money, usd in self.usd.items()},
            is_failed=self.is_failed[which],
            reused=tuple(
                Reused(ttl_s=reused.ttl_s, hit_tokens=reused.hit_tokens[which]) for reused in self.reused
            ),
        )

    def between(self, since_ns: int, until_ns: int) -> "PricedCalls":
        """Return the calls with `since_ns <= time < until_ns`."""
        first, last = np.searchsorted(self.at_ns, [since_ns, until_ns])
        return self.take(slice(int(first), int(last)))

    def passing(self, filters: Mapping[Dimension, tuple[str | None, ...]]) -> "PricedCalls":
        """Return the calls that pass every filter."""
        if not filters:
            return self
        keeps = np.ones(len(self), np.bool_)
        for name, values in filters.items():
            keeps &= has_any(self.labels[name], values, events=len(self))
        return self.take(np.flatnonzero(keeps))


def priced_calls(events: Events, prices: PriceList) -> PricedCalls:
    """Return the calls of a log that is oldest first, each priced as in an analysis of the whole log."""
    invoice = invoice_of(events, costs_usd(events, prices))
    cached, written = events.cached_input_tokens, written_tokens(events)
    return PricedCalls(
        at_ns=events.at_ns,
        labels={name: getattr(events, name) for name in DIMENSIONS},
        input_tokens=events.input_tokens,
        output_tokens=events.output_tokens,
        cached_input_tokens=None if cached is None else np.maximum(cached, 0),
        cache_write_tokens=None if written is None else np.maximum(written, 0),
        latency_ms=events.latency_ms,
        ttft_ms=events.ttft_ms,
        usd={"list": invoice.listed_usd, "billed": invoice.paid_usd},
        is_failed=failed_calls(events),
        reused=tuple(
            Reused(ttl_s=reuse.ttl_s, hit_tokens=reuse.hit_tokens) for reuse in prefix_reuse(events)
        ),
    )


def _labels(labels: Labels | None, which: slice | Indexes) -> Labels | None:
    return None if labels is None else Labels(codes=labels.codes[which], names=labels.names)


def _ints(column: Ints | None, which: slice | Indexes) -> Ints | None:
    return None if column is None else column[which]


def _floats(column: Floats | None, which: slice | Indexes) -> Floats | None:
    return None if column is None else column[which]
