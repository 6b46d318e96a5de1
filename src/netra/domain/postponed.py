"""Writes that a store refused, retried in order until it takes them: for a full disk, not for a crash.

What waits here is in this process's memory alone. Which writes may wait is decided by those who add them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from netra.domain.errors import NetraError, Unavailable
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents

WAITING_MAX: Final = 10_000  # writes, each below 2 KB
RETRY_S: Final = 1.0  # between two attempts while the store refuses

Write = Callable[[], Awaitable[object]]


class PostponedWrites:
    """A bounded queue of idempotent writes."""

    def __init__(self, *, incidents: Incidents, where: str, waiting_max: int = WAITING_MAX) -> None:
        self._incidents = incidents
        self._where = where
        self._waiting_max = waiting_max
        self._waiting: deque[Write] = deque()
        self._flushing = asyncio.Lock()

    def add(self, write: Write) -> None:
        """Queue a write that the store has refused. Raises `Unavailable` when the queue is full."""
        if len(self._waiting) >= self._waiting_max:
            raise Unavailable("The database cannot do this now.")
        self._waiting.append(write)

    async def flush(self) -> bool:
        """Retry in order until the store refuses one; return whether all are written.

        A write that fails for another reason is reported and dropped: another attempt would fail again.
        """
        async with self._flushing:
            while self._waiting:
                try:
                    await self._waiting[0]()
                except Unavailable:
                    return False
                except NetraError as error:
                    self._incidents.report(error, where=self._where)
                self._waiting.popleft()
        return True

    async def close(self) -> None:
        """Retry once more, and report what is lost."""
        if not await self.flush():
            lost = Unavailable(f"{len(self._waiting)} writes were lost: the store takes none.")
            self._incidents.report(lost, where=self._where)


@asynccontextmanager
async def retried(*queues: PostponedWrites, clock: Clock) -> AsyncGenerator[None]:
    """Retry what waits in the queues every `RETRY_S`, until the block ends, and then once more."""
    retrying = asyncio.create_task(_retry(queues, clock=clock))
    try:
        yield
    finally:
        retrying.cancel()
        await asyncio.wait({retrying})
        for queue in queues:
            await queue.close()


async def _retry(queues: tuple[PostponedWrites, ...], *, clock: Clock) -> None:
    while True:
        await clock.pause(RETRY_S)
        for queue in queues:
            await queue.flush()
