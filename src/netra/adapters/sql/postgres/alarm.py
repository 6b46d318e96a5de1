"""What ends a wait for PostgreSQL: nothing about statements lives here."""

import asyncio
import os
import socket
from contextlib import suppress
from typing import Final

from psycopg import Error

from netra.adapters.sql.postgres.pipeline import Connection

LATE_S: Final = 0.1  # a loop that rings so late stood still
GRACE_S: Final = 0.1  # which it gets then


class Alarm:
    """Cuts a connection when the time is up.

    Cancelling the driver's coroutine would not do: it then asks the server, which may be frozen,
    to stop, and waits for that. A socket that is shut down wakes it at once. An alarm that rings late says
    that the loop stood still, not the server: what lies there unread or unsent gets a moment first.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._set(seconds)

    def put_off(self, seconds: float) -> None:
        """Ring `seconds` from now instead."""
        self._ringing.cancel()
        self._set(seconds)

    def stop(self) -> None:
        """Do not ring."""
        self._ringing.cancel()

    def _set(self, seconds: float) -> None:
        self._due_s = self._loop.time() + seconds
        self._ringing = self._loop.call_at(self._due_s, self._ring)

    def _ring(self) -> None:
        if self._loop.time() - self._due_s > LATE_S:
            self._set(GRACE_S)
        else:
            self._cut()

    def _cut(self) -> None:
        with suppress(Error, OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
