"""One connection that hears what is published, and ends with its first fault.

The vendor's own subscriber connects anew by itself, from whoever reads or asks next: without a bound of
time, and two at once disturb each other. Here a connection that has ended stays so, and its owner opens
another.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import ConnectionError as Broken

from netra.adapters.redis.vendor import Client, Line
from netra.adapters.resilience.deadline import timeout


class Wire:
    """What is said and heard over one connection; what has ended raises the vendor's `ConnectionError`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._saying = asyncio.Lock()
        self._is_closed = False

    async def say(self, *words: str) -> None:
        """Give a command; its answer is heard."""
        async with self._saying:
            self._check_open()  # or the vendor opens another line, or says it on one that others have by now
            await self._line.send_command(*words, check_health=False)

    async def next(self, *, timeout_s: float) -> Sequence[Any] | None:  # Any: bytes, or a number
        """Return what comes next, its kind first, or None after `timeout_s`."""
        self._check_open()
        heard = await self._line.read_response(
            timeout=timeout_s, disconnect_on_error=False, push_request=True
        )
        return (b"pong", heard) if isinstance(heard, bytes) else heard

    def close(self) -> None:
        """Say nothing more, whoever waits to."""
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed or not self._line.is_connected:
            raise Broken("this connection has ended")


@asynccontextmanager
async def opened_wire(client: Client, *, within_s: float) -> AsyncGenerator[Wire]:
    """Connect, and end the connection on exit. Raises `TimeoutError` when there is none in time."""
    async with client.pubsub() as hearing:
        async with timeout(within_s):
            await hearing.connect()
        wire = Wire(hearing.connection)
        try:
            yield wire
        finally:
            wire.close()
