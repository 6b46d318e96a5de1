"""Where accepted events wait until an archive has them, and the archive itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import Workload


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one workload that were accepted together; `name` is theirs alone, in every deployment."""

    name: str  # 32 hexadecimal digits
    arrival: int  # rises in the order of acceptance
    owner_id: UserId
    workload_id: WorkloadId
    events: Events


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that are handed on together, the same ones at every try, under the lease `fence`."""

    fence: int
    number: int
    parcels: tuple[Parcel, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the archive will never take: `place` in parcel number `parcel` of the shipment."""

    parcel: int
    place: int
    reason: str


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """A log that was deleted here, of which the archive may have some."""

    log: int  # its number, which no other log ever has
    owner_id: UserId
    workload_id: WorkloadId


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What of a workload is not in the archive yet, in the order it came, and whether anything is."""

    events: Events
    arrivals: tuple[int, ...]  # of the parcels, whatever their times
    has_archived: bool


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits, of everybody."""

    events: int
    bytes: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the archive would not take."""

    at: datetime
    event_id: str | None
    reason: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A workload, what of it waits, and what of it the archive would not take, newest first."""

    workload: Workload
    waiting_events: int
    dead_events: int
    dead_letters: tuple[DeadLetter, ...]


class EventOutbox(Protocol):
    """The waiting events of an `EventLog`, handed on in order by one holder of a lease at a time."""

    async def lease(
        self, *, lease_s: float, most_events: int, most_bytes: int | None = None, held: int | None = None
    ) -> Shipment | None:
        """Return the next shipment, oldest parcels first, None when none waits or another has the lease.

        It has at most `most_events` events and `most_bytes` bytes of columns, or a single larger parcel.

        A shipment that was leased before comes again, before any other, with all of its parcels, also
        those of a log that was deleted meanwhile: only what `bury` took out of it is left out. `held` is
        the fence of the caller's own last lease, which it may take again before it ends. Leases are judged by
        `leases.has_passed`. Raises `ValueError` above `leases.LEASE_S_MAX`.
        """
        ...

    async def bury(self, shipment: Shipment, *, refused: Sequence[Refused]) -> None:
        """Take the refused events out of the shipment and off their workload's count, and keep them beside.

        The parcels stay, however little is left of them. Raises `LeaseLost`; nothing has changed then.
        """
        ...

    async def delivered(self, shipment: Shipment) -> None:
        """Forget the parcels, which the archive has. Raises `LeaseLost`; nothing has changed then."""
        ...

    async def deletions(self) -> Sequence[Deletion]:
        """Return what the archive is to delete: logs that are deleted here and not forgotten below.

        One of which something is in a shipment waits until that is delivered.
        """
        ...

    async def forget(self, deletion: Deletion) -> None:
        """Forget a deletion that the archive has carried out; idempotent."""
        ...

    async def release(self, fence: int) -> None:
        """End the lease, if it is still this one."""
        ...

    async def waiting(
        self, workload_id: WorkloadId, *, owner_id: UserId, since: datetime | None, until: datetime | None
    ) -> Waiting:
        """Return events with `since <= time < until` that wait, at one moment; `arrivals` are of all."""
        ...

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId, most: int) -> Delivery:
        """Return the workload, how many events wait and are dead, and the `most` newest dead ones.

        All of it at one moment: an event is counted in the workload or is dead. Raises `NotFound`.
        """
        ...

    async def backlog(self) -> Backlog:
        """Return how much waits, of everybody."""
        ...


class EventArchive(Protocol):
    """The far store of events; the owner is part of every key."""

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        """Store the shipment, durable, once however often it is put; or nothing of it, and say why.

        Returns events that it will never hold, some of them at least; nothing is stored then. None, once
        all is stored. A shipment is known by the names of its parcels, whatever events they have. Raises
        `Unavailable` when it cannot say what became of it.
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
        """Return events with `since <= time < until`, oldest first, ties in the order they came.

        Those of the parcels whose arrival is in `without` are left out. Raises `Unavailable`.
        """
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload; idempotent."""
        ...
