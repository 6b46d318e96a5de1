"""Handing events on to an archive: one lease for all of them, shipments that stay what they are.

A shipment is the blocks that carry its number, given to them once: whoever takes the lease after a
crash hands on the same blocks together again. Every change for a shipment has the fence of its
lease in its WHERE.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, delete, func, literal_column, select, update

from netra.adapters.sql.event_blocks import packed, unpacked
from netra.adapters.sql.event_reading import reading, within
from netra.adapters.sql.instants import instant, micros
from netra.adapters.sql.schema import dead_events, event_blocks, event_courier, event_logs
from netra.adapters.sql.script import Database, Query, Script, Step, ask, inserting, param
from netra.adapters.sql.workloads import getting, uncounting
from netra.domain.errors import LeaseLost
from netra.domain.ids import UserId, WorkloadId
from netra.ports.clock import Clock
from netra.ports.outbox import Backlog, DeadLetter, Delivery, Parcel, Refused, Shipment, Waiting

PARCELS_MAX: Final = 1_000  # of one shipment

_BLOCK: Final = event_blocks.c
_ZERO: Final[ColumnElement[Any]] = literal_column("0")
_HOLDS: Final = event_courier.c.fence == param("held")

_IS_ANY: Final = Query(select(_BLOCK.arrival).order_by(_BLOCK.arrival).limit(1))
_TAKE: Final = Query(
    update(event_courier)
    .where((event_courier.c.lease_until <= param("now")) | _HOLDS)
    .values(fence=event_courier.c.fence + 1, lease_until=param("until"))
    .returning(event_courier.c.fence)
)
_CONFIRM: Final = Query(
    select(event_courier.c.id).where(_HOLDS, event_courier.c.lease_until > param("now")).with_for_update()
)
_RELEASE: Final = Query(update(event_courier).where(_HOLDS), sets=["lease_until"])
_BEGUN: Final = Query(select(func.min(_BLOCK.shipment)))
_NEXT: Final = Query(
    select(_BLOCK.arrival, _BLOCK.events)
    .where(_BLOCK.shipment.is_(None))
    .order_by(_BLOCK.arrival)
    .limit(PARCELS_MAX)
)
_BEGIN: Final = Query(
    update(event_blocks)
    .where(_BLOCK.shipment.is_(None), _BLOCK.arrival.between(param("first"), param("last")))
    .values(shipment=param("first"))
)
_SHIPMENT: Final = Query(
    select(_BLOCK.arrival, _BLOCK.name, _BLOCK.payload, event_logs.c.owner_id, event_logs.c.workload_id)
    .join_from(event_blocks, event_logs, _BLOCK.log == event_logs.c.number)
    .where(_BLOCK.shipment == param("number"))
    .order_by(_BLOCK.arrival)
)
_LIVING: Final = Query(
    select(_BLOCK.arrival)
    .join_from(event_blocks, event_logs, _BLOCK.log == event_logs.c.number)
    .where(_BLOCK.shipment == param("number"), event_logs.c.owner_id.is_not(None))
)
_DROP: Final = Query(delete(event_blocks).where(_BLOCK.shipment == param("number")))
_HAND_ON: Final = Query(
    update(event_logs)
    .where(event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which"))
    .values(archived=event_logs.c.archived + param("added"))
    .returning(event_logs.c.number)
)
_BURY: Final = inserting(dead_events, without=["number"])
_OWN_DEAD: Final = (
    dead_events.c.owner_id == param("whose"),
    dead_events.c.workload_id == param("which"),
)
_DEAD_COUNT: Final = Query(select(func.count()).select_from(dead_events).where(*_OWN_DEAD))
_DEAD: Final = Query(
    select(dead_events.c.died_at, dead_events.c.event_id, dead_events.c.reason)
    .where(*_OWN_DEAD)
    .order_by(dead_events.c.number.desc())
    .limit(param("most"))
)
_WAITING: Final = Query(
    select(func.coalesce(func.sum(_BLOCK.events), _ZERO))
    .join_from(event_logs, event_blocks, _BLOCK.log == event_logs.c.number)
    .where(event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which"))
)
_BACKLOG: Final = Query(
    select(func.coalesce(func.sum(_BLOCK.events), _ZERO), func.coalesce(func.sum(_BLOCK.bytes), _ZERO))
)


class SqlEventOutbox:
    """`EventOutbox` over the blocks of `SqlEventLog`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def lease(self, *, lease_s: float, most_events: int, held: int | None = None) -> Shipment | None:
        """Return the next shipment under a lease."""
        if not await self._database.read(_looking):
            return None  # an idle courier's look takes no lock
        now = self._clock.now()
        until = now + timedelta(seconds=lease_s)
        return await self._database.write(
            lambda: _leasing(held=held, now=micros(now), until=micros(until), most_events=most_events)
        )

    async def delivered(
        self, shipment: Shipment, *, refused: Sequence[Refused]
    ) -> Sequence[tuple[UserId, WorkloadId]]:
        """Forget the parcels and bury what was refused."""
        return await self._database.write(lambda: _delivering(shipment, refused, now=self._clock.now()))

    async def release(self, fence: int) -> None:
        """End the lease, if it is still this one."""
        await self._database.write(lambda: _releasing(fence))

    async def waiting(
        self, workload_id: WorkloadId, *, owner_id: UserId, since: datetime | None, until: datetime | None
    ) -> Waiting:
        """Return the events of a span that wait."""
        stored = await self._database.scan(lambda: reading(workload_id, owner_id, since=since, until=until))
        events = await asyncio.to_thread(within, stored, since=since, until=until)
        return Waiting(events=events, arrivals=tuple(stored.arrivals), has_archived=stored.archived > 0)

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId, most: int) -> Delivery:
        """Return the workload, and how many of its events wait and are dead."""
        return await self._database.view(lambda: _telling(workload_id, owner_id, most=most))

    async def backlog(self) -> Backlog:
        """Return how much waits."""
        return await self._database.read(_adding_up)


def _looking() -> Script[bool]:
    return bool((yield ask(_IS_ANY)))


def _leasing(*, held: int | None, now: int, until: int, most_events: int) -> Script[Shipment | None]:
    taken = yield ask(_TAKE, held=-1 if held is None else held, now=now, until=until)
    if not taken:
        return None
    ((fence,),) = taken
    ((number,),) = yield ask(_BEGUN)
    if number is None:
        waiting = yield ask(_NEXT)
        if not waiting:
            return None
        number = waiting[0][0]
        sizes = accumulate(size for _, size in waiting)
        chosen = sum(size <= most_events for size in sizes)
        yield ask(_BEGIN, first=number, last=waiting[max(chosen, 1) - 1][0])
    rows = yield ask(_SHIPMENT, number=number)
    return Shipment(
        fence=fence,
        number=number,
        parcels=tuple(
            Parcel(
                name=name,
                arrival=arrival,
                owner_id=owner_id,
                workload_id=workload_id,
                events=unpacked(payload),
            )
            for arrival, name, payload, owner_id, workload_id in rows
            if owner_id is not None  # a deleted log's: dropped with the others
        ),
    )


def _delivering(
    shipment: Shipment, refused: Sequence[Refused], *, now: datetime
) -> Script[Sequence[tuple[UserId, WorkloadId]]]:
    if not (yield ask(_CONFIRM, held=shipment.fence, now=micros(now))):
        raise LeaseLost("Another process hands the events on.")
    dead = np.bincount([one.parcel for one in refused], minlength=len(shipment.parcels))
    living = {arrival for (arrival,) in (yield ask(_LIVING, number=shipment.number))}
    gone: dict[tuple[UserId, WorkloadId], None] = {}
    for parcel, dead_here in zip(shipment.parcels, dead.tolist(), strict=True):
        own = (parcel.owner_id, parcel.workload_id)
        handed_on = len(parcel.events) - dead_here
        if parcel.arrival not in living or not (
            yield ask(_HAND_ON, whose=own[0], which=own[1], added=handed_on)
        ):
            gone[own] = None
        elif dead_here:
            yield uncounting(parcel.workload_id, owner_id=parcel.owner_id, removed=dead_here)
    for one in refused:
        parcel = shipment.parcels[one.parcel]
        if (parcel.owner_id, parcel.workload_id) not in gone:
            yield _burying(parcel, one, now=now)
    yield ask(_DROP, number=shipment.number)
    return tuple(gone)


def _burying(parcel: Parcel, one: Refused, *, now: datetime) -> Step:
    event = parcel.events.take(np.array([one.place]))
    return ask(
        _BURY,
        owner_id=parcel.owner_id,
        workload_id=parcel.workload_id,
        event_id=None if event.id is None else event.id[0],
        reason=one.reason,
        died_at=micros(now),
        payload=packed(event),
    )


def _releasing(fence: int) -> Script[None]:
    yield ask(_RELEASE, held=fence, lease_until=0)


def _telling(workload_id: WorkloadId, owner_id: UserId, *, most: int) -> Script[Delivery]:
    workload = yield from getting(workload_id, owner_id)
    own = {"whose": owner_id, "which": workload_id}
    ((waiting,),) = yield ask(_WAITING, **own)
    ((dead,),) = yield ask(_DEAD_COUNT, **own)
    rows = (yield ask(_DEAD, **own, most=most)) if dead else ()
    letters = tuple(DeadLetter(at=instant(at), event_id=name, reason=reason) for at, name, reason in rows)
    return Delivery(workload=workload, waiting_events=int(waiting), dead_events=dead, dead_letters=letters)


def _adding_up() -> Script[Backlog]:
    ((events, size),) = yield ask(_BACKLOG)
    return Backlog(events=int(events), bytes=int(size))
