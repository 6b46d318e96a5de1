"""Outbox of accepted events that wait for the archive, and the archive itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import Workload


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one workload that were accepted together; `name` is unique across deployments."""

    name: str  # 32 hexadecimal digits
    arrival: int  # increases in the order of acceptance
    owner_id: UserId
    workload_id: WorkloadId
    events: Events


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that are delivered together under the lease `fence`; every retry has the same ones."""

    fence: int
    number: int
    parcels: tuple[Parcel, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An event, `place` in parcel number `parcel` of the shipment, that the archive permanently rejects."""

    parcel: int
    place: int
    reason: str


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """A log that was deleted from the database and may still have events in the archive."""

    log: int  # number of the log; never reused
    owner_id: UserId
    workload_id: WorkloadId


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A workload's events that are not in the archive yet, in arrival order.

    `has_archived` says whether the archive holds any of the workload's events.
    """

    events: Events
    arrivals: tuple[int, ...]  # of all waiting parcels, whatever the times of their events
    has_archived: bool


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Size of the outbox over all users."""

    events: int
    bytes: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the archive permanently rejected."""

    at: datetime
    event_id: str | None
    reason: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A workload's delivery state: waiting events, dead events and dead letters, newest first."""

    workload: Workload
    waiting_events: int
    dead_events: int
    dead_letters: tuple[DeadLetter, ...]


class EventOutbox(Protocol):
    """Outbox of an `EventLog`; the holder of a lease delivers its events in order."""

    async def lease(
        self, *, lease_s: float, most_events: int, most_bytes: int | None = None, held: int | None = None
    ) -> Shipment | None:
        """Lease the next shipment, oldest parcels first; None when nothing waits or the lease is taken.

        A shipment has at most `most_events` events and `most_bytes` bytes of columns, or one larger parcel.

        A shipment that was leased but not delivered is returned again before any other, with all of its
        parcels. These include parcels of a log that was deleted in the meantime; only events removed by
        `bury` are left out. `held` is the fence of the caller's previous lease, which the caller may renew
        before it expires. Leases are judged by `leases.has_passed`. Raises `ValueError` above
        `leases.LEASE_S_MAX`.
        """
        ...

    async def bury(self, shipment: Shipment, *, refused: Sequence[Refused]) -> None:
        """Move the refused events from the shipment to the dead letters.

        They are subtracted from their workload's count. The parcels remain, even when they have no events
        left. Raises `LeaseLost`; then nothing has changed.
        """
        ...

    async def delivered(self, shipment: Shipment) -> None:
        """Delete the parcels, which the archive now holds. Raises `LeaseLost`; then nothing has changed."""
        ...

    async def deletions(self) -> Sequence[Deletion]:
        """Return the pending deletions: logs deleted here that the archive still has to delete.

        A deletion is held back while a shipment contains events of its log, until that is delivered.
        """
        ...

    async def forget(self, deletion: Deletion) -> None:
        """Remove a deletion that the archive has carried out; idempotent."""
        ...

    async def release(self, fence: int) -> None:
        """Release the lease if `fence` is still its fence; otherwise a no-op."""
        ...

    async def waiting(
        self, workload_id: WorkloadId, *, owner_id: UserId, since: datetime | None, until: datetime | None
    ) -> Waiting:
        """Return the waiting events with `since <= time < until` from one snapshot.

        `arrivals` covers all waiting parcels of the workload, whatever the times of their events.
        """
        ...

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId, most: int) -> Delivery:
        """Return the workload, its counts of waiting and dead events, and the `most` newest dead letters.

        All of these come from one snapshot: an event is counted either in the workload or as dead. Raises
        `NotFound`.
        """
        ...

    async def backlog(self) -> Backlog:
        """Return the size of the outbox over all users."""
        ...


class EventArchive(Protocol):
    """The remote store of events; the owner is part of every key."""

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        """Store the whole shipment durably, or store nothing and return events that are rejected.

        Idempotent: a shipment that is put several times is stored once. An empty result means that all is
        stored. Otherwise nothing is stored, and the result has at least one event that the archive will never
        accept. A shipment is identified by the names of its parcels, whatever events they have. Raises
        `Unavailable` when the outcome is unknown.
        """
        ...

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None,
        until: datetime | None,
        without: Sequence[int],
    ) -> Events:
        """Return events with `since <= time < until`, oldest first, ties in arrival order.

        Events of the parcels whose arrival number is in `without` are left out. Raises `Unavailable`.
        """
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload; idempotent."""
        ...
