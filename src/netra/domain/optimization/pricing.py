"""What a call costs at list prices: tariffs as values, and the bill of a log against them."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars a token; a tier replaces the base for the whole request, it is a cliff and no bracket.

    `tiers` holds (input tokens above which it applies, dollars a token), ascending.
    """

    usd_per_token: float
    tiers: tuple[tuple[int, float], ...] = ()


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """One model's list prices on one day; None means unknown, which is never zero."""

    model: str
    provider: str
    input: Rate
    output: Rate
    cached_input: Rate | None = None
    cache_write: Rate | None = None
    usd_per_request: float = 0.0
    batch: "Tariff | None" = None  # the same model's prices when nobody waits
    context_window_tokens: int | None = None
    caching: Literal["automatic", "explicit"] | None = None  # who decides what is cached; None: unknown
    cache_min_tokens: int = 1024
    cache_granularity_tokens: int = 128
    cache_ttl_s: tuple[int, ...] = (300,)
    as_of: date | None = None
    source: str = ""


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The tariffs one analysis needs: of every model label in the log, and of models it could move to."""

    tariffs: Mapping[str, Tariff]  # by the log's own model label; absent means not in the price book
    candidates: tuple[Tariff, ...] = ()
    assumed: Mapping[str, str] = {}  # label -> the model it was priced as, where the log or user left it open
