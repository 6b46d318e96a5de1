"""Stores the events of workloads as lists of columns in memory, with an outbox to an archive."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import msgspec
import numpy as np
import numpy.typing as npt

from netra.adapters.memory.workloads import Log, MemoryWorkloadStore
from netra.domain.errors import LeaseLost
from netra.domain.ids import UserId, WorkloadId
from netra.domain.leases import has_passed, lease_end
from netra.domain.workloads.columns import Events, empty_events, nanoseconds
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.sizes import LogLimits, removed_size, size_of
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
from netra.ports.workloads import Appended


class MemoryEventLog:
    """`EventLog` for tests and embedded programs."""

    def __init__(self, workloads: MemoryWorkloadStore) -> None:
        self.workloads = workloads
        self.logs = workloads.logs  # deleted together with their workload
        self._arrived = 0

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        """Add the events whose id is new, and add them to the workload's counts."""
        if not len(events):
            return Appended(is_new=np.ones(0, np.bool_))
        await self.workloads.get(workload_id, owner_id=owner_id)
        log = self.logs.setdefault((owner_id, workload_id), Log())
        is_new, ids = _new_ones(events, log.ids)
        if is_new.any():
            # `take` copies: the batch shares nothing with its caller
            new = events.take(np.flatnonzero(is_new))
            self.workloads.check_room(workload_id, new, owner_id=owner_id, limits=limits)
            log.ids |= ids
            self._arrived += 1
            log.parcels.append(
                Parcel(
                    name=uuid4().hex,
                    arrival=self._arrived,
                    owner_id=owner_id,
                    workload_id=workload_id,
                    events=new,
                )
            )
            self.workloads.count(workload_id, new, owner_id=owner_id)
        return Appended(is_new=is_new)

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first."""
        log = self.logs.get((owner_id, workload_id), Log())
        return within(log, since=since, until=until).sorted_by_time()

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload."""
        self.workloads.condemn(workload_id, owner_id=owner_id)


class MemoryEventOutbox:
    """`EventOutbox` over a `MemoryEventLog`."""

    def __init__(self, log: MemoryEventLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._fence = 0
        self._lease_until: datetime | None = None

    async def lease(
        self, *, lease_s: float, most_events: int, most_bytes: int | None = None, held: int | None = None
    ) -> Shipment | None:
        """Return the next shipment under a lease."""
        waiting = sorted(self._waiting(), key=lambda parcel: parcel.arrival)
        now = self._clock.now()
        is_free = has_passed(self._lease_until, now=now) or held == self._fence
        if not (waiting or self._log.workloads.shipped) or not is_free:
            return None
        self._fence += 1
        self._lease_until = lease_end(now=now, lease_s=lease_s)
        if not self._log.workloads.shipped:
            sizes = [size_of(parcel.events) for parcel in waiting]
            fits = np.cumsum([size.events for size in sizes]) <= most_events
            if most_bytes is not None:
                fits &= np.cumsum([size.bytes for size in sizes]) <= most_bytes
            chosen = waiting[: max(int(fits.sum()), 1)]
            self._log.workloads.shipped = {parcel.name: parcel for parcel in chosen}
        parcels = tuple(self._log.workloads.shipped.values())
        return Shipment(fence=self._fence, number=parcels[0].arrival, parcels=parcels)

    async def bury(self, shipment: Shipment, *, refused: Sequence[Refused]) -> None:
        """Move the refused events from the shipment to the dead letters."""
        self._confirm(shipment)
        for number in sorted({one.parcel for one in refused}):
            parcel = shipment.parcels[number]
            here = [one for one in refused if one.parcel == number]
            kept = np.delete(np.arange(len(parcel.events)), [one.place for one in here])
            left = msgspec.structs.replace(parcel, events=parcel.events.take(kept))
            self._log.workloads.shipped[parcel.name] = left
            if (log := self._log_of(parcel)) is not None:
                log.parcels = [left if one.name == parcel.name else one for one in log.parcels]
                log.dead = [*(_letter(parcel, one, at=self._clock.now()) for one in here), *log.dead]
                removed = removed_size(parcel.events, left.events)
                self._log.workloads.uncount(parcel.workload_id, removed, owner_id=parcel.owner_id)

    async def delivered(self, shipment: Shipment) -> None:
        """Delete the parcels."""
        self._confirm(shipment)
        for parcel in shipment.parcels:
            if (log := self._log_of(parcel)) is not None:
                log.parcels = [one for one in log.parcels if one.name != parcel.name]
                log.archived += len(parcel.events)
        self._log.workloads.shipped = {}

    def _confirm(self, shipment: Shipment) -> None:
        if shipment.fence != self._fence or not self._lease_until or self._lease_until <= self._clock.now():
            raise LeaseLost("Another process delivers the events.")

    def _log_of(self, parcel: Parcel) -> Log | None:
        """Return the log that still has the parcel."""
        log = self._log.logs.get((parcel.owner_id, parcel.workload_id), Log())
        return log if any(one.name == parcel.name for one in log.parcels) else None

    async def release(self, fence: int) -> None:
        """Release the lease if `fence` is still its fence."""
        if fence == self._fence:
            self._lease_until = None

    async def deletions(self) -> Sequence[Deletion]:
        """Return the deletions that the archive has to carry out."""
        under_way = {(parcel.owner_id, parcel.workload_id) for parcel in self._log.workloads.shipped.values()}
        return tuple(
            one for one in self._log.workloads.deletions if (one.owner_id, one.workload_id) not in under_way
        )

    async def forget(self, deletion: Deletion) -> None:
        """Remove a deletion that the archive has carried out."""
        self._log.workloads.deletions = [
            one for one in self._log.workloads.deletions if one.log != deletion.log
        ]

    async def waiting(
        self, workload_id: WorkloadId, *, owner_id: UserId, since: datetime | None, until: datetime | None
    ) -> Waiting:
        """Return the waiting events of a time span."""
        log = self._log.logs.get((owner_id, workload_id), Log())
        return Waiting(
            events=within(log, since=since, until=until),
            arrivals=tuple(parcel.arrival for parcel in log.parcels),
            has_archived=log.archived > 0,
        )

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId, most: int) -> Delivery:
        """Return the workload with its counts of waiting and dead events."""
        workload = await self._log.workloads.get(workload_id, owner_id=owner_id)
        log = self._log.logs.get((owner_id, workload_id), Log())
        return Delivery(
            workload=workload,
            waiting_events=sum(len(parcel.events) for parcel in log.parcels),
            dead_events=len(log.dead),
            dead_letters=tuple(log.dead[:most]),
        )

    async def backlog(self) -> Backlog:
        """Return the size of the outbox."""
        sizes = [len(parcel.events) for parcel in self._waiting()]
        return Backlog(events=sum(sizes), bytes=0)  # in memory only the number of events is bounded

    def _waiting(self) -> list[Parcel]:
        return [parcel for log in self._log.logs.values() for parcel in log.parcels]


def within(log: Log, *, since: datetime | None, until: datetime | None) -> Events:
    """Return a copy of the events of a time span, in arrival order."""
    found = concatenated([empty_events(), *(parcel.events for parcel in log.parcels)])
    is_in = np.ones(len(found), np.bool_)
    if since is not None:
        is_in &= found.at_ns >= nanoseconds(since)
    if until is not None:
        is_in &= found.at_ns < nanoseconds(until)
    return found.take(np.flatnonzero(is_in))


def _letter(parcel: Parcel, one: Refused, *, at: datetime) -> DeadLetter:
    ids = parcel.events.id
    return DeadLetter(at=at, event_id=None if ids is None else ids[one.place], reason=one.reason)


def _new_ones(events: Events, known: set[str]) -> tuple[npt.NDArray[np.bool_], set[str]]:
    is_new = np.ones(len(events), np.bool_)
    ids: set[str] = set()
    for index, event_id in enumerate(() if events.id is None else events.id):
        if event_id is None:
            continue
        is_new[index] = event_id not in known and event_id not in ids
        ids.add(event_id)
    return is_new, ids
