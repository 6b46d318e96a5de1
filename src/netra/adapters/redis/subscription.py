"""One connection that receives published messages, and ends at its first fault.

The vendor's own subscriber reconnects by itself, from any task that reads or writes next: without a time
limit, and two such tasks interfere. Here a connection that has ended stays closed, and its owner opens
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
    """Sends and receives on one connection; raises the vendor's `ConnectionError` once it has ended."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sending = asyncio.Lock()
        self._is_closed = False

    async def send(self, *words: str) -> None:
        """Send a command; its answer arrives through `next`."""
        async with self._sending:
            # or the vendor would open another connection, or write to one that others use by now
            self._check_open()
            await self._line.send_command(*words, check_health=False)

    async def next(self, *, timeout_s: float) -> Sequence[Any] | None:  # Any: bytes, or a number
        """Return the next message, its kind first, or None after `timeout_s`."""
        self._check_open()
        received = await self._line.read_response(
            timeout=timeout_s, disconnect_on_error=False, push_request=True
        )
        return (b"pong", received) if isinstance(received, bytes) else received

    def close(self) -> None:
        """Reject further sends, also those that wait."""
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed or not self._line.is_connected:
            raise Broken("this connection has ended")


@asynccontextmanager
async def opened_wire(client: Client, *, within_s: float) -> AsyncGenerator[Wire]:
    """Connect, and close the connection on exit. Raises `TimeoutError` after `within_s`."""
    async with client.pubsub() as pubsub:
        async with timeout(within_s):
            await pubsub.connect()
        wire = Wire(pubsub.connection)
        try:
            yield wire
        finally:
            wire.close()
