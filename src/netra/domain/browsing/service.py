"""Show a page of a workload's events with what each costs at list prices."""

import asyncio
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from netra.domain.browsing.rows import event_at
from netra.domain.browsing.selection import Chosen, Place, Selection, chosen, matching
from netra.domain.ids import UserId, WorkloadId
from netra.domain.optimization.pricing import Billed, billed
from netra.domain.quotas import Quotas
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events, Floats
from netra.domain.workloads.model import Event
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore

PER_MILLION: Final = 1_000_000


class UnitPrices(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars for a million tokens of one event, after its tier; a request's fixed price in dollars."""

    input_usd_per_m: float
    cached_input_usd_per_m: float
    cache_write_usd_per_m: float
    output_usd_per_m: float
    request_usd: float


class PricedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event and its cost at list prices; None where its model has no price."""

    event: Event
    usd: float | None
    unit_prices: UnitPrices | None


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events, how many match in all, and where it ends."""

    events: tuple[PricedEvent, ...]
    total: int
    last: Place | None


class EventBrowser:
    """Reads stored events back."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        log: EventLog,
        prices: PriceBook,
        default_model: str,
        quotas: Quotas,
    ) -> None:
        self._workloads = workloads
        self._log = log
        self._prices = prices
        self._default_model = default_model
        self._limits = limits_of(quotas)

    async def page(
        self,
        workload_id: WorkloadId,
        selection: Selection,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> EventPage:
        """Return the page that is asked for, of events with `since <= time < until`.

        Raises `NotFound`, and `ValidationFailed` for a workload above the limits.
        """
        workload = await self._workloads.get(workload_id, owner_id=owner_id)
        check_readable(workload, limits=self._limits)
        events = await self._log.read(workload_id, owner_id=owner_id, since=since, until=until)
        return await asyncio.to_thread(
            _page, events, selection, book=self._prices, default_model=self._default_model
        )


def _page(events: Events, selection: Selection, *, book: PriceBook, default_model: str) -> EventPage:
    found = matching(events, selection)
    if selection.sort == "-usd":
        mine = events.take(found)
        values: Floats = billed(mine, price_list(mine, book, default_model=default_model)).usd()
    elif selection.sort == "-latency_ms" and events.latency_ms is not None:
        values = events.latency_ms[found]
    else:
        values = np.full(len(found), np.nan)
    picked = chosen(events, found, values, selection)
    return EventPage(
        events=_priced(events, picked, book, default_model), total=picked.total, last=picked.last
    )


def _priced(events: Events, picked: Chosen, book: PriceBook, default_model: str) -> tuple[PricedEvent, ...]:
    shown = events.take(picked.indexes)
    if not len(shown):
        return ()
    bill = billed(shown, price_list(shown, book, default_model=default_model))
    usd = bill.usd()
    return tuple(
        PricedEvent(
            event=event_at(shown, place),
            usd=None if np.isnan(usd[place]) else float(usd[place]),
            unit_prices=_unit_prices(bill, place),
        )
        for place in range(len(shown))
    )


def _unit_prices(bill: Billed, place: int) -> UnitPrices | None:
    if np.isnan(bill.usd_per_output_token[place]):
        return None
    return UnitPrices(
        input_usd_per_m=float(bill.usd_per_uncached_input_token[place]) * PER_MILLION,
        cached_input_usd_per_m=float(bill.usd_per_cached_input_token[place]) * PER_MILLION,
        cache_write_usd_per_m=float(bill.usd_per_cache_write_token[place]) * PER_MILLION,
        output_usd_per_m=float(bill.usd_per_output_token[place]) * PER_MILLION,
        request_usd=float(bill.usd_per_request[place]),
    )
