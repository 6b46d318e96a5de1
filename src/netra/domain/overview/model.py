"""What an overview asks for and what it holds; all sums are of calls, tokens, or dollars in the window."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

import msgspec

BINS_MAX: Final = 240  # as in the reports; more would be narrower than two pixels
SERIES_MAX: Final = 8  # named series; the others are one more
ROWS_MAX: Final = 50  # rows of the breakdown, that of the others included
NAMES_MAX: Final = 100  # names of one column to choose from, those with the most calls

Bin = Literal["auto", "1m", "5m", "15m", "1h", "6h", "1d", "1w"]
Dimension = Literal["model", "provider", "feature", "template", "tool", "status"]
Money = Literal["billed", "list"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("model", "provider", "feature", "template", "tool", "status")


class OverviewQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to sum: calls with `since <= time < until` that pass every filter; None is the log's own end.

    A filter's None stands for calls without a name.
    """

    since: datetime | None = None
    until: datetime | None = None
    bin: Bin = "auto"
    zone: tzinfo = UTC
    by: Dimension = "model"
    filters: Mapping[Dimension, tuple[str | None, ...]] = {}
    money: Money = "billed"  # as paid where costs are logged, as in a result's bill; or at list prices


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The time of the overview, `to` exclusive; the ends are None where there is no call and no bound."""

    from_: datetime | None
    to: datetime | None
    tz: str
    bin: str  # such as "1h"
    bin_s: int  # seconds; a day or 6 hours in which clocks change differ
    bins: int


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """How long answered calls took, in milliseconds; `known` counts those with a time."""

    known: int
    p50: float
    p90: float
    p99: float


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over calls; tokens are None where the log has no such column, dollars where no call is priced."""

    requests: int
    input_tokens: int
    cached_input_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int
    usd: float | None
    requests_unpriced: int
    failed: int
    latency_ms: Percentiles | None
    ttft_ms: Percentiles | None


class PerMonth(msgspec.Struct, frozen=True, kw_only=True):
    """The factor from the window's dollars to a month's, and those; None below a day of log."""

    factor: float | None
    usd: float | None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One name's sums in each bin; `name` None: calls without one, or with `is_other` all other names."""

    name: str | None
    is_other: bool
    requests: tuple[int, ...]
    usd: tuple[float | None, ...]  # None: the bin has calls, but no call with a price
    input_tokens: tuple[int, ...]
    cached_input_tokens: tuple[int, ...] | None
    output_tokens: tuple[int, ...]
    failed: tuple[int, ...]


class PercentileSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles in each bin, in milliseconds; None where no answered call has a time."""

    known: tuple[int, ...]
    p50: tuple[float | None, ...]
    p90: tuple[float | None, ...]
    p99: tuple[float | None, ...]


class LatencySeries(msgspec.Struct, frozen=True, kw_only=True):
    """The whole call and the first token over time; None where the log has no such column."""

    latency_ms: PercentileSeries | None
    ttft_ms: PercentileSeries | None


class Heat(msgspec.Struct, frozen=True, kw_only=True):
    """Sums by day of the week, from Monday, and hour of the day in the overview's time zone: 7 rows of 24."""

    requests: tuple[tuple[int, ...], ...]
    usd: tuple[tuple[float, ...], ...]


class PossibleReuse(msgspec.Struct, frozen=True, kw_only=True):
    """The share of input tokens that a cache of the whole log would have served; `ttl_s` None: for ever."""

    ttl_s: int | None
    token_share: float


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """The share of input tokens read from caches in each bin, and what was possible by prefix hashes."""

    read_share: tuple[float | None, ...] | None  # None: not logged; in a bin: no input
    possible: tuple[PossibleReuse, ...]


class NameCount(msgspec.Struct, frozen=True, kw_only=True):
    """A name and its calls; None: calls without one."""

    name: str | None
    requests: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One name's sums; `share` is of the dollars, or of the calls where no call has a price."""

    name: str | None
    is_other: bool
    requests: int
    usd: float | None
    share: float
    input_tokens: int
    output_tokens: int
    failed: int
    latency_ms_p99: float | None


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The names to filter by, of the window's calls before filters, most calls first."""

    models: tuple[NameCount, ...]
    providers: tuple[NameCount, ...]
    features: tuple[NameCount, ...]
    templates: tuple[NameCount, ...]
    tools: tuple[NameCount, ...]
    statuses: tuple[NameCount, ...]


class MissingColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column that no call of the log has, and what it would add to an answer."""

    missing: str
    would_add: str


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """The newest call, and the accepted calls that are not in the log yet."""

    last_event_at: datetime | None
    waiting_events: int


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """An overview without what identifies the workload: all that is computed from its calls."""

    window: Window
    money: Money
    by: Dimension
    totals: Totals
    previous: Totals | None  # of the window before; None where the log does not cover it
    per_month: PerMonth
    starts: tuple[datetime, ...]
    series: tuple[Series, ...]
    latency: LatencySeries
    heat: Heat
    cache: CacheUse
    statuses: tuple[NameCount, ...]
    breakdown: tuple[Row, ...]
    names: Names
    gaps: tuple[MissingColumn, ...]


class Overview(Sums, frozen=True, kw_only=True):
    """The sums of one workload at one revision."""

    workload_id: str
    revision: str
    freshness: Freshness
