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
    """One reader's bounded queue.

    Its alarm is kept from wait to wait and set again only when it rings early: a timer a wait was more
    than half the cost of handing an event to a thousand readers.
    """

    __slots__ = (
        "_alarm",
        "_deadline_s",
        "_has_overflowed",
        "_max",
        "_max_bytes",
        "_news",
        "_waiting",
        "_waiting_bytes",
    )

    def __init__(self, *, waiting_max: int, waiting_max_bytes: int) -> None:
        self._waiting: deque[RunEvent] = deque()
        self._waiting_bytes = 0
        self._max = waiting_max
        self._max_bytes = waiting_max_bytes
        self._has_overflowed = False
        self._news: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._deadline_s = 0.0  # of the loop's clock

    def push(self, event: RunEvent) -> None:
        """Queue the event, or drop all that waits and remember that it was dropped."""
        self._waiting.append(event)
        self._waiting_bytes += len(event.data)
        if len(self._waiting) > self._max or self._waiting_bytes > self._max_bytes:
            self._take()
            self._has_overflowed = True
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def next(self, *, timeout_s: float) -> Sequence[RunEvent]:
        """Return what came since the last call; none after `timeout_s` or an overflow."""
        if not self._waiting and not self._has_overflowed:
            await self._wait(timeout_s)
        if self._has_overflowed:
            self._has_overflowed = False
            self._take()
            return ()
        return self._take()

    def close(self) -> None:
        """Let go of the alarm."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    async def _wait(self, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._deadline_s = loop.time() + timeout_s
        if self._alarm is None or self._alarm.when() > self._deadline_s:
            self.close()
            self._alarm = loop.call_at(self._deadline_s, self._ring, loop)
        self._news = loop.create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        if self._news is None or self._news.done():
            return  # nobody waits; the next wait sets it again
        if loop.time() < self._deadline_s:
            self._alarm = loop.call_at(self._deadline_s, self._ring, loop)
        else:
            self._news.set_result(None)

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
        """Queue the events with everyone who reads their run."""
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
            reader.close()
            readers.discard(reader)
            if not readers:
                self._readers.pop(run_id, None)


async def rung(news: asyncio.Event, *, timeout_s: float) -> None:
    """Return when `news` is set, at the latest after `timeout_s`."""
    try:
        async with asyncio.timeout(timeout_s):
            await news.wait()
    except TimeoutError:
        return
