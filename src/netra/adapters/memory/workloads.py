"""Workloads in a dictionary."""

from datetime import datetime

import msgspec

from netra.adapters.memory.paging import page_of
from netra.domain.errors import Conflict, NotFound, ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import Page, PageRequest
from netra.domain.workloads.model import Workload
from netra.ports.clock import Clock


class MemoryWorkloadStore:
    """`WorkloadStore` for tests and embedded programs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._workloads: dict[tuple[UserId, WorkloadId], Workload] = {}

    async def add(self, workload: Workload, *, max_per_user: int) -> None:
        """Store a new workload."""
        owned = sum(owner_id == workload.owner_id for owner_id, _ in self._workloads)
        if owned >= max_per_user:
            message = f"you have {owned} workloads, the limit is {max_per_user}"
            raise ValidationFailed.of("workloads", "too_many", message)
        if (workload.owner_id, workload.id) in self._workloads:
            raise Conflict("This workload id is taken.")
        self._workloads[workload.owner_id, workload.id] = workload

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload with its counts as of now."""
        workload = self._workloads.get((owner_id, workload_id))
        if workload is None:
            raise NotFound("workload", workload_id)
        return workload

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return workloads, newest first."""
        owned = (workload for workload in self._workloads.values() if workload.owner_id == owner_id)
        return page_of(owned, request, key=lambda workload: (workload.created_at, workload.id))

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload."""
        await self.get(workload_id, owner_id=owner_id)
        del self._workloads[owner_id, workload_id]

    async def counted(
        self, workload_id: WorkloadId, *, owner_id: UserId, added: int, first_at: datetime, last_at: datetime
    ) -> None:
        """Add to the event count and widen the time span."""
        workload = await self.get(workload_id, owner_id=owner_id)
        earliest = [at for at in (workload.first_event_at, first_at) if at is not None]
        latest = [at for at in (workload.last_event_at, last_at) if at is not None]
        self._workloads[owner_id, workload_id] = msgspec.structs.replace(
            workload,
            event_count=workload.event_count + added,
            first_event_at=min(earliest),
            last_event_at=max(latest),
            updated_at=self._clock.now(),
        )
