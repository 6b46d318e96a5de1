"""Tariffs made from the price data's own objects: all prices of a model, by date, hour and tier."""

import functools
import importlib.metadata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from netra.adapters.prices.caching import caching_facts
from netra.adapters.prices.published import (
    regional_factor,
    retirement_day,
    write_12h_factor,
)
from netra.domain.optimization.pricing import Charge, Dated, Hours, Rate, Regional, ServedTier, Tariff

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider, TieredPrices

_VARIANTS: Final = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast"},
}
_FAST: Final = {"speed": "fast"}  # how Anthropic's data has it
_CHARGES: Final = {"web_search": "web_searches_kcount", "file_search": "storage_searches_kcount"}
_MODALITIES: Final[tuple[tuple[str, Literal["audio", "image", "video"]], ...]] = (
    ("output_audio_mtok", "audio"),
    ("output_image_mtok", "image"),
    ("output_video_mtok", "video"),
)
_MILLION: Final = Decimal(1_000_000)
_THOUSAND: Final = 1_000


def tariff_at(provider: "Provider", model: "ModelInfo", *, day: date) -> Tariff | None:
    """Return the prices of a day, with those of all other days behind them; None if not sold by the token."""
    now = _on(provider, model, day)
    if now is None:
        return None
    days = _days(model)
    if not days:
        return now
    first = _on(provider, model, min(days) - timedelta(days=1))
    dated = [(None, first), *((start, _on(provider, model, start)) for start in sorted(days))]
    return msgspec.structs.replace(
        now, dated=tuple(Dated(since=since, tariff=then) for since, then in dated if then is not None)
    )


def _days(model: "ModelInfo") -> set[date]:
    """Return the days on which a standard price of the model changes."""
    from genai_prices.types import ModelPrice, StartDateConstraint

    prices = [] if isinstance(model.prices, ModelPrice) else model.prices
    return {
        dated.constraint.start_date for dated in prices if isinstance(dated.constraint, StartDateConstraint)
    }


def _on(provider: "Provider", model: "ModelInfo", day: date) -> Tariff | None:
    """Return all prices of one day."""
    at = datetime.combine(day, time(), UTC)
    standing, hours = _standing(model, at)
    priced = _priced(provider, model, standing, day=day)
    if priced is None:
        return None
    peaks = [
        Hours(from_s=_seconds(since), to_s=_seconds(until), tariff=hourly)
        for since, until, prices in hours
        if (hourly := _priced(provider, model, prices, day=day)) is not None
    ]
    tiers = [
        ServedTier(name=name, tariff=tariff)
        for name, when in _VARIANTS.items()
        if (tariff := _variant(provider, model, standing, when=when, day=day)) is not None
    ]
    return msgspec.structs.replace(
        priced,
        hours=tuple(peaks),
        tiers=tuple(tiers),
        batch=_variant(provider, model, standing, when=_VARIANTS["batch"], day=day, only_then=True),
    )


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


def _variant(
    provider: "Provider",
    model: "ModelInfo",
    standing: "ModelPrice",
    *,
    when: dict[str, str],
    day: date,
    only_then: bool = False,
) -> Tariff | None:
    """Return the prices of a variant for text, if the data has one that holds on `day`.

    The data dates most variants by the day on which they were verified: for a call before that, unless
    `only_then`, the first ones known stand. What a variant leaves out keeps its standard price, as
    genai-prices states of its tables.
    """
    wanted = (when, _FAST) if when == _VARIANTS["fast"] else (when,)
    variants = [one for one in model.price_variants or () if one.when in wanted and one.prices.input_mtok]
    holding = [one for one in variants if _start(one) <= day]
    if not holding and not only_then:
        holding = variants
        latest = min(holding, key=_start, default=None)
    else:
        latest = max(holding, key=_start, default=None)
    if latest is None:
        return None
    merged = type(standing)(**{**_given(standing), **_given(latest.prices)})
    return _priced(provider, model, merged, day=day)


def _start(variant: "PriceVariant") -> date:
    from genai_prices.types import StartDateConstraint

    held = variant.constraint
    return held.start_date if isinstance(held, StartDateConstraint) else date.min


def _charges(prices: "ModelPrice") -> tuple[Charge, ...]:
    """Return the charges other than for tokens."""
    found = {name: getattr(prices, key) for name, key in _CHARGES.items()}
    return tuple(
        Charge(name=name, usd=float(price) / _THOUSAND)
        for name, price in found.items()
        if isinstance(price, Decimal)
    )


def _given(prices: "ModelPrice") -> "dict[str, Decimal | TieredPrices]":
    return {name: price for name, price in vars(prices).items() if price is not None}


def _priced(provider: "Provider", model: "ModelInfo", prices: "ModelPrice", *, day: date) -> Tariff | None:
    """Return the tariff, or None for a model that is not sold by the input token."""
    input_rate = _rate(prices.input_mtok)
    if input_rate is None:
        return None
    facts = caching_facts(provider=provider.id, model=model.id)
    requests = prices.requests_kcount
    twelve_hours = write_12h_factor(provider=provider.id, model=model.id)
    regional = regional_factor(provider=provider.id, model=model.id)
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
        as_of=day,
        source=source(),
        cache_write_12h=None if twelve_hours is None else input_rate.times(twelve_hours),
        cache_min_known=facts.is_min_known,
        regional=()
        if regional is None
        else (Regional(factor=regional.factor, regions=regional.regions, source=regional.source),),
        charges=_charges(prices),
        retires=retirement_day(provider=provider.id, model=model.id),
        is_deprecated=bool(model.deprecated),
        modality=next((kind for name, kind in _MODALITIES if getattr(prices, name) is not None), None),
    )


@functools.cache
def source() -> str:
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
