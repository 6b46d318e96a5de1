"""Compute the cost of calls, and the bill of a log, at list prices.

The price book provides the tariffs; analysers decide what to change.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.price_list import PriceList, tariffs_met
from netra.domain.optimization.tariff import (
    Charge,
    Dated,
    Hours,
    Rate,
    Regional,
    ServedTier,
    Tariff,
    flat,
    start_ns,
)
from netra.domain.workloads.columns import Codes, Events, Floats, Ints
from netra.domain.workloads.derived import written_tokens
from netra.domain.workloads.mappings import charges_of

__all__ = [
    "Billed",
    "Charge",
    "Dated",
    "Hours",
    "Rate",
    "Regional",
    "ServedTier",
    "Tariff",
    "bill_usd",
    "billed",
    "billed_as",
    "billed_flat",
    "charges_usd",
    "costs_usd",
]


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """Every event's tokens by kind of charge, and the dollars per token at the request's price tier.

    Prices are NaN where the event's model has no tariff. To re-price a change, replace the columns
    that it affects and call `usd()` again: moving tokens between kinds of input keeps their sum, so the
    tiers remain valid; for other changes of input, bill the changed events again.
    """

    uncached_input_tokens: Ints
    cached_input_tokens: Ints
    cache_write_tokens: Ints  # with the shortest time to live
    cache_write_1h_tokens: Ints
    cache_write_12h_tokens: Ints
    output_tokens: Ints
    usd_per_uncached_input_token: Floats
    usd_per_cached_input_token: Floats
    usd_per_cache_write_token: Floats
    usd_per_cache_write_1h_token: Floats
    usd_per_cache_write_12h_token: Floats
    usd_per_output_token: Floats
    usd_per_request: Floats
    charges_usd: Floats  # charges other than for tokens, where the price is known
    assumptions: tuple[str, ...] = ()  # one sentence each

    def usd(self) -> Floats:
        """Return the dollars of every event."""
        return (
            self.uncached_input_tokens * self.usd_per_uncached_input_token
            + self.cached_input_tokens * self.usd_per_cached_input_token
            + self.cache_write_tokens * self.usd_per_cache_write_token
            + self.cache_write_1h_tokens * self.usd_per_cache_write_1h_token
            + self.cache_write_12h_tokens * self.usd_per_cache_write_12h_token
            + self.output_tokens * self.usd_per_output_token
            + self.usd_per_request
            + self.charges_usd
        )


def billed(events: Events, prices: PriceList) -> Billed:
    """Charge every event at its own model's tariff, each request separately.

    An event's dollars are the sum over uncached input, cached input, cache writes and output of
    tokens x dollars a token, plus dollars a request and its other charges, at the prices of its own day,
    service tier and region; grade A. 1,200 tokens in, 1,000 of them
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


def billed_as(events: Events, tariff: Tariff) -> Billed:
    """Charge every event as if `tariff`'s model had served it with the same tokens."""
    return _billed(events, [tariff], np.zeros(len(events), np.int32))


def billed_flat(events: Events, prices: PriceList, *, on_day_of_ns: int | None = None) -> Billed:
    """Return every event charged without context thresholds and without prices of single hours.

    At the prices of its own day, or of the day that `on_day_of_ns` lies on.
    """
    tariffs, codes = tariffs_met(events, prices)
    if on_day_of_ns is not None:
        events = msgspec.structs.replace(events, at_ns=np.full(len(events), on_day_of_ns, np.int64))
    return _billed(events, [None if tariff is None else flat(tariff) for tariff in tariffs], codes)


def costs_usd(events: Events, prices: PriceList) -> Floats:
    """Return the dollars of every event at list prices; NaN where its model has no tariff."""
    return billed(events, prices).usd()


def bill_usd(events: Events, prices: PriceList) -> float:
    """Return the dollars of all events that have a tariff; `unpriced_labels` returns the others."""
    return float(np.nansum(costs_usd(events, prices)))


def charges_usd(events: Events, tariffs: Sequence[Tariff | None], codes: Codes) -> Floats:
    """Return each event's charges other than for tokens; charges without a known price count as zero."""
    usd = np.zeros(len(events))
    if events.charges is None:
        return usd
    counts = [charges_of(name) for name in events.charges.names]
    for code, tariff in enumerate(tariffs):
        if tariff is None or not tariff.charges:
            continue
        priced = [
            sum((tariff.charge_usd(name) or 0.0) * count for name, count in kinds.items()) for kinds in counts
        ]
        mine = codes == code
        usd[mine] = np.array([*priced, 0.0])[events.charges.codes[mine]]
    return usd


def _billed(events: Events, tariffs: Sequence[Tariff | None], codes: Codes) -> Billed:
    """Charge event i at `tariffs[codes[i]]`; the parts of its input never exceed the whole."""
    tariffs, met = _at_their_hours(*_at_their_days(tariffs, codes, events.at_ns), events.at_ns)
    places = met.astype(np.intp)  # converted once, not in every look-up
    cached = _part(events.cached_input_tokens, of=events.input_tokens)
    written = _part(written_tokens(events), of=events.input_tokens - cached)
    twelve_hours = _part(events.cache_write_12h_tokens, of=written)
    an_hour = _part(events.cache_write_1h_tokens, of=written - twelve_hours)

    def charged(rate_of: Callable[[Tariff], Rate]) -> Floats:
        rates = [None if tariff is None else rate_of(tariff) for tariff in tariffs]
        return _usd_per_token(rates, places, events.input_tokens)

    def charged_if(tokens: Ints, rate_of: Callable[[Tariff], Rate]) -> Floats:
        return charged(rate_of) if tokens.any() else np.zeros(len(events))

    return Billed(
        uncached_input_tokens=events.input_tokens - cached - written,
        cached_input_tokens=cached,
        cache_write_tokens=written - an_hour - twelve_hours,
        cache_write_1h_tokens=an_hour,
        cache_write_12h_tokens=twelve_hours,
        output_tokens=events.output_tokens,
        usd_per_uncached_input_token=charged(lambda tariff: tariff.input),
        usd_per_cached_input_token=charged(lambda tariff: tariff.cached_input or tariff.input),
        usd_per_cache_write_token=charged(partial(write_rate, kind="cache_write")),
        usd_per_cache_write_1h_token=charged_if(an_hour, partial(write_rate, kind="cache_write_1h")),
        usd_per_cache_write_12h_token=charged_if(twelve_hours, partial(write_rate, kind="cache_write_12h")),
        usd_per_output_token=charged(lambda tariff: tariff.output),
        usd_per_request=charged(lambda tariff: Rate(usd_per_token=tariff.usd_per_request)),
        charges_usd=charges_usd(events, tariffs, met),
        assumptions=_assumptions(
            tariffs,
            met,
            parts={
                "cached_input": cached,
                "cache_write": written - an_hour - twelve_hours,
                "cache_write_1h": an_hour,
                "cache_write_12h": twelve_hours,
            },
        ),
    )


def write_rate(tariff: Tariff, *, kind: str) -> Rate:
    """Return the price of a cache write, or the highest known lower bound."""
    kinds = ("cache_write_12h", "cache_write_1h", "cache_write")
    for name in kinds[kinds.index(kind) :]:
        rate: Rate | None = getattr(tariff, name)
        if rate is not None:
            return rate
    return tariff.input


def _at_their_days(
    tariffs: Sequence[Tariff | None], codes: Codes, at_ns: Ints
) -> tuple[Sequence[Tariff | None], Codes]:
    """Append the tariffs of other days; return all, and the index of each event's tariff."""
    met, all_tariffs = codes, list(tariffs)
    for code, tariff in enumerate(tariffs):
        for dated in () if tariff is None else tariff.dated:
            since_ns = None if dated.since is None else start_ns(dated.since)
            mine = codes == code
            if since_ns is not None:
                mine &= at_ns >= since_ns
            met = np.where(mine, np.int32(len(all_tariffs)), met)
            all_tariffs.append(dated.tariff)
    return all_tariffs, met


def _at_their_hours(
    tariffs: Sequence[Tariff | None], codes: Codes, at_ns: Ints
) -> tuple[Sequence[Tariff | None], Codes]:
    """Append the tariffs of certain hours; return all, and the index of each event's tariff."""
    met, all_tariffs = codes, list(tariffs)
    for code, tariff in enumerate(tariffs):
        for hours in () if tariff is None else tariff.hours:
            met = np.where((codes == code) & hours.hold(at_ns), np.int32(len(all_tariffs)), met)
            all_tariffs.append(hours.tariff)
    return all_tariffs, met


def _part(tokens: Ints | None, *, of: Ints) -> Ints:
    """Return a part of the input: 0 where it is not logged, and at most the whole input."""
    return np.zeros(len(of), np.int64) if tokens is None else np.clip(tokens, 0, of)


def _usd_per_token(rates: Sequence[Rate | None], codes: npt.NDArray[np.intp], input_tokens: Ints) -> Floats:
    """Return the dollars per token of each event; its own input selects the price tier."""
    base = np.array([np.nan if rate is None else rate.usd_per_token for rate in rates])
    prices: Floats = base.take(codes)
    for code, rate in enumerate(rates):
        for above_tokens, usd_per_token in () if rate is None else rate.tiers:
            prices[(codes == code) & (input_tokens > above_tokens)] = usd_per_token
    return prices


def _assumptions(
    tariffs: Sequence[Tariff | None], codes: Codes, *, parts: Mapping[str, Ints]
) -> tuple[str, ...]:
    """Return sentences on parts of the input that were billed at another price, as theirs is unknown."""
    assumed: list[str] = []
    for kind, tokens in parts.items():
        touched: list[int] = np.unique(codes[tokens > 0]).tolist()
        assumed += [
            f"{tariff.model} has no known price for {_PARTS[kind]}."
            for tariff in (tariffs[code] for code in touched)
            if tariff is not None and getattr(tariff, kind) is None
        ]
    return tuple(dict.fromkeys(assumed))


_PARTS: Final = {
    "cached_input": "cached input: billed at its input price",
    "cache_write": "cache writes: billed at its input price",
    "cache_write_1h": "cache writes that live for an hour: billed as its shorter-lived ones",
    "cache_write_12h": "cache writes that live for 12 hours: billed as its shorter-lived ones",
}
