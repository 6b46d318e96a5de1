"""Per-request prices from genai-prices, as a check on the compiled ones."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np

from netra.domain.optimization.pricing import PriceList, Tariff
from netra.domain.workloads.columns import Events, Floats, Ints, instant_of

_PROGRESS_EVERY: Final = 1_000  # calls; about a tenth of a second


class GenaiPriceAudit:
    """Asks genai-prices for every call anew."""

    def listed_usd(
        self, events: Events, prices: PriceList, *, progress: Callable[[float], None] | None = None
    ) -> Floats:
        """Return the dollars of every event; see the port."""
        usd = np.full(len(events), np.nan)
        cached, written = (
            _known(events.cached_input_tokens, events),
            _known(events.cache_write_tokens, events),
        )
        for place in range(len(events)):
            label = events.model.of(place)
            provider = None if events.provider is None else events.provider.of(place)
            tariff = None if label is None else prices.tariff_of(label, provider=provider)
            if tariff is not None and tariff.source.startswith("genai-prices"):
                usd[place] = _priced(
                    tariff,
                    at=_on(tariff, instant_of(int(events.at_ns[place]))),
                    input_tokens=int(events.input_tokens[place]),
                    cached=int(cached[place]),
                    written=int(written[place]),
                    output_tokens=int(events.output_tokens[place]),
                )
            if progress is not None and place % _PROGRESS_EVERY == 0:
                progress(place / len(events))
        return usd


def _known(tokens: Ints | None, events: Events) -> Ints:
    return np.zeros(len(events), np.int64) if tokens is None else np.maximum(tokens, 0)


def _on(tariff: Tariff, at: datetime) -> datetime:
    """Return the call's time of day on the tariff's day."""
    return at if tariff.as_of is None else datetime.combine(tariff.as_of, at.timetz())


def _priced(
    tariff: Tariff, *, at: datetime, input_tokens: int, cached: int, written: int, output_tokens: int
) -> float:
    # Loading the price data takes a second, which only an audit pays.
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=input_tokens,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output_tokens,
    )
    listed = calc_price(
        usage, tariff.model, provider_id=tariff.provider, genai_request_timestamp=at.astimezone(UTC)
    )
    return float(listed.total_price)
