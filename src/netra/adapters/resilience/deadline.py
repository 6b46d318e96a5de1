"""Deadlines that charge the time of a blocked event loop to this process, not to the peer."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

LATE_S: Final = 0.1  # seconds; a timer this late means that the event loop was blocked
# seconds then granted to read an answer that has arrived and to send what is still unsent
GRACE_S: Final = 0.1


class Deadline:
    """Calls `expire` when the time is up, unless cancelled before.

    When the event loop was blocked past the deadline, the answer may lie unread in the socket. So a timer
    that fires late is set again, `GRACE_S` ahead.
    """

    def __init__(self, seconds: float, expire: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._expire = expire
        self._set(seconds)

    def postpone(self, seconds: float) -> None:
        """Expire `seconds` from now instead."""
        self._timer.cancel()
        self._set(seconds)

    def cancel(self) -> None:
        """Cancel the deadline."""
        self._timer.cancel()

    def _set(self, seconds: float) -> None:
        self._due_s = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._due_s, self._fire)

    def _fire(self) -> None:
        if self._loop.time() - self._due_s > LATE_S:
            self._set(GRACE_S)
        else:
            self._expire()


@asynccontextmanager
async def timeout(seconds: float) -> AsyncGenerator[None]:
    """Raise `TimeoutError` when the block takes longer; `asyncio.timeout` with a `Deadline`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as scope:
        deadline = Deadline(max(seconds, 0.0), lambda: scope.reschedule(loop.time()))
        try:
            yield
        finally:
            deadline.cancel()


@asynccontextmanager
async def timeout_at(at_s: float) -> AsyncGenerator[None]:
    """Raise `TimeoutError` at an instant of the event loop's clock, without grace when it has passed."""
    async with timeout(at_s - asyncio.get_running_loop().time()):
        yield
