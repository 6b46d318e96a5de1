"""Delivers events to an archive: one lease for all events, and shipments that never change.

A shipment is the set of blocks that carry its number, which is assigned once. After a crash the next holder
of the lease delivers the same blocks again, also those of a log that was deleted in the meantime. Every
statement that changes a shipment compares the lease's fencing token in its WHERE. The lease's single row
orders shipments and deletions: a deleted log's blocks are already in the shipment, or never enter one.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, delete, exists, func, literal_column, select, update

from netra.adapters.sql.calls.block_reading import reading, within
from netra.adapters.sql.calls.call_blocks import packed
from netra.adapters.sql.calls.shipments import fitting, shipment_of
from netra.adapters.sql.instants import instant, micros
from netra.adapters.sql.schema import dead_events, event_blocks, event_courier, event_deletions, event_logs
from netra.adapters.sql.transactions import Database, Query, Rows, Script, Step, ask, inserting, param
from netra.adapters.sql.workloads import getting, uncounting
from netra.domain.errors import LeaseLost
from netra.domain.ids import UserId, WorkloadId
from netra.domain.leases import HORIZON, lease_end
from netra.domain.workloads.sizes import removed_size, size_of
from netra.ports.call_outbox import (
    Backlog,
    DeadLetter,
    Deletion,
    Delivery,
    Parcel,
    Refused,
    Shipment,
    Waiting,
)
from netra.ports.clock import Clock

PARCELS_MAX: Final = 1_000  # parcels in one shipment
DELETIONS_MAX: Final = 100  # deletions returned by one call

_BLOCK: Final = event_blocks.c
_ZERO: Final[ColumnElement[int]] = literal_column("0")
_HOLDS: Final = event_courier.c.fence == param("held")
# A lease that ends beyond the horizon was taken before the clock was set back: see `leases.has_passed`.
_COURIER: Final = event_courier.c
_HAS_LAPSED: Final = (_COURIER.lease_until <= param("now")) | (_COURIER.lease_until > param("horizon"))
_IS_LIVING: Final = exists().where(event_logs.c.number == _BLOCK.log, event_logs.c.owner_id.is_not(None))

_IS_ANY: Final = Query(
    select(_BLOCK.arrival).where(_BLOCK.shipment.is_not(None) | _IS_LIVING).order_by(_BLOCK.arrival).limit(1)
)
_TAKE: Final = Query(
    update(event_courier)
    .where(_HAS_LAPSED | _HOLDS)
    .values(fence=event_courier.c.fence + 1, lease_until=param("until"))
    .returning(event_courier.c.fence)
)
_CONFIRM: Final = Query(
    select(event_courier.c.id).where(_HOLDS, _COURIER.lease_until > param("now")).with_for_update()
)
_RELEASE: Final = Query(update(event_courier).where(_HOLDS), sets=["lease_until"])
_BEGUN: Final = Query(select(func.min(_BLOCK.shipment)))
_NEXT: Final = Query(
    select(_BLOCK.arrival, _BLOCK.events, _BLOCK.unpacked_bytes)
    .where(_BLOCK.shipment.is_(None), _IS_LIVING)
    .order_by(_BLOCK.arrival)
    .limit(PARCELS_MAX)
)
_BEGIN: Final = Query(
    update(event_blocks)
    .where(_BLOCK.shipment.is_(None), _BLOCK.arrival.between(param("first"), param("last")), _IS_LIVING)
    .values(shipment=param("first"))
)
_SHIPMENT: Final = Query(
    select(
        _BLOCK.arrival,
        _BLOCK.name,
        _BLOCK.payload,
        func.coalesce(event_logs.c.owner_id, event_deletions.c.owner_id),
        func.coalesce(event_logs.c.workload_id, event_deletions.c.workload_id),
    )
    .join_from(event_blocks, event_logs, _BLOCK.log == event_logs.c.number, isouter=True)
    .join(event_deletions, _BLOCK.log == event_deletions.c.log, isouter=True)
    .where(_BLOCK.shipment == param("number"))
    .order_by(_BLOCK.arrival)
)
_LIVING: Final = Query(select(_BLOCK.arrival).where(_BLOCK.shipment == param("number"), _IS_LIVING))
_LOGS: Final = Query(
    select(_BLOCK.log, func.sum(_BLOCK.events))
    .where(_BLOCK.shipment == param("number"), _IS_LIVING)
    .group_by(_BLOCK.log)
    .order_by(_BLOCK.log)
)
_HAND_ON: Final = Query(
    update(event_logs)
    .where(event_logs.c.number == param("log"))
    .values(archived=event_logs.c.archived + param("added"))
)
_DROP: Final = Query(delete(event_blocks).where(_BLOCK.shipment == param("number")))
_REDUCE: Final = Query(
    update(event_blocks).where(_BLOCK.arrival == param("of")),
    sets=["events", "bytes", "payload", "unpacked_bytes"],
)
_DELETIONS: Final = Query(
    select(event_deletions.c.log, event_deletions.c.owner_id, event_deletions.c.workload_id)
    .where(~exists().where(_BLOCK.log == event_deletions.c.log, _BLOCK.shipment.is_not(None)))
    .order_by(event_deletions.c.log)
    .limit(DELETIONS_MAX)
)
_FORGET: Final = Query(delete(event_deletions).where(event_deletions.c.log == param("log")))
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

    async def lease(
        self, *, lease_s: float, most_events: int, most_bytes: int | None = None, held: int | None = None
    ) -> Shipment | None:
        """Return the next shipment under a lease."""
        if not await self._database.read(_looking):
            return None  # an idle courier's check takes no lock
        now = self._clock.now()
        leased = await self._database.write(
            lambda: _leasing(
                held=held,
                now=now,
                until=lease_end(now=now, lease_s=lease_s),
                most_events=most_events,
                most_bytes=most_bytes,
            )
        )
        return None if leased is None else await asyncio.to_thread(shipment_of, *leased)

    async def bury(self, shipment: Shipment, *, refused: Sequence[Refused]) -> None:
        """Move the refused events from the shipment to the dead letters."""
        await self._database.write(lambda: _burying(shipment, refused, now=self._clock.now()))

    async def delivered(self, shipment: Shipment) -> None:
        """Delete the parcels."""
        await self._database.write(lambda: _delivering(shipment, now=self._clock.now()))

    async def release(self, fence: int) -> None:
        """Release the lease if `fence` is still its fence."""
        await self._database.write(lambda: _releasing(fence))

    async def deletions(self) -> Sequence[Deletion]:
        """Return the deletions that the archive has to carry out."""
        return await self._database.read(_deletions)

    async def forget(self, deletion: Deletion) -> None:
        """Remove a deletion that the archive has carried out."""
        await self._database.write(lambda: _forgetting(deletion))

    async def waiting(
        self, workload_id: WorkloadId, *, owner_id: UserId, since: datetime | None, until: datetime | None
    ) -> Waiting:
        """Return the waiting events of a time span."""
        stored = await self._database.scan(lambda: reading(workload_id, owner_id, since=since, until=until))
        events = await asyncio.to_thread(within, stored, since=since, until=until)
        return Waiting(events=events, arrivals=tuple(stored.arrivals), has_archived=stored.archived > 0)

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId, most: int) -> Delivery:
        """Return the workload with its counts of waiting and dead events."""
        return await self._database.view(lambda: _reading(workload_id, owner_id, most=most))

    async def backlog(self) -> Backlog:
        """Return the size of the outbox."""
        return await self._database.read(_adding_up)


def _looking() -> Script[bool]:
    return bool((yield ask(_IS_ANY)))


def _leasing(
    *, held: int | None, now: datetime, until: datetime, most_events: int, most_bytes: int | None
) -> Script[tuple[int, int, Rows] | None]:
    """Return the fencing token, the shipment's number and its rows."""
    taken = yield ask(
        _TAKE,
        held=-1 if held is None else held,
        now=micros(now),
        horizon=micros(now + HORIZON),
        until=micros(until),
    )
    if not taken:
        return None
    ((fence,),) = taken
    ((number,),) = yield ask(_BEGUN)
    if number is None:
        waiting = yield ask(_NEXT)
        if not waiting:  # taken since the check: without a shipment no lease is held
            yield ask(_RELEASE, held=fence, lease_until=0)
            return None
        number = waiting[0][0]
        chosen = fitting(waiting, most_events=most_events, most_bytes=most_bytes)
        yield ask(_BEGIN, first=number, last=waiting[max(chosen, 1) - 1][0])
    return fence, number, (yield ask(_SHIPMENT, number=number))


def _confirming(shipment: Shipment, *, now: datetime) -> Script[None]:
    if not (yield ask(_CONFIRM, held=shipment.fence, now=micros(now))):
        raise LeaseLost("Another process delivers the events.")


def _delivering(shipment: Shipment, *, now: datetime) -> Script[None]:
    yield from _confirming(shipment, now=now)
    for log, added in (yield ask(_LOGS, number=shipment.number)):
        yield ask(_HAND_ON, log=log, added=int(added))
    yield ask(_DROP, number=shipment.number)


def _burying(shipment: Shipment, refused: Sequence[Refused], *, now: datetime) -> Script[None]:
    yield from _confirming(shipment, now=now)
    living = {arrival for (arrival,) in (yield ask(_LIVING, number=shipment.number))}
    for number in sorted({one.parcel for one in refused}):
        parcel = shipment.parcels[number]
        here = [one for one in refused if one.parcel == number]
        left = parcel.events.take(np.delete(np.arange(len(parcel.events)), [one.place for one in here]))
        payload = packed(left)
        yield ask(
            _REDUCE,
            of=parcel.arrival,
            events=len(left),
            bytes=len(payload),
            payload=payload,
            unpacked_bytes=size_of(left).bytes,
        )
        if parcel.arrival in living:
            removed = removed_size(parcel.events, left)
            yield uncounting(parcel.workload_id, owner_id=parcel.owner_id, removed=removed)
            for one in here:
                yield _letter(parcel, one, now=now)


def _letter(parcel: Parcel, one: Refused, *, now: datetime) -> Step:
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


def _deletions() -> Script[Sequence[Deletion]]:
    rows = yield ask(_DELETIONS)
    return tuple(Deletion(log=log, owner_id=whose, workload_id=which) for log, whose, which in rows)


def _forgetting(deletion: Deletion) -> Script[None]:
    yield ask(_FORGET, log=deletion.log)


def _releasing(fence: int) -> Script[None]:
    yield ask(_RELEASE, held=fence, lease_until=0)


def _reading(workload_id: WorkloadId, owner_id: UserId, *, most: int) -> Script[Delivery]:
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
