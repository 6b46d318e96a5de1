"""Where workloads and their events are kept."""

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
    """Workloads; every method sees the owner's alone."""

    async def add(self, workload: Workload, *, max_per_user: int) -> Workload:
        """Store a new workload and return it; one of this id that the owner has already is returned instead.

        Raises `ValidationFailed` when a new one would be more than `max_per_user`.
        """
        ...

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload with its counts as of now. Raises `NotFound`."""
        ...

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return workloads, newest `created_at` first, ties by id descending."""
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload and take its events from every reader, in one step.

        An append at the same time is done before it or raises `NotFound`. `EventLog.delete` afterwards
        gives back the room of the events. Raises `NotFound`, also the second time.
        """
        ...


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch: `is_new[i]` is False for an id that is in the log or earlier in the batch."""

    is_new: npt.NDArray[np.bool_]


class EventLog(Protocol):
    """The events of workloads, as columns in and out; the owner is part of every key."""

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        """Add the events whose id is new (those without an id always are); all or nothing, durable.

        They are counted in their workload in the same step: its `event_count`, `prefix_hashes`, `bytes` and
        span are of what is stored. The same batch again adds nothing but events without an id. Raises
        `NotFound` for events whose workload is not there, or not any more, and `ValidationFailed` when the
        workload would then be larger than `limits`; what it has already costs no room.
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
        """Return events with `since <= time < until`, oldest first, ties in the order they came."""
        ...

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload, be it there or not; idempotent."""
        ...


class EventLeftovers(Protocol):
    """What was deleted for every reader and still takes room."""

    async def sweep(self) -> bool:
        """Give back a part of that room; return whether there may be more.

        Any number of processes may call it at once, and be cut short in it.
        """
        ...
