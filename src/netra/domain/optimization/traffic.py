"""The calls of a log as they would be sent and paid after some changes: priced columns, one value a call.

A change is a function from `Traffic` to `Traffic`. Composition applies changes one after another and
prices what remains each time, so that no token is saved twice. What a token costs is `pricing`'s.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.measures.statuses import unpaid_calls
from netra.domain.optimization.pricing import PriceList, Tariff, billed, tariffs_met
from netra.domain.workloads.columns import Codes, Events, Floats, Ints, Labels

Bools = npt.NDArray[np.bool_]

_COLUMNS: Final = (
    "kept",
    "tariff",
    "batched",
    "hosted",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
)
UNPRICED: Final = -1  # the tariff code of a call whose model is in no price book


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """n calls, oldest first, in the order of the study's events; token columns are parts as in `Event`."""

    at_ns: Ints
    kept: Bools  # the call is still made
    tariff: Codes  # tariffs[tariff[i]] prices call i; UNPRICED where the price is unknown
    tariffs: tuple[Tariff, ...]
    batched: Bools  # sent by the tariff's own batch variant
    hosted: Bools  # served by own GPUs: no list price, `hosting_usd_in_window` pays for it
    input_tokens: Ints
    cached_input_tokens: Ints
    cache_write_tokens: Ints
    output_tokens: Ints
    unpaid: Bools  # refused and never charged: nothing is saved on it, whatever is changed
    unpaid_usd: Floats  # what such a call has in the bill, its list price; 0 for all others
    hosting_usd_in_window: float = 0.0

    def __len__(self) -> int:
        return len(self.kept)


Change = Callable[[Traffic], Traffic]
"""What following one piece of advice does to the traffic; total, pure, and idempotent."""


def traffic_of(events: Events, prices: PriceList) -> Traffic:
    """Return the log as it is sent and paid now: nothing batched but what the log cannot say.

    The bill is that of every row at list prices, those among them that were refused and never paid.
    """
    met, codes = tariffs_met(events, prices)
    # One code for equal prices, whatever names their calls have: settings go by it.
    codes_of: dict[Tariff, int] = {}
    lookup = np.array(
        [UNPRICED if tariff is None else codes_of.setdefault(tariff, len(codes_of)) for tariff in met],
        np.int32,
    )
    cached = _part(events.cached_input_tokens, of=events.input_tokens)
    sent = Traffic(
        at_ns=events.at_ns,
        kept=np.ones(len(events), np.bool_),
        tariff=lookup[codes],
        tariffs=tuple(codes_of),
        batched=np.zeros(len(events), np.bool_),
        hosted=np.zeros(len(events), np.bool_),
        input_tokens=events.input_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=_part(events.cache_write_tokens, of=events.input_tokens - cached),
        output_tokens=events.output_tokens,
        unpaid=np.zeros(len(events), np.bool_),
        unpaid_usd=np.zeros(len(events)),
    )
    unpaid = unpaid_calls(events)
    indexes = np.flatnonzero(unpaid)
    unpaid_usd = np.zeros(len(events))
    unpaid_usd[indexes] = call_usd(taken(sent, indexes))
    return msgspec.structs.replace(sent, unpaid=unpaid, unpaid_usd=unpaid_usd)


def list_prices_usd(traffic: Traffic) -> Floats:
    """Return the dollars each call would cost at list prices, kept and hosted or not; NaN if unpriced."""
    count = len(traffic.tariffs)
    names = tuple(str(code) for code in range(2 * count))
    variants = (*traffic.tariffs, *(batch_variant(tariff) or tariff for tariff in traffic.tariffs))
    codes = np.where(traffic.batched & (traffic.tariff >= 0), traffic.tariff + count, traffic.tariff)
    events = Events(
        at_ns=traffic.at_ns,
        model=Labels(codes=codes.astype(np.int32), names=names),
        input_tokens=traffic.input_tokens,
        output_tokens=traffic.output_tokens,
        cached_input_tokens=traffic.cached_input_tokens,
        cache_write_tokens=traffic.cache_write_tokens,
    )
    return billed(events, PriceList(tariffs=dict(zip(names, variants, strict=True)))).usd()


def call_usd(traffic: Traffic) -> Floats:
    """Return the dollars each call costs: 0 when not made, hosted, or of unknown price."""
    paid = traffic.kept & ~traffic.hosted & (traffic.tariff >= 0) & ~traffic.unpaid
    return np.where(paid, list_prices_usd(traffic), traffic.unpaid_usd)


def total_usd(traffic: Traffic) -> float:
    """Return the dollars of the window: every call that is paid by the token, and the hosting."""
    return float(call_usd(traffic).sum()) + traffic.hosting_usd_in_window


def repriced(after: Traffic, *, before: Traffic, before_usd: Floats) -> Floats:
    """Return `call_usd(after)`, pricing only the calls that differ from `before`, which costs `before_usd`.

    `after` comes from `before` by changes, so its tariffs are those of `before` and perhaps more.
    """
    indexes = np.flatnonzero(_differs(after, before))
    usd = before_usd.copy()
    usd[indexes] = call_usd(taken(after, indexes))
    return usd


def taken(traffic: Traffic, indexes: npt.NDArray[np.intp]) -> Traffic:
    """Return the chosen calls alone, without the hosting."""
    columns = {name: getattr(traffic, name)[indexes] for name in ("at_ns", "unpaid", "unpaid_usd", *_COLUMNS)}
    return msgspec.structs.replace(traffic, **columns, hosting_usd_in_window=0.0)


def _differs(after: Traffic, before: Traffic) -> Bools:
    different = np.zeros(len(before), np.bool_)
    for name in _COLUMNS:
        ours, theirs = getattr(after, name), getattr(before, name)
        if ours is not theirs:
            different |= ours != theirs
    return different


def batch_variant(tariff: Tariff) -> Tariff | None:
    """Return the tariff's own batch prices; where those leave cache writes open, the dearer full price."""
    batch = tariff.batch
    if batch is None:
        return None
    return msgspec.structs.replace(batch, cache_write=batch.cache_write or tariff.cache_write)


def dropped(traffic: Traffic, where: Bools) -> Traffic:
    """Return the traffic without the calls in `where`."""
    return msgspec.structs.replace(traffic, kept=traffic.kept & ~where)


def batched(traffic: Traffic, where: Bools) -> Traffic:
    """Return the traffic with the calls in `where` sent in batches, where that lowers their price."""
    has_variant = np.array([tariff.batch is not None for tariff in traffic.tariffs] + [False])
    asked = where & traffic.kept & ~traffic.hosted & ~traffic.batched & has_variant[traffic.tariff]
    indexes = np.flatnonzero(asked)
    standard = taken(traffic, indexes)
    changed = msgspec.structs.replace(standard, batched=np.ones(len(indexes), np.bool_))
    asked[indexes] = list_prices_usd(changed) < list_prices_usd(standard)
    return msgspec.structs.replace(traffic, batched=traffic.batched | asked)


def capped(traffic: Traffic, where: Bools, *, output_tokens: Ints | int) -> Traffic:
    """Return the traffic with the output of the calls in `where` cut at `output_tokens`."""
    cut = np.minimum(traffic.output_tokens, output_tokens)
    return msgspec.structs.replace(traffic, output_tokens=np.where(where, cut, traffic.output_tokens))


def cached(traffic: Traffic, where: Bools, *, read_tokens: Ints, write_tokens: Ints) -> Traffic:
    """Return the traffic with the input of the calls in `where` split anew into read, written and rest."""
    read = np.clip(read_tokens, 0, traffic.input_tokens)
    written = np.clip(write_tokens, 0, traffic.input_tokens - read)
    return msgspec.structs.replace(
        traffic,
        cached_input_tokens=np.where(where, read, traffic.cached_input_tokens),
        cache_write_tokens=np.where(where, written, traffic.cache_write_tokens),
    )


def routed(traffic: Traffic, where: Bools, *, to: Tariff) -> Traffic:
    """Return the traffic with the calls in `where` sent to another model, at its standard prices."""
    known = next((code for code, tariff in enumerate(traffic.tariffs) if tariff == to), None)
    tariffs = traffic.tariffs if known is not None else (*traffic.tariffs, to)
    code = len(tariffs) - 1 if known is None else known
    return msgspec.structs.replace(
        traffic, tariffs=tariffs, tariff=np.where(where, code, traffic.tariff).astype(np.int32)
    )


def hosted(traffic: Traffic, where: Bools, *, hosting_usd_in_window: float) -> Traffic:
    """Return the traffic with the calls in `where` served by own GPUs that cost so much in the window."""
    return msgspec.structs.replace(
        traffic, hosted=traffic.hosted | where, hosting_usd_in_window=hosting_usd_in_window
    )


def on_own_gpus(traffic: Traffic, where: Bools, *, hosting_usd_in_window: float) -> Traffic:
    """Return the traffic with the calls in `where` on own GPUs already.

    What those turn away is in no provider's bill; what a provider refused stays in the bill, unpaid.
    """
    owned = msgspec.structs.replace(
        traffic, unpaid=traffic.unpaid & ~where, unpaid_usd=np.where(where, 0.0, traffic.unpaid_usd)
    )
    return hosted(owned, where, hosting_usd_in_window=hosting_usd_in_window)


def _part(tokens: Ints | None, *, of: Ints) -> Ints:
    """Return a part of the input: 0 where the log is silent, never more than there is."""
    return np.zeros(len(of), np.int64) if tokens is None else np.clip(tokens, 0, of)
