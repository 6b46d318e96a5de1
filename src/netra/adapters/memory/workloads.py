"""Stores workloads in a dictionary, together with the logs of their events and the decisions on them."""

import msgspec

from netra.adapters.memory.paging import page_of
from netra.domain.decisions.model import Decision, DecisionKey
from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import Page, PageRequest
from netra.domain.workloads.columns import Events, instant_of
from netra.domain.workloads.model import Workload
from netra.domain.workloads.sizes import LogLimits, LogSize, added, check_room, size_of
from netra.ports.call_outbox import DeadLetter, Deletion, Parcel
from netra.ports.clock import Clock


class Log(msgspec.Struct, kw_only=True):
    """The events of a workload: batches in arrival order, and all ids that it ever had."""

    parcels: list[Parcel] = []
    ids: set[str] = set()
    archived: int = 0
    dead: list[DeadLetter] = []


class MemoryWorkloadStore:
    """`WorkloadStore` for tests and embedded programs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._workloads: dict[tuple[UserId, WorkloadId], Workload] = {}
        self.decisions: dict[tuple[UserId, WorkloadId], dict[DecisionKey, Decision]] = {}
        self.logs: dict[tuple[UserId, WorkloadId], Log] = {}
        self.shipped: dict[str, Parcel] = {}  # the current shipment, by parcel name
        self.deletions: list[Deletion] = []  # deletions that the archive has to carry out
        self._deleted = 0

    async def add(self, workload: Workload, *, max_per_user: int) -> Workload:
        """Store a new workload, or return the existing one with its id."""
        stored = self._workloads.get((workload.owner_id, workload.id))
        if stored is not None:
            return stored
        owned = sum(owner_id == workload.owner_id for owner_id, _ in self._workloads)
        if owned >= max_per_user:
            message = f"you have {owned} workloads, the limit is {max_per_user}"
            raise ValidationFailed.of("workloads", "too_many", message)
        self._workloads[workload.owner_id, workload.id] = workload
        return workload

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload with its current counts."""
        workload = self._workloads.get((owner_id, workload_id))
        if workload is None:
            raise NotFound("workload", workload_id)
        return workload

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return workloads, newest first."""
        owned = (workload for workload in self._workloads.values() if workload.owner_id == owner_id)
        return page_of(owned, request, key=lambda workload: (workload.created_at, workload.id))

    async def rename(self, workload_id: WorkloadId, *, owner_id: UserId, name: str) -> Workload:
        """Set the name."""
        workload = await self.get(workload_id, owner_id=owner_id)
        renamed = self._workloads[owner_id, workload_id] = msgspec.structs.replace(workload, name=name)
        return renamed

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload and its events."""
        await self.get(workload_id, owner_id=owner_id)
        del self._workloads[owner_id, workload_id]
        self.decisions.pop((owner_id, workload_id), None)
        self.condemn(workload_id, owner_id=owner_id)

    def condemn(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Hide the events from every reader; record a deletion for events that the archive has or may get."""
        log = self.logs.pop((owner_id, workload_id), Log())
        if log.archived or any(parcel.name in self.shipped for parcel in log.parcels):
            self._deleted += 1
            self.deletions.append(Deletion(log=self._deleted, owner_id=owner_id, workload_id=workload_id))

    def check_room(
        self, workload_id: WorkloadId, new: Events, *, owner_id: UserId, limits: LogLimits | None
    ) -> None:
        """Raise `ValidationFailed` when the workload would exceed `limits`."""
        workload = self._workloads[owner_id, workload_id]
        held = LogSize(
            events=workload.event_count, prefix_hashes=workload.prefix_hashes, bytes=workload.bytes
        )
        check_room(added(held, size_of(new)), limits=limits)

    def count(self, workload_id: WorkloadId, new: Events, *, owner_id: UserId) -> None:
        """Add newly stored events to the counts, and extend the time span."""
        workload = self._workloads[owner_id, workload_id]
        more = size_of(new)
        first_at, last_at = instant_of(int(new.at_ns.min())), instant_of(int(new.at_ns.max()))
        self._workloads[owner_id, workload_id] = msgspec.structs.replace(
            workload,
            event_count=workload.event_count + more.events,
            prefix_hashes=workload.prefix_hashes + more.prefix_hashes,
            bytes=workload.bytes + more.bytes,
            first_event_at=min(workload.first_event_at or first_at, first_at),
            last_event_at=max(workload.last_event_at or last_at, last_at),
            updated_at=self._clock.now(),
        )

    def uncount(self, workload_id: WorkloadId, removed: LogSize, *, owner_id: UserId) -> None:
        """Subtract removed events from the counts."""
        workload = self._workloads.get((owner_id, workload_id))
        if workload is not None:
            self._workloads[owner_id, workload_id] = msgspec.structs.replace(
                workload,
                event_count=workload.event_count - removed.events,
                prefix_hashes=workload.prefix_hashes - removed.prefix_hashes,
                bytes=workload.bytes - removed.bytes,
            )
