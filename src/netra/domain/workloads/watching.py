"""Watch how workloads grow: each watched workload is read at most once a second, for all its watchers.

The store is the only source, so events accepted by another process are seen like those of this one.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.errors import Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.service import WorkloadService
from netra.ports.clock import Clock

WATCH_S: Final = 1.0  # seconds between two reads of a workload, and so between two updates
READS_MAX: Final = 4  # concurrent reads of one process: watchers leave the store to requests


class WorkloadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a workload; `waiting_events` are accepted events that the archive does not have yet."""

    event_count: int
    waiting_events: int
    last_event_at: datetime | None


class _Watched:
    """The last read of one workload, while it has watchers."""

    def __init__(self) -> None:
        self.watchers = 0
        self.lock = asyncio.Lock()  # of concurrent watchers, one reads
        self.figures: WorkloadFigures | None = None
        self.read_at_s = 0.0


class WorkloadWatch:
    """Reads workloads for those who watch them; every call names the owner."""

    def __init__(self, *, workloads: WorkloadService, clock: Clock) -> None:
        self._workloads = workloads
        self._clock = clock
        self._watched: dict[tuple[UserId, WorkloadId], _Watched] = {}
        self._room = asyncio.Semaphore(READS_MAX)

    async def check(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Raise `NotFound` unless the owner has this workload."""
        await self._workloads.get(workload_id, owner_id=owner_id)

    async def deliver(
        self, workload_id: WorkloadId, *, owner_id: UserId, to: Callable[[WorkloadFigures], object]
    ) -> None:
        """Call `to` with the figures now, and again with each change, at most once in `WATCH_S` seconds.

        Runs until cancelled. An outage of the store delays the next change. Raises `NotFound`, also once the
        workload has been deleted, and `Unavailable` only for the first read.
        """
        with self._joined(workload_id, owner_id) as watched:
            shown = await self._read(watched, workload_id, owner_id)
            to(shown)
            while True:
                await self._clock.pause(WATCH_S)
                try:
                    figures = await self._read(watched, workload_id, owner_id)
                except Unavailable:
                    continue
                if figures != shown:
                    shown = figures
                    to(shown)

    @contextmanager
    def _joined(self, workload_id: WorkloadId, owner_id: UserId) -> Generator[_Watched]:
        watched = self._watched.setdefault((owner_id, workload_id), _Watched())
        watched.watchers += 1
        try:
            yield watched
        finally:
            self._leave(watched, workload_id, owner_id)

    def _leave(self, watched: _Watched, workload_id: WorkloadId, owner_id: UserId) -> None:
        watched.watchers -= 1
        if not watched.watchers:
            del self._watched[owner_id, workload_id]

    async def _read(self, watched: _Watched, workload_id: WorkloadId, owner_id: UserId) -> WorkloadFigures:
        async with watched.lock:
            age_s = self._clock.monotonic_s() - watched.read_at_s
            if watched.figures is not None and age_s < WATCH_S:
                return watched.figures
            async with self._room:
                delivery = await self._workloads.delivery(workload_id, owner_id=owner_id)
            watched.read_at_s = self._clock.monotonic_s()
            watched.figures = WorkloadFigures(
                event_count=delivery.workload.event_count,
                waiting_events=delivery.waiting_events,
                last_event_at=delivery.workload.last_event_at,
            )
            return watched.figures
