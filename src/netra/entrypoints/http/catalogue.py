"""The route of the catalogue: models with their prices, and GPUs with theirs, to choose from."""

import asyncio
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec
from litestar import Response, Router, get

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.pricing import Rate, Tariff
from netra.entrypoints.http.entity_tags import NOT_MODIFIED, answered_or_unchanged
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.ports.price_catalogue import PriceCatalogue

_MILLION: Final = 1_000_000


class ListedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its list prices in dollars for a million tokens; null where unpublished.

    Prices are those of a short prompt at the standard tier; `batch_discount` is the share that a batch job
    saves on output.
    """

    name: str
    provider: str
    input_usd_per_m: float
    cached_input_usd_per_m: float | None
    cache_write_usd_per_m: float | None
    output_usd_per_m: float
    batch_discount: float | None
    context_tokens: int | None


class ListedGpu(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU, and its public price by the hour; null where unknown."""

    name: str
    memory_gib: float
    usd_per_hour: float | None


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal may name, with the source and the day of the prices of models."""

    models: Sequence[ListedModel]
    gpus: Sequence[ListedGpu]
    hosted_models: Sequence[str]
    source: str
    as_of: date | None


@get("/api/catalogue", opt=noted(answers={NOT_MODIFIED: None}), summary="Models and GPUs with their prices")
async def get_catalogue(request: ApiRequest, services: InjectedServices) -> Response[Catalogue]:
    """Return the models that makers sell for text today, and the GPUs and open models of this release."""
    made = await asyncio.to_thread(catalogue_of, services.ports().price_catalogue, HARDWARE)
    tag = sha256(msgspec.json.encode(made)).hexdigest()[:32]

    async def computed() -> Catalogue:
        return made

    return await answered_or_unchanged(request, tag=tag, compute=computed)


def catalogue_router() -> Router:
    """Return the route."""
    return Router("/", route_handlers=[get_catalogue], tags=["Configuration"])


def catalogue_of(prices: PriceCatalogue, hardware: Hardware) -> Catalogue:
    """Return the catalogue of the prices' day."""
    tariffs = prices.listed()
    return Catalogue(
        models=[_listed(tariff) for tariff in tariffs],
        gpus=[
            ListedGpu(name=gpu.name, memory_gib=gpu.memory_gib, usd_per_hour=gpu.usd_per_gpu_hour)
            for gpu in hardware.gpus
        ],
        hosted_models=[model.name for model in hardware.models],
        source=", ".join(dict.fromkeys(tariff.source for tariff in tariffs if tariff.source)),
        as_of=max((tariff.as_of for tariff in tariffs if tariff.as_of is not None), default=None),
    )


def _listed(tariff: Tariff) -> ListedModel:
    return ListedModel(
        name=tariff.model,
        provider=tariff.provider,
        input_usd_per_m=tariff.input.usd_per_token * _MILLION,
        cached_input_usd_per_m=_per_million(tariff.cached_input),
        cache_write_usd_per_m=_per_million(tariff.cache_write),
        output_usd_per_m=tariff.output.usd_per_token * _MILLION,
        batch_discount=_batch_discount(tariff),
        context_tokens=tariff.context_window_tokens,
    )


def _per_million(rate: Rate | None) -> float | None:
    return None if rate is None else rate.usd_per_token * _MILLION


def _batch_discount(tariff: Tariff) -> float | None:
    if tariff.batch is None or not tariff.output.usd_per_token:
        return None
    return 1 - tariff.batch.output.usd_per_token / tariff.output.usd_per_token
