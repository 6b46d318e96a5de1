"""Store of workloads and their events."""

from datetime import datetime
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import Page, PageRequest
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import Workload
from netra.domain.workloads.sizes import LogLimits


class WorkloadStore(Protocol):
    """Stores workloads; every method sees only the owner's."""

    async def add(self, workload: Workload, *, max_per_user: int) -> Workload:
        """Store a new workload and return it; if the owner already has one with this id, return that one.

        Raises `ValidationFailed` when a new one would exceed `max_per_user`.
        """
        ...

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload with its current counts. Raises `NotFound`."""
        ...

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return workloads, newest `created_at` first, ties by id descending."""
        ...

    async def rename(self, workload_id: WorkloadId, *, owner_id: UserId, name: str) -> Workload:
        """Set the name and return the workload with its current counts. Raises `NotFound`."""
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload and hide its events from every reader, in one step.

        A concurrent append either completes before it or raises `NotFound`. `EventLog.delete` later frees the
        space of the events. Raises `NotFound`, also on the second call.
        """
        ...


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of a batch: `is_new[i]` is False for an id already in the log or earlier in the batch."""

    is_new: npt.NDArray[np.bool_]


class EventLog(Protocol):
    """Events of workloads, read and written as columns; the owner is part of every key."""

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        """Add the events whose id is new (those without an id always are); all or nothing, durable.

        The workload's `event_count`, `prefix_hashes`, `bytes` and span are updated in the same step and
        describe what is stored. Repeating a batch adds only events without an id. Raises `NotFound` when the
        workload does not exist or no longer exists, and `ValidationFailed` when the workload would exceed
        `limits`; events that are already stored take no room.
        """
        ...

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return events with `since <= time < until`, oldest first, ties in arrival order."""
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload, whether or not it exists; idempotent."""
        ...


class EventLeftovers(Protocol):
    """Deleted events that no reader sees but that still take space."""

    async def sweep(self) -> bool:
        """Free a part of that space; return whether there may be more.

        Safe to call from any number of processes concurrently, and safe to interrupt.
        """
        ...
