"""What ends a wait for PostgreSQL: nothing about statements lives here."""

import asyncio
import os
import socket
from contextlib import suppress

from psycopg import Error

from netra.adapters.sql.postgres_wire import Connection


class Alarm:
    """Cuts a connection when the time is up.

    Cancelling the driver's coroutine would not do: it then asks the server, which may be frozen,
    to stop, and waits for that. A socket that is shut down wakes it at once.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._ringing = self._loop.call_later(seconds, self._cut)

    def put_off(self, seconds: float) -> None:
        """Ring `seconds` from now instead."""
        self._ringing.cancel()
        self._ringing = self._loop.call_later(seconds, self._cut)

    def stop(self) -> None:
        """Do not ring."""
        self._ringing.cancel()

    def _cut(self) -> None:
        with suppress(Error, OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
