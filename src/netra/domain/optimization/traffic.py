"""The calls of a log as they would be sent and charged after some changes, as priced columns.

A change is a function from `Traffic` to `Traffic`. Composition applies changes one after another and
prices the rest each time, so that no token is saved twice. `pricing` computes the price of a token.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.invoice import Invoice
from netra.domain.optimization.measures.statuses import unpaid_calls
from netra.domain.optimization.price_list import PriceList, tariffs_met
from netra.domain.optimization.pricing import Tariff, billed, charges_usd
from netra.domain.optimization.tariff import RESERVED, served, undated
from netra.domain.workloads.columns import Codes, Events, Floats, Ints, Labels
from netra.domain.workloads.derived import written_tokens

Bools = npt.NDArray[np.bool_]

_COLUMNS: Final = (
    "kept",
    "tariff",
    "batched",
    "hosted",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "cache_write_12h_tokens",
    "output_tokens",
)
_FIXED: Final = (
    "at_ns",
    "unpaid",
    "unpaid_usd",
    "charges_usd",
    "paid_ratio",
    "sent_to",
)  # no change alters them
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
    cache_write_tokens: Ints  # all that is written, the long-lived ones included
    output_tokens: Ints
    unpaid: Bools  # refused and never charged: nothing is saved on it, whatever is changed
    unpaid_usd: Floats  # what a call has in the bill that nothing can save: refused, or of unknown price
    cache_write_1h_tokens: Ints
    cache_write_12h_tokens: Ints
    charges_usd: Floats  # charges of a call other than for tokens; the same for every model
    paid_ratio: Floats  # what is paid for a dollar of list price at the provider that the log names
    sent_to: Codes  # the tariff that the log has, at whose provider `paid_ratio` holds
    hosting_usd_in_window: float = 0.0

    def __len__(self) -> int:
        return len(self.kept)


Change = Callable[[Traffic], Traffic]
"""What following one piece of advice does to the traffic; total, pure, and idempotent."""


def traffic_of(events: Events, prices: PriceList, *, invoice: Invoice | None = None) -> Traffic:
    """Return the log as it is sent now and would be paid at today's prices and the invoice's ratios.

    The bill is that of every row, those among them that were refused and never paid. Without an invoice
    calls cost their list prices. Nothing is batched but what the log's own tiers say.
    """
    met, codes = tariffs_met(events, prices)
    # One code for equal prices, whatever names their calls have: settings go by it.
    codes_of: dict[Tariff, int] = {}
    lookup = np.array(
        [UNPRICED if tariff is None else codes_of.setdefault(tariff, len(codes_of)) for tariff in met],
        np.int32,
    )
    count = len(events)
    cached = _part(events.cached_input_tokens, of=events.input_tokens)
    written = _part(written_tokens(events), of=events.input_tokens - cached)
    twelve_hours = _part(events.cache_write_12h_tokens, of=written)
    sent = Traffic(
        at_ns=events.at_ns,
        kept=np.ones(count, np.bool_),
        tariff=lookup[codes],
        tariffs=tuple(codes_of),
        batched=np.zeros(count, np.bool_),
        hosted=np.zeros(count, np.bool_),
        input_tokens=events.input_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=events.output_tokens,
        unpaid=np.zeros(count, np.bool_),
        unpaid_usd=np.zeros(count),
        cache_write_1h_tokens=_part(events.cache_write_1h_tokens, of=written - twelve_hours),
        cache_write_12h_tokens=twelve_hours,
        charges_usd=charges_usd(events, met, codes),
        paid_ratio=np.ones(count) if invoice is None else invoice.ratio,
        sent_to=lookup[codes],
    )
    unpaid = unpaid_calls(events)
    indexes = np.flatnonzero(unpaid)
    unpaid_usd = np.zeros(count)
    unpaid_usd[indexes] = call_usd(taken(sent, indexes))
    if invoice is not None:
        fixed = (unpaid | (sent.tariff == UNPRICED)) & ~np.isnan(invoice.cost_usd)
        unpaid_usd = np.where(fixed, invoice.cost_usd, unpaid_usd)
    return msgspec.structs.replace(sent, unpaid=unpaid, unpaid_usd=unpaid_usd)


def list_prices_usd(traffic: Traffic) -> Floats:
    """Return the dollars each call would cost at list prices, kept and hosted or not; NaN if unpriced."""
    count = len(traffic.tariffs)
    names = tuple(str(code) for code in range(2 * count))
    standing = [undated(tariff) for tariff in traffic.tariffs]
    variants = (*standing, *(batch_variant(tariff) or tariff for tariff in standing))
    codes = np.where(traffic.batched & (traffic.tariff >= 0), traffic.tariff + count, traffic.tariff)
    events = Events(
        at_ns=traffic.at_ns,
        model=Labels(codes=codes.astype(np.int32), names=names),
        input_tokens=traffic.input_tokens,
        output_tokens=traffic.output_tokens,
        cached_input_tokens=traffic.cached_input_tokens,
        cache_write_tokens=traffic.cache_write_tokens,
        cache_write_1h_tokens=traffic.cache_write_1h_tokens if traffic.cache_write_1h_tokens.any() else None,
        cache_write_12h_tokens=traffic.cache_write_12h_tokens
        if traffic.cache_write_12h_tokens.any()
        else None,
    )
    prices = PriceList(tariffs=dict(zip(names, variants, strict=True)))
    return billed(events, prices).usd() + traffic.charges_usd


def call_usd(traffic: Traffic) -> Floats:
    """Return the dollars each call costs: 0 when not made, hosted, or of unknown price.

    At the provider that the log names they are the list price times the invoice's ratio, elsewhere the list
    price: what one provider grants another need not.
    """
    paid = traffic.kept & ~traffic.hosted & (traffic.tariff >= 0) & ~traffic.unpaid
    makers = [tariff.provider for tariff in traffic.tariffs]
    maker = np.array([*map(makers.index, makers), UNPRICED])
    ratio = np.where(maker[traffic.tariff] == maker[traffic.sent_to], traffic.paid_ratio, 1.0)
    return np.where(paid, list_prices_usd(traffic) * ratio, traffic.unpaid_usd)


def on_day(traffic: Traffic, day: date) -> Traffic:
    """Return the traffic with every tariff's prices of that day."""
    return msgspec.structs.replace(traffic, tariffs=tuple(tariff.on(day) for tariff in traffic.tariffs))


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
    columns = {name: getattr(traffic, name)[indexes] for name in (*_FIXED, *_COLUMNS)}
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
    return msgspec.structs.replace(
        batch,
        cache_write=batch.cache_write or tariff.cache_write,
        cache_write_1h=batch.cache_write_1h or tariff.cache_write_1h,
        cache_write_12h=batch.cache_write_12h or tariff.cache_write_12h,
    )


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
    """Return the traffic with the input of the calls in `where` split anew into read, written and rest.

    What is written is paid at the tariff's `cache_write`, however long it lived before.
    """
    read = np.clip(read_tokens, 0, traffic.input_tokens)
    written = np.clip(write_tokens, 0, traffic.input_tokens - read)
    return msgspec.structs.replace(
        traffic,
        cached_input_tokens=np.where(where, read, traffic.cached_input_tokens),
        cache_write_tokens=np.where(where, written, traffic.cache_write_tokens),
        cache_write_1h_tokens=np.where(where, 0, traffic.cache_write_1h_tokens),
        cache_write_12h_tokens=np.where(where, 0, traffic.cache_write_12h_tokens),
    )


def routed(traffic: Traffic, where: Bools, *, to: Tariff) -> Traffic:
    """Return the traffic with the calls in `where` sent to another model.

    They keep their service tier if the other model has a price for it; else they use the standard tier.
    """
    tariffs = list(traffic.tariffs)
    used = set(np.unique(traffic.tariff[where]).tolist())
    others = [_alike(to, now) if code in used else to for code, now in enumerate(traffic.tariffs)]
    codes = np.array([_code_of(other, tariffs) for other in (*others, to)])
    return msgspec.structs.replace(
        traffic,
        tariffs=tuple(tariffs),
        tariff=np.where(where, codes[traffic.tariff], traffic.tariff).astype(np.int32),
    )


def _alike(to: Tariff, now: Tariff) -> Tariff:
    if to.tier is not None or now.tier in {None, RESERVED} or to.model == now.model:
        return to
    return served(to, tier=now.tier, region=None) or to


def _code_of(tariff: Tariff, tariffs: list[Tariff]) -> int:
    """Return the code of a tariff, which is added where it is new."""
    if tariff not in tariffs:
        tariffs.append(tariff)
    return tariffs.index(tariff)


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
