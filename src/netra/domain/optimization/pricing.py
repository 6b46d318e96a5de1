"""What a call costs at list prices: tariffs as values, and the bill of a log against them.

Where tariffs come from is the price book's; what to do about a bill is the analysers'.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Codes, Events, Floats, Ints

_NS_PER_S: Final = 1_000_000_000
_S_PER_DAY: Final = 86_400


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
    hours: tuple["Hours", ...] = ()  # where several hold, the last one counts
    cache_write_1h: Rate | None = None  # `cache_write` buys the shortest of `cache_ttl_s`, this one an hour


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """A part of every UTC day that has its own prices; `to_s` before `from_s` runs over midnight."""

    from_s: int  # seconds since midnight, inclusive
    to_s: int  # exclusive
    tariff: Tariff

    def hold(self, at_ns: Ints) -> npt.NDArray[np.bool_]:
        """Return which instants these prices hold at."""
        second = at_ns // _NS_PER_S % _S_PER_DAY
        since, before = second >= self.from_s, second < self.to_s
        return since & before if self.from_s <= self.to_s else since | before


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The tariffs one analysis needs: of every model label in the log, and of models it could move to."""

    tariffs: Mapping[str, Tariff]  # by the log's own model label; absent means not in the price book
    candidates: tuple[Tariff, ...] = ()
    assumed: Mapping[str, str] = {}  # label -> the model it was priced as, where the log or user left it open
    at_providers: Mapping[tuple[str, str], Tariff | None] = {}  # by (label, provider), where several serve it

    def tariff_of(self, label: str, *, provider: str | None) -> Tariff | None:
        """Return the prices of one call, its provider's own where several serve the model, or None."""
        usual = self.tariffs.get(label)
        return usual if provider is None else self.at_providers.get((label, provider), usual)

    def known(self) -> tuple[Tariff, ...]:
        """Return every tariff that a call of the log may meet."""
        return (*self.tariffs.values(), *(found for found in self.at_providers.values() if found is not None))


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """Every event's tokens by what they are charged as, and the dollars a token after tier cliffs.

    Prices are NaN where the event's model has no tariff. To re-price a change, replace the columns
    it touches and ask `usd()` again: moving tokens between the three kinds of input keeps the sum,
    so the tiers stand; for other changes of input, bill the changed events anew.
    """

    uncached_input_tokens: Ints
    cached_input_tokens: Ints
    cache_write_tokens: Ints
    output_tokens: Ints
    usd_per_uncached_input_token: Floats
    usd_per_cached_input_token: Floats
    usd_per_cache_write_token: Floats
    usd_per_output_token: Floats
    usd_per_request: Floats
    assumptions: tuple[str, ...] = ()  # what had to be taken for granted, a sentence each

    def usd(self) -> Floats:
        """Return the dollars of every event."""
        return (
            self.uncached_input_tokens * self.usd_per_uncached_input_token
            + self.cached_input_tokens * self.usd_per_cached_input_token
            + self.cache_write_tokens * self.usd_per_cache_write_token
            + self.output_tokens * self.usd_per_output_token
            + self.usd_per_request
        )


def billed(events: Events, prices: PriceList) -> Billed:
    """Return every event charged at its own model's tariff, each request priced alone.

    An event's dollars are the sum over uncached input, cached input, cache writes and output of
    tokens x dollars a token, plus dollars a request; grade A. 1,200 tokens in, 1,000 of them
    cached, 100 out, at 2.50, 1.25 and 10 dollars a million:

    >>> from netra.domain.workloads.columns import Labels
    >>> log = Events(
    ...     at_ns=np.array([0]),
    ...     model=Labels(codes=np.zeros(1, np.int32), names=("gpt-4o",)),
    ...     input_tokens=np.array([1_200]),
    ...     output_tokens=np.array([100]),
    ...     cached_input_tokens=np.array([1_000]),
    ... )
    >>> per_token = {"input": 2.5e-6, "cached_input": 1.25e-6, "output": 10e-6}
    >>> rates = {name: Rate(usd_per_token=usd) for name, usd in per_token.items()}
    >>> tariff = Tariff(model="gpt-4o", provider="openai", **rates)
    >>> round(float(billed(log, PriceList(tariffs={"gpt-4o": tariff})).usd()[0]), 6)
    0.00275
    """
    tariffs, codes = tariffs_met(events, prices)
    return _billed(events, tariffs, codes)


def tariffs_met(events: Events, prices: PriceList) -> tuple[list[Tariff | None], Codes]:
    """Return the tariffs of the log's models, each at each provider, and which of them each call meets."""
    served = _served(events, prices)
    tariffs = [
        None if model is None else prices.tariff_of(model, provider=provider) for model, provider in served.by
    ]
    return tariffs, served.codes


class _Served(msgspec.Struct, frozen=True, kw_only=True):
    by: tuple[tuple[str | None, str | None], ...]  # (model, provider); the provider only where it matters
    codes: Codes  # by[codes[i]] served event i


def _served(events: Events, prices: PriceList) -> _Served:
    models: tuple[str | None, ...] = (*events.model.names, None)
    if events.provider is None or not prices.at_providers:
        codes = np.where(events.model.codes < 0, np.int32(len(models) - 1), events.model.codes)
        return _Served(by=tuple((model, None) for model in models), codes=codes)
    providers: tuple[str | None, ...] = (*events.provider.names, None)
    cells = (events.model.codes % len(models)).astype(np.int64) * len(providers)
    cells += events.provider.codes % len(providers)
    found, codes = np.unique(cells, return_inverse=True)
    met: list[int] = found.tolist()
    pairs = [divmod(cell, len(providers)) for cell in met]
    return _Served(
        by=tuple((models[model], providers[provider]) for model, provider in pairs),
        codes=codes.astype(np.int32),
    )


def billed_as(events: Events, tariff: Tariff) -> Billed:
    """Return every event charged as if `tariff`'s model had served it with the same tokens."""
    return _billed(events, [tariff], np.zeros(len(events), np.int32))


def costs_usd(events: Events, prices: PriceList) -> Floats:
    """Return the dollars of every event at list prices; NaN where its model has no tariff."""
    return billed(events, prices).usd()


def bill_usd(events: Events, prices: PriceList) -> float:
    """Return the dollars of all events that have a tariff; `unpriced_labels` says which have none."""
    return float(np.nansum(costs_usd(events, prices)))


def labels_needed(events: Events) -> tuple[str, ...]:
    """Return the model labels that at least one event carries, in the order of the label column."""
    used: list[int] = np.unique(events.model.codes).tolist()
    return tuple(events.model.names[code] for code in used if code >= 0)


def unpriced_labels(events: Events, prices: PriceList) -> tuple[str, ...]:
    """Return the models that a call has no tariff for, with the provider where several serve one."""
    served = _served(events, prices)
    used: list[int] = np.unique(served.codes).tolist()
    pairs = [served.by[code] for code in used]
    split = {model for model, _ in prices.at_providers}
    return tuple(
        f"{model} at {provider}" if model in split and provider is not None else model
        for model, provider in pairs
        if model is not None and prices.tariff_of(model, provider=provider) is None
    )


def _billed(events: Events, tariffs: Sequence[Tariff | None], codes: Codes) -> Billed:
    """Charge event i at `tariffs[codes[i]]`, nowhere more than its input in all three parts."""
    tariffs, met = _at_their_hours(tariffs, codes, events.at_ns)
    places = met.astype(np.intp)  # once, and not in every look-up
    cached = _part(events.cached_input_tokens, of=events.input_tokens)
    written = _part(events.cache_write_tokens, of=events.input_tokens - cached)

    def charged(rate_of: Callable[[Tariff], Rate]) -> Floats:
        rates = [None if tariff is None else rate_of(tariff) for tariff in tariffs]
        return _usd_per_token(rates, places, events.input_tokens)

    return Billed(
        uncached_input_tokens=events.input_tokens - cached - written,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=events.output_tokens,
        usd_per_uncached_input_token=charged(lambda tariff: tariff.input),
        usd_per_cached_input_token=charged(lambda tariff: tariff.cached_input or tariff.input),
        usd_per_cache_write_token=charged(lambda tariff: tariff.cache_write or tariff.input),
        usd_per_output_token=charged(lambda tariff: tariff.output),
        usd_per_request=charged(lambda tariff: Rate(usd_per_token=tariff.usd_per_request)),
        assumptions=_assumptions(tariffs, met, cached=cached, written=written),
    )


def _at_their_hours(
    tariffs: Sequence[Tariff | None], codes: Codes, at_ns: Ints
) -> tuple[Sequence[Tariff | None], Codes]:
    """Return the tariffs with those of single hours behind them, and which one each event meets."""
    met, all_tariffs = codes, list(tariffs)
    for code, tariff in enumerate(tariffs):
        for hours in () if tariff is None else tariff.hours:
            met = np.where((codes == code) & hours.hold(at_ns), np.int32(len(all_tariffs)), met)
            all_tariffs.append(hours.tariff)
    return all_tariffs, met


def _part(tokens: Ints | None, *, of: Ints) -> Ints:
    """Return a part of the input: 0 where the log is silent, never more than there is."""
    return np.zeros(len(of), np.int64) if tokens is None else np.clip(tokens, 0, of)


def _usd_per_token(rates: Sequence[Rate | None], codes: npt.NDArray[np.intp], input_tokens: Ints) -> Floats:
    """Return the dollars a token for each event, its tier chosen by its own input alone."""
    base = np.array([np.nan if rate is None else rate.usd_per_token for rate in rates])
    prices: Floats = base.take(codes)
    for code, rate in enumerate(rates):
        for above_tokens, usd_per_token in () if rate is None else rate.tiers:
            prices[(codes == code) & (input_tokens > above_tokens)] = usd_per_token
    return prices


def _assumptions(
    tariffs: Sequence[Tariff | None], codes: Codes, *, cached: Ints, written: Ints
) -> tuple[str, ...]:
    """Say where a part of the input was billed at the input price because its own is unknown."""
    said: list[str] = []
    for what, tokens in (("cached input", cached), ("cache writes", written)):
        touched: list[int] = np.unique(codes[tokens > 0]).tolist()
        for code in touched:
            tariff = tariffs[code]
            if tariff is None or (tariff.cached_input if tokens is cached else tariff.cache_write):
                continue
            said.append(f"{tariff.model} has no known price for {what}: billed at its input price.")
    return tuple(said)
