"""Live events of runs inside one process."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent

WAITING_MAX: Final = 256  # events one reader may lag behind before it must read the store
WAITING_MAX_BYTES: Final = 1 << 20


class LocalSubscription:
    """One reader's bounded queue."""

    def __init__(self, *, waiting_max: int, waiting_max_bytes: int) -> None:
        self._waiting: deque[RunEvent] = deque()
        self._waiting_bytes = 0
        self._max = waiting_max
        self._max_bytes = waiting_max_bytes
        self._has_overflowed = False
        self._arrived = asyncio.Event()

    def push(self, event: RunEvent) -> None:
        """Queue the event; on overflow clear the queue and mark the overflow."""
        self._waiting.append(event)
        self._waiting_bytes += len(event.data)
        if len(self._waiting) > self._max or self._waiting_bytes > self._max_bytes:
            self._take()
            self._has_overflowed = True
        self._arrived.set()

    async def next(self, *, timeout_s: float) -> Sequence[RunEvent]:
        """Return the events since the last call; empty after `timeout_s` or an overflow."""
        await wait_for(self._arrived, timeout_s=timeout_s)
        self._arrived.clear()
        if self._has_overflowed:
            self._has_overflowed = False
            self._take()
            return ()
        return self._take()

    def _take(self) -> Sequence[RunEvent]:
        taken = tuple(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return taken


class LocalRunFeed:
    """`RunFeed` for one process."""

    def __init__(self, *, waiting_max: int = WAITING_MAX, waiting_max_bytes: int = WAITING_MAX_BYTES) -> None:
        self._readers: dict[RunId, set[LocalSubscription]] = {}
        self._waiting_max = waiting_max
        self._waiting_max_bytes = waiting_max_bytes

    async def publish(self, events: Sequence[RunEvent]) -> None:
        """Queue the events for all readers of their run."""
        for event in events:
            for reader in self._readers.get(event.run_id, ()):
                reader.push(event)

    @asynccontextmanager
    async def subscribe(self, run_id: RunId) -> AsyncGenerator[LocalSubscription]:
        """Open a subscription to one run."""
        reader = LocalSubscription(waiting_max=self._waiting_max, waiting_max_bytes=self._waiting_max_bytes)
        readers = self._readers.setdefault(run_id, set())
        readers.add(reader)
        try:
            yield reader
        finally:
            readers.discard(reader)
            if not readers:
                self._readers.pop(run_id, None)


async def wait_for(arrived: asyncio.Event, *, timeout_s: float) -> None:
    """Return when `arrived` is set, or after `timeout_s`; without waiting if it is set already."""
    if arrived.is_set():
        return  # skips the timer, which is most of the cost
    try:
        async with asyncio.timeout(timeout_s):
            await arrived.wait()
    except TimeoutError:
        return
