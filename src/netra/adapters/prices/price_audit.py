"""Per-request prices from genai-prices, as a check on the compiled ones."""

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.tariff import RESERVED, charge_name, is_global, tier_named
from netra.domain.workloads.columns import Events, Floats, Ints, instant_of
from netra.domain.workloads.derived import written_tokens
from netra.domain.workloads.mappings import charges_of

_PROGRESS_EVERY: Final = 1_000  # calls; about a tenth of a second
_CONTEXTS: Final = {"batch": {"processing": "batch"}, "fast": {"service_tier": "fast", "speed": "fast"}}
_CHARGES: Final = {"web_search": "web_searches", "file_search": "storage_searches"}


class GenaiPriceAudit:
    """Asks genai-prices for every call anew."""

    def listed_usd(
        self, events: Events, prices: PriceList, *, progress: Callable[[float], None] | None = None
    ) -> Floats:
        """Return the dollars of every event; see the port."""
        usd = np.full(len(events), np.nan)
        usage = _Usages(
            cached=_known(events.cached_input_tokens, events),
            written=_known(written_tokens(events), events),
            an_hour=_known(events.cache_write_1h_tokens, events),
            twelve_hours=_known(events.cache_write_12h_tokens, events),
        )
        for place in range(len(events)):
            tariff = _tariff_of(events, prices, place)
            if tariff is not None and usage.twelve_hours[place] == 0:
                usd[place] = _priced(tariff, events, place, usage=usage)
            if progress is not None and place % _PROGRESS_EVERY == 0:
                progress(place / len(events))
        return usd


class _Usages(msgspec.Struct, frozen=True, kw_only=True):
    cached: Ints
    written: Ints
    an_hour: Ints
    twelve_hours: Ints


def _known(tokens: Ints | None, events: Events) -> Ints:
    return np.zeros(len(events), np.int64) if tokens is None else np.maximum(tokens, 0)


def _tariff_of(events: Events, prices: PriceList, place: int) -> Tariff | None:
    """Return the tariff of a call whose price genai-prices states: no region, no reserved capacity."""
    label = events.model.of(place)
    provider = None if events.provider is None else events.provider.of(place)
    tariff = None if label is None else prices.tariff_of(label, provider=provider)
    if tariff is None or not tariff.source.startswith("genai-prices"):
        return None
    region = None if events.region is None else events.region.of(place)
    if tariff.regional and not is_global(region):
        return None
    tier = _tier_of(events, place)
    if tier is None:
        return tariff
    known = tier != RESERVED and any(one.name == tier for one in tariff.tiers)
    return tariff if known else None


def _tier_of(events: Events, place: int) -> str | None:
    return None if events.service_tier is None else tier_named(events.service_tier.of(place))


def _priced(tariff: Tariff, events: Events, place: int, *, usage: _Usages) -> float:
    # Loading the price data takes a second, which only an audit pays.
    from genai_prices import Usage, calc_price

    tier = _tier_of(events, place)
    context = None if tier is None else _CONTEXTS.get(tier, {"service_tier": tier})
    label = events.model.of(place) or tariff.model
    usage_of_call = Usage(
        input_tokens=int(events.input_tokens[place]),
        cache_read_tokens=int(usage.cached[place]),
        cache_write_tokens=int(usage.written[place]),
        cache_write_1h_tokens=int(usage.an_hour[place]),
        output_tokens=int(events.output_tokens[place]),
        **_charges(events, place),
    )
    ask = partial(
        calc_price,
        usage_of_call,
        provider_id=tariff.provider,
        genai_request_timestamp=instant_of(int(events.at_ns[place])).astimezone(UTC),
        price_context=context,
    )
    try:
        listed = ask(tariff.model)
    except LookupError:  # some regional models have an id that is not one of their names
        listed = ask(label)
    return float(listed.total_price)


def _charges(events: Events, place: int) -> Mapping[str, int]:
    name = None if events.charges is None else events.charges.of(place)
    counts = {} if name is None else charges_of(name)
    return {
        _CHARGES[charge_name(kind)]: int(count)
        for kind, count in counts.items()
        if charge_name(kind) in _CHARGES
    }
