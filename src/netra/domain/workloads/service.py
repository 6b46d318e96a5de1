"""Create, fill, list and delete workloads."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from netra.domain.errors import Unavailable, ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import Page, PageRequest
from netra.domain.quotas import Quotas
from netra.domain.texts import check_plain
from netra.domain.workloads.columns import Events
from netra.domain.workloads.intake import with_ids
from netra.domain.workloads.model import Workload
from netra.domain.workloads.sizes import limits_of
from netra.ports.call_outbox import Delivery, EventOutbox
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.incidents import Incidents
from netra.ports.workloads import EventLog, WorkloadStore

NAME_MAX = 200
APPENDED_EVENTS = 100_000  # most events per step: tens of megabytes, which a store writes within its deadline
APPENDED_HASHES = 2_000_000  # most prefix hashes per step: 16 megabytes
DEAD_LETTERS_MAX = 20  # most dead letters shown; others are only counted


class WorkloadService:
    """Manages workloads; every call names the owner."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        log: EventLog,
        outbox: EventOutbox | None,
        clock: Clock,
        ids: IdSource,
        quotas: Quotas,
        incidents: Incidents,
    ) -> None:
        self._workloads = workloads
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._ids = ids
        self._quotas = quotas
        self._incidents = incidents

    async def create(self, *, owner_id: UserId, name: str, made_as: str | None = None) -> Workload:
        """Create an empty workload, or return the one created before with the same `made_as`.

        Raises `ValidationFailed` for an invalid name or when the owner has too many workloads.
        """
        _check_name(name)
        now = self._clock.now()
        workload = Workload(
            id=WorkloadId(self._ids.new("wl") if made_as is None else f"wl-{made_as}"),
            owner_id=owner_id,
            name=name,
            created_at=now,
            updated_at=now,
        )
        return await self._workloads.add(workload, max_per_user=self._quotas.max_workloads_per_user)

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload. Raises `NotFound`."""
        return await self._workloads.get(workload_id, owner_id=owner_id)

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId) -> Delivery:
        """Return the workload with its events that wait for the archive or were refused by it.

        Without an archive there are no such events. Raises `NotFound`.
        """
        if self._outbox is None:
            workload = await self._workloads.get(workload_id, owner_id=owner_id)
            return Delivery(workload=workload, waiting_events=0, dead_events=0, dead_letters=())
        return await self._outbox.delivery(workload_id, owner_id=owner_id, most=DEAD_LETTERS_MAX)

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return the owner's workloads, newest first."""
        return await self._workloads.page(owner_id=owner_id, request=request)

    async def rename(self, workload_id: WorkloadId, *, owner_id: UserId, name: str) -> Workload:
        """Set the name and return the workload.

        Raises `NotFound`, and `ValidationFailed` for an invalid name.
        """
        _check_name(name)
        return await self._workloads.rename(workload_id, owner_id=owner_id, name=name)

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload and its events. Raises `NotFound`."""
        await self._workloads.delete(workload_id, owner_id=owner_id)  # and its events, for every reader
        try:
            await self._log.delete(workload_id, owner_id=owner_id)
        except Unavailable as error:  # deleted for every reader; the space is freed later
            self._incidents.report(error, where="deleting events")

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, made_as: str | None = None
    ) -> npt.NDArray[np.bool_]:
        """Add events and return which were new; an id counts once per workload.

        Events without an id get one derived from `made_as`, so a repeated batch adds nothing. Batches above
        `APPENDED_EVENTS` or `APPENDED_HASHES` are added in parts, each atomically. Raises `NotFound`, and
        `ValidationFailed` when the workload would exceed its limits.
        """
        await self._workloads.get(workload_id, owner_id=owner_id)
        named = events if made_as is None else with_ids(events, name=made_as)
        limits = limits_of(self._quotas)
        is_new = np.zeros(len(named), np.bool_)
        for here in parts_of(named):
            part = named if len(here) == len(named) else named.take(here)
            appended = await self._log.append(workload_id, part, owner_id=owner_id, limits=limits)
            is_new[here] = appended.is_new
        return is_new


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise ValidationFailed.of("name", "length", f"name must have 1 to {NAME_MAX} characters")
    check_plain(name, path="name")


def parts_of(events: Events) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the indices of the events added in each step, in order."""
    first = 0
    while first < len(events):
        last = min(first + APPENDED_EVENTS, len(events))
        if events.prefixes is not None:
            ends = events.prefixes.offsets
            room = int(ends[first]) + APPENDED_HASHES
            fitting = int(np.searchsorted(ends, room, side="right")) - 1
            last = min(last, max(fitting, first + 1))
        yield np.arange(first, last)
        first = last
