"""Prices of one model as values: by kind of token, service tier, region, hour and date.

A tariff holds what a provider publishes. This module selects the prices that apply to a call; `pricing`
computes the cost of a log.
"""

from calendar import monthrange
from datetime import date
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Ints

HORIZON_MONTHS: Final = 12  # months ahead for which published prices and retirements are considered
RESERVED: Final = "reserved"  # tier of calls served by capacity that is paid for even if unused
_NS_PER_S: Final = 1_000_000_000
_S_PER_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_GLOBAL: Final = frozenset(("", "global", "default", "worldwide", "not_available", "none"))

_TIERS: Final = {
    **dict.fromkeys(("", "default", "standard", "auto", "on_demand", "standard_only", "none"), None),
    **dict.fromkeys(("flex", "on_demand_flex"), "flex"),
    **dict.fromkeys(("priority", "on_demand_priority"), "priority"),
    "fast": "fast",
    **dict.fromkeys(("batch", "batches"), "batch"),
    **dict.fromkeys(
        ("reserved", "provisioned", "provisioned_throughput", "scale", "ptu", "committed"), RESERVED
    ),
}
"""Tiers as the providers' responses name them: OpenAI, Anthropic, Google (`trafficType`) and Bedrock."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars per token; above its threshold a tier's rate applies to the whole request.

    `tiers` holds (input tokens above which it applies, dollars a token), ascending.
    """

    usd_per_token: float
    tiers: tuple[tuple[int, float], ...] = ()

    def times(self, factor: float) -> "Rate":
        """Return the rate multiplied by `factor`."""
        return Rate(
            usd_per_token=self.usd_per_token * factor,
            tiers=tuple((above, usd * factor) for above, usd in self.tiers),
        )


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """The price of one unit of something other than tokens, such as a web search."""

    name: str
    usd: float


class ServedTier(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one service tier: "flex", "priority", "fast" or "batch"."""

    name: str
    tariff: "Tariff"


class Regional(msgspec.Struct, frozen=True, kw_only=True):
    """A factor on all token prices of calls processed in `regions`; if empty, in all but the global one."""

    factor: float
    regions: tuple[str, ...] = ()
    source: str = ""


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """Prices valid from a day until the next entry; `since` None: before all others."""

    since: date | None
    tariff: "Tariff"


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """A part of every UTC day that has its own prices; spans midnight if `to_s` is before `from_s`."""

    from_s: int  # seconds since midnight, inclusive
    to_s: int  # exclusive
    tariff: "Tariff"

    def hold(self, at_ns: Ints) -> npt.NDArray[np.bool_]:
        """Return a mask of the instants at which these prices apply."""
        second = at_ns // _NS_PER_S % _S_PER_DAY
        since, before = second >= self.from_s, second < self.to_s
        return since & before if self.from_s <= self.to_s else since | before


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """One model's list prices on one day; None means unknown, which is never zero."""

    model: str
    provider: str
    input: Rate
    output: Rate
    cached_input: Rate | None = None
    cache_write: Rate | None = None
    usd_per_request: float = 0.0
    batch: "Tariff | None" = None  # the same model's prices for batch jobs
    context_window_tokens: int | None = None
    caching: Literal["automatic", "explicit"] | None = None  # who decides what is cached; None: unknown
    cache_min_tokens: int = 1024
    cache_granularity_tokens: int = 128
    cache_ttl_s: tuple[int, ...] = (300,)
    as_of: date | None = None
    source: str = ""
    hours: tuple[Hours, ...] = ()  # where several hold, the last one counts
    cache_write_1h: Rate | None = None  # `cache_write` buys the shortest of `cache_ttl_s`, this one an hour
    cache_write_12h: Rate | None = None
    cache_min_known: bool = True  # whether `cache_min_tokens` is published, not assumed
    tier: str | None = None  # the service tier that these prices are of; None: the standard one
    tiers: tuple[ServedTier, ...] = ()
    regional: tuple[Regional, ...] = ()
    charges: tuple[Charge, ...] = ()
    dated: tuple[Dated, ...] = ()  # all known prices by date, those of `as_of` among them, oldest first
    retires: date | None = None  # the day from which the provider no longer serves the model
    is_deprecated: bool = False
    modality: Literal["audio", "image", "video"] | None = None  # of its output, if not text

    def on(self, day: date) -> "Tariff":
        """Return the prices of that day with the same history, or these prices if the day has no others."""
        standing = [dated.tariff for dated in self.dated if dated.since is None or dated.since <= day]
        return msgspec.structs.replace(standing[-1], dated=self.dated) if standing else self

    def changes_within(self, after: date, until: date) -> tuple[date, ...]:
        """Return the days after `after`, up to `until`, on which a price changes."""
        return tuple(d.since for d in self.dated if d.since is not None and after < d.since <= until)

    def charge_usd(self, name: str) -> float | None:
        """Return the price of one unit of a charge, or None if unknown."""
        wanted = charge_name(name)
        return next((charge.usd for charge in self.charges if charge.name == wanted), None)


def tier_named(name: str | None) -> str | None:
    """Return the tier that a log's `service_tier` stands for; None is the standard one.

    A name that is not known is returned as it is, in lower case.

    >>> tier_named("ON_DEMAND_PRIORITY"), tier_named("default"), tier_named("Turbo")
    ('priority', None, 'turbo')
    """
    key = (name or "").strip().lower().replace("-", "_").replace(" ", "_")
    return _TIERS.get(key, key)


def charge_name(name: str) -> str:
    """Return the name of a charge as tariffs spell it.

    >>> charge_name("Web-Searches"), charge_name("grounding"), charge_name("container")
    ('web_search', 'web_search', 'container')
    """
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    key = key.removesuffix("_requests").removesuffix("_calls").replace("searches", "search")
    return "web_search" if key in {"google_search", "grounding", "web_search_preview"} else key


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last one.

    >>> months_after(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def served(tariff: Tariff, *, tier: str | None, region: str | None) -> Tariff | None:
    """Return the prices for calls of a service tier in a region, for now and the other dates.

    `tier` is a result of `tier_named`. Returns None if the tier has no known price. Tokens on reserved
    capacity have no price of their own.
    """
    found = _at_tier(tariff, tier)
    return None if found is None else _in_region(found, region)


def undated(tariff: Tariff) -> Tariff:
    """Return the tariff without its history, so that its own prices apply on any day."""
    return msgspec.structs.replace(tariff, dated=()) if tariff.dated else tariff


def start_ns(day: date) -> int:
    """Return the first instant of a day in UTC, in nanoseconds since 1970."""
    return (day - _EPOCH).days * _S_PER_DAY * _NS_PER_S


def is_global(region: str | None) -> bool:
    """Return whether a log's region means no particular region."""
    return (region or "").strip().lower() in _GLOBAL


def _at_tier(tariff: Tariff, tier: str | None) -> Tariff | None:
    if tier is None:
        return tariff
    if tier == RESERVED:
        return _reserved(tariff)
    own = next((one.tariff for one in tariff.tiers if one.name == tier), None)
    if own is None:
        return None
    dated = [(one.since, _at_tier(one.tariff, tier)) for one in tariff.dated]
    return msgspec.structs.replace(
        own,
        tier=tier,
        tiers=tariff.tiers,
        batch=None if tier == "batch" else tariff.batch,
        dated=tuple(Dated(since=since, tariff=then) for since, then in dated if then is not None),
    )


def _reserved(tariff: Tariff) -> Tariff:
    """Return prices of zero: the capacity is paid for even if these tokens are not sent."""
    nothing = Rate(usd_per_token=0.0)
    return msgspec.structs.replace(
        tariff,
        input=nothing,
        output=nothing,
        cached_input=nothing,
        cache_write=nothing,
        cache_write_1h=nothing,
        cache_write_12h=nothing,
        usd_per_request=0.0,
        batch=None,
        hours=(),
        tiers=(),
        dated=(),
        tier=RESERVED,
    )


def _in_region(tariff: Tariff, region: str | None) -> Tariff:
    if is_global(region):
        return tariff
    name = (region or "").strip().lower()
    factor = next((row.factor for row in tariff.regional if not row.regions or name in row.regions), 1.0)
    return tariff if factor == 1.0 else scaled(tariff, factor)


def scaled(tariff: Tariff, factor: float) -> Tariff:
    """Return the tariff with all token prices multiplied, including those of other hours, dates and tiers."""
    return msgspec.structs.replace(
        tariff,
        **{name: _times(getattr(tariff, name), factor) for name in _RATES},
        batch=None if tariff.batch is None else scaled(tariff.batch, factor),
        hours=tuple(
            Hours(from_s=one.from_s, to_s=one.to_s, tariff=scaled(one.tariff, factor)) for one in tariff.hours
        ),
        tiers=tuple(ServedTier(name=one.name, tariff=scaled(one.tariff, factor)) for one in tariff.tiers),
        dated=tuple(Dated(since=one.since, tariff=scaled(one.tariff, factor)) for one in tariff.dated),
    )


def flat(tariff: Tariff) -> Tariff:
    """Return the tariff without context thresholds and without prices of single hours, at all its dates."""
    return msgspec.structs.replace(
        tariff,
        **{name: _flat(getattr(tariff, name)) for name in _RATES},
        hours=(),
        dated=tuple(Dated(since=one.since, tariff=flat(one.tariff)) for one in tariff.dated),
    )


def _flat(rate: Rate | None) -> Rate | None:
    return None if rate is None else Rate(usd_per_token=rate.usd_per_token)


_RATES: Final = ("input", "output", "cached_input", "cache_write", "cache_write_1h", "cache_write_12h")


def _times(rate: Rate | None, factor: float) -> Rate | None:
    return None if rate is None else rate.times(factor)
