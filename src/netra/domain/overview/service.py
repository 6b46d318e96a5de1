"""Show the overview of a workload; one that was computed before is kept until the workload changes."""

import asyncio
from collections import OrderedDict
from functools import partial
from hashlib import sha256
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from netra.domain.ids import UserId
from netra.domain.overview.model import Freshness, MissingColumn, Overview, OverviewQuery, Sums
from netra.domain.overview.priced_calls import PricedCalls, priced_calls
from netra.domain.overview.summing import check_order, sums_of
from netra.domain.quotas import Quotas
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events
from netra.domain.workloads.folding import folded
from netra.domain.workloads.model import Workload
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.domain.workloads.sufficiency import missing_fields
from netra.ports.call_outbox import Delivery
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog

KEPT_OVERVIEWS: Final = 32  # each at most about half a megabyte
KEPT_CALLS: Final = 1_500_000  # calls of the logs kept as priced columns, about 150 bytes each


class PricedLog(msgspec.Struct, frozen=True, kw_only=True):
    """A whole log at one revision, ready to be summed."""

    calls: PricedCalls
    gaps: tuple[MissingColumn, ...]


class OverviewService:
    """Sums workloads; computes one overview at a time for a user, the next waits."""

    def __init__(
        self,
        *,
        log: EventLog,
        prices: PriceBook,
        edition: str,
        default_model: str,
        quotas: Quotas,
        kept_calls: int = KEPT_CALLS,
    ) -> None:
        self._log = log
        self._edition = edition  # of the prices
        self._prices = prices
        self._default_model = default_model
        self._limits = limits_of(quotas)
        self._kept_calls = kept_calls
        self._turns: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()
        self._overviews: OrderedDict[str, Overview] = OrderedDict()
        self._logs: OrderedDict[str, PricedLog] = OrderedDict()

    def tag(self, delivery: Delivery, query: OverviewQuery, *, tz: str) -> str:
        """Return what names the overview of this query at the workload's present revision and prices."""
        asked = {name: getattr(query, name) for name in query.__struct_fields__ if name != "zone"}
        asked["filters"] = sorted(query.filters.items())
        return _digest((revision_of(delivery), self._edition, self._default_model, asked, tz))

    async def overview(self, delivery: Delivery, query: OverviewQuery, *, tz: str) -> Overview:
        """Return the overview of a workload in this state; `tz` is the name of the query's zone.

        Raises `ValidationFailed` for a window that ends before it begins, too many bins, or a workload above
        the limits.
        """
        check_order(query)
        key = self.tag(delivery, query, tz=tz)
        kept = self._overviews.get(key)
        if kept is not None:
            self._overviews.move_to_end(key)
            return kept
        async with self._turns.setdefault(delivery.workload.owner_id, asyncio.Lock()):
            if key not in self._overviews:  # not computed meanwhile for an equal request
                self._overviews[key] = await self._computed(delivery, query, tz=tz)
            computed = self._overviews[key]
        while len(self._overviews) > KEPT_OVERVIEWS:
            self._overviews.popitem(last=False)
        return computed

    async def _computed(self, delivery: Delivery, query: OverviewQuery, *, tz: str) -> Overview:
        workload, revision = delivery.workload, revision_of(delivery)
        log = await self._priced(workload, revision)
        sums: Sums = await asyncio.to_thread(partial(sums_of, log.calls, query, gaps=log.gaps, tz=tz))
        return Overview(
            **{name: getattr(sums, name) for name in sums.__struct_fields__},
            workload_id=workload.id,
            revision=revision,
            freshness=Freshness(last_event_at=workload.last_event_at, waiting_events=delivery.waiting_events),
        )

    async def _priced(self, workload: Workload, revision: str) -> PricedLog:
        kept = self._logs.get(revision)
        if kept is not None:
            self._logs.move_to_end(revision)
            return kept
        check_readable(workload, limits=self._limits)
        events = await self._log.read(workload.id, owner_id=workload.owner_id)
        log = await asyncio.to_thread(_priced_log, events, self._prices, self._default_model)
        self._logs[revision] = log
        while self._logs and sum(len(each.calls) for each in self._logs.values()) > self._kept_calls:
            self._logs.popitem(last=False)
        return log


def revision_of(delivery: Delivery) -> str:
    """Return what names the workload's present state: another one after every accepted or removed event."""
    workload = delivery.workload
    parts = (
        *(workload.owner_id, workload.id, workload.updated_at.isoformat(), workload.event_count),
        *(workload.bytes, delivery.waiting_events),
    )
    return _digest(parts)


def _digest(parts: object) -> str:
    return sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def _priced_log(events: Events, book: PriceBook, default_model: str) -> PricedLog:
    grouped, _ = folded(events)  # as in an analysis: the rarest of very many names are one
    calls = priced_calls(grouped, price_list(grouped, book, default_model=default_model))
    gaps = tuple(
        MissingColumn(missing=field.field, would_add=field.would_add) for field in missing_fields(events)
    )
    return PricedLog(calls=calls, gaps=gaps)
