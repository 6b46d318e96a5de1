"""Retry refused writes in order until the store accepts them; covers a full disk, not a crash.

Waiting writes are in this process's memory only. Callers decide which writes may wait.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from netra.domain.errors import NetraError, Unavailable
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents

WAITING_MAX: Final = 10_000  # most waiting writes, each below 2 KB
RETRY_S: Final = 1.0  # pause between two attempts, s

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
        """Queue a refused write. Raises `Unavailable` when the queue is full."""
        if len(self._waiting) >= self._waiting_max:
            raise Unavailable("The database cannot do this now.")
        self._waiting.append(write)

    async def flush(self) -> bool:
        """Retry in order until the store refuses a write; return whether all are written.

        A write that fails for another reason is reported and dropped, since a retry would fail again.
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
        """Retry once more, and report lost writes."""
        if not await self.flush():
            lost = Unavailable(f"{len(self._waiting)} writes were lost: the store accepts none.")
            self._incidents.report(lost, where=self._where)


@asynccontextmanager
async def retried(*queues: PostponedWrites, clock: Clock) -> AsyncGenerator[None]:
    """Retry the queued writes every `RETRY_S` until the block ends, and then once more."""
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
