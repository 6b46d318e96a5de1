"""The price book over the data that ships with `genai-prices`; nothing here ever opens a connection."""

import functools
import importlib.metadata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from netra.adapters.prices.caching import caching_facts
from netra.adapters.prices.candidates import WELL_KNOWN
from netra.domain.optimization.pricing import Hours, Rate, Tariff

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

_BATCH: Final = {"processing": "batch"}
_MILLION: Final = Decimal(1_000_000)
_THOUSAND: Final = 1_000


def today() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


class GenaiPriceBook:
    """List prices of genai-prices, with `overrides` before them.

    An override stands for every date, and for its provider alone when it names one.
    """

    def __init__(self, *, overrides: Iterable[Tariff] = (), now: Callable[[], datetime] = today) -> None:
        self._overrides = tuple(overrides)
        self._now = now
        self._data: DataSnapshot | None = None

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        """Return the list prices of `model` at `at`; see the port."""
        for override in self._overrides:
            if override.model.lower() == model.lower() and provider in (None, "", override.provider):
                return override
        found = self._found(model, provider)
        return None if found is None else _tariff(*found, at=at or self._now())

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return cheaper well-known models; see the port."""
        known = (self.tariff(model, provider=provider, at=at) for provider, model in WELL_KNOWN)
        cheaper = [
            tariff
            for tariff in (*self._overrides, *known)
            if tariff is not None and _blended_usd(tariff) < _blended_usd(like) and tariff.model != like.model
        ]
        cheaper.sort(key=lambda tariff: (tariff.provider != like.provider, -_blended_usd(tariff)))
        return tuple(cheaper[:limit])

    def _found(self, model: str, provider: str | None) -> "tuple[Provider, ModelInfo] | None":
        spellings = [(provider, model)]
        if not provider:
            maker, _, name = model.partition("/")
            spellings = [(None, model), (maker, name)] if name else [(None, model)]
        for provider_id, name in spellings:
            try:
                return self._snapshot().find_provider_model(name, None, provider_id, None)
            except LookupError:
                continue
        return None

    def _snapshot(self) -> "DataSnapshot":
        # Loading takes 1 s and 40 MiB, which a service that only answers health checks never pays.
        if self._data is None:
            from genai_prices.data import providers
            from genai_prices.data_snapshot import DataSnapshot

            self._data = DataSnapshot(providers=providers, from_auto_update=False)
        return self._data


def _blended_usd(tariff: Tariff) -> float:
    """Return the dollars of three input tokens and one output token, a usual mix of chat."""
    return 3 * tariff.input.usd_per_token + tariff.output.usd_per_token


def _tariff(provider: "Provider", model: "ModelInfo", *, at: datetime) -> Tariff | None:
    standing, hours = _standing(model, at)
    priced = _priced(provider, model, standing, at=at)
    if priced is None:
        return None
    peaks = [
        Hours(from_s=_seconds(since), to_s=_seconds(until), tariff=hourly)
        for since, until, prices in hours
        if (hourly := _priced(provider, model, prices, at=at)) is not None
    ]
    return msgspec.structs.replace(priced, hours=tuple(peaks), batch=_batch(provider, model, standing, at=at))


def _standing(model: "ModelInfo", at: datetime) -> "tuple[ModelPrice, list[tuple[time, time, ModelPrice]]]":
    """Return the prices at `at` whatever the hour, and those of single hours, the strongest last.

    The data is read from its end: the first price whose condition holds is the one, else the first
    of all.
    """
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    if isinstance(model.prices, ModelPrice):
        return model.prices, []
    hours: list[tuple[time, time, ModelPrice]] = []
    for dated in reversed(model.prices):
        if isinstance(dated.constraint, TimeOfDateConstraint):
            hours.insert(0, (dated.constraint.start_time, dated.constraint.end_time, dated.prices))
        elif dated.constraint is None or dated.constraint.active(at):
            return dated.prices, hours
    return model.prices[0].prices, hours


def _batch(
    provider: "Provider", model: "ModelInfo", standing: "ModelPrice", *, at: datetime
) -> Tariff | None:
    """Return the batch prices when the data has a variant for text that holds at `at`.

    What the variant leaves out keeps its standard price, as genai-prices states of its tables.
    """
    for variant in model.price_variants or ():
        holds = variant.constraint is None or variant.constraint.active(at)
        if variant.when == _BATCH and holds and variant.prices.input_mtok is not None:
            merged = type(standing)(**{**_given(standing), **_given(variant.prices)})
            return _priced(provider, model, merged, at=at)
    return None


def _given(prices: "ModelPrice") -> "dict[str, Decimal | TieredPrices]":
    return {name: price for name, price in vars(prices).items() if price is not None}


def _priced(provider: "Provider", model: "ModelInfo", prices: "ModelPrice", *, at: datetime) -> Tariff | None:
    """Return the tariff, or None for a model that is not sold by the input token."""
    input_rate = _rate(prices.input_mtok)
    if input_rate is None:
        return None
    facts = caching_facts(provider=provider.id, model=model.id)
    requests = prices.requests_kcount
    return Tariff(
        model=model.id,
        provider=provider.id,
        input=input_rate,
        output=_rate(prices.output_mtok) or Rate(usd_per_token=0.0),  # embeddings have no output to sell
        cached_input=_rate(prices.cache_read_mtok),
        cache_write=_rate(prices.cache_write_mtok),
        cache_write_1h=_rate(prices.cache_write_1h_mtok),
        usd_per_request=float(requests) / _THOUSAND if isinstance(requests, Decimal) else 0.0,
        context_window_tokens=model.context_window,
        caching=facts.caching,
        cache_min_tokens=facts.min_tokens,
        cache_granularity_tokens=facts.granularity_tokens,
        cache_ttl_s=facts.ttl_s,
        as_of=at.date(),
        source=_source(),
    )


@functools.cache
def _source() -> str:
    """Name the data and its version, which is looked up in a file."""
    return f"genai-prices {importlib.metadata.version('genai-prices')}"


def _rate(price: "Decimal | TieredPrices | None") -> Rate | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return Rate(usd_per_token=float(price / _MILLION))
    tiers = tuple((tier.start, float(tier.price / _MILLION)) for tier in price.tiers)
    return Rate(usd_per_token=float(price.base / _MILLION), tiers=tiers)


def _seconds(of_day: time) -> int:
    """Return seconds since midnight UTC; the data states its hours in UTC."""
    return of_day.hour * 3600 + of_day.minute * 60 + of_day.second
