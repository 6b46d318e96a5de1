"""A PostgreSQL connection in pipeline mode: each batch of statements is one round trip.

Statements are queued in order and sent together, ended by one `Sync` message. Each is prepared once per
connection, together with its first use. This drives libpq's pipeline directly: through the driver's cursors a
statement costs several times as much CPU.
"""

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any, Final, TypeAlias

from psycopg import AsyncConnection, DataError, Error, OperationalError, pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGconn, PGresult

from netra.adapters.sql.transactions import Row, Rows

SILENCE_S: Final = 0.01
_DONE: Final = pq.ExecStatus.COMMAND_OK
_FATAL: Final = pq.ExecStatus.FATAL_ERROR
_SYNC: Final = pq.ExecStatus.PIPELINE_SYNC
_PLACE: Final = re.compile("%[s%]")

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]  # Any: see `script.Row`
OnRows: TypeAlias = Callable[[Rows], None]
Put: TypeAlias = tuple[str, list[bytes | None], list[int], OnRows | None]  # text, values, formats, callback


class Wire:
    """Queues statements and sends them. Unusable after an error of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._rows = Transformer(connection)
        self._names: dict[str, bytes] = {}  # of the statements that the server has prepared
        self._count = count()
        self._batch: list[Put] = []  # queued statements, not sent yet
        self._received_at_s = 0.0  # seconds on the monotonic clock

    def check(self) -> None:
        """Raise the driver's error when the server has closed an idle connection."""
        if time.monotonic() - self._received_at_s < SILENCE_S:
            return
        self._pgconn.consume_input()  # may read the server's final message
        self._pgconn.consume_input()  # detects the closed socket

    def put(self, text: str, values: Row = (), *, on_rows: OnRows | None = None) -> None:
        """Append a statement with placeholders `%s` to the batch; the callback receives its rows."""
        params = [_encoded(value) for value in values]
        formats = [1 if type(value) is bytes else 0 for value in values]
        self._batch.append((text, params, formats, on_rows))

    def put_first(self, text: str) -> None:
        """Insert a statement without values at the beginning of the batch."""
        self._batch.insert(0, (text, [], [], None))

    def drop(self) -> None:
        """Discard the queued statements."""
        self._batch.clear()

    async def send(self) -> None:
        """Send the batch and read all answers. Raises the driver's error for the first that failed.

        Without a `BEGIN` the batch is a transaction of its own.
        """
        batch, self._batch = self._batch, []
        if not batch:
            return
        new_names: dict[str, bytes] = {}
        prepared: dict[int, str] = {}  # names of newly prepared statements, by position of their result
        callbacks: list[OnRows | None] = []
        self._pgconn.enter_pipeline_mode()
        for text, params, formats, on_rows in batch:
            name = self._names.get(text) or new_names.get(text)
            if name is None:
                name = new_names[text] = b"n%d" % next(self._count)
                self._pgconn.send_prepare(name, numbered(text).encode())
                prepared[len(callbacks)] = text
                callbacks.append(None)
            self._pgconn.send_query_prepared(name, params, formats, 1)
            callbacks.append(on_rows)
        self._pgconn.pipeline_sync()
        results = await self._results()
        self._pgconn.exit_pipeline_mode()
        self._received_at_s = time.monotonic()
        for place, text in prepared.items():
            if results[place].status == _DONE:  # the server keeps it whether or not the transaction commits
                self._names[text] = new_names[text]
        for result in results:
            if result.status == _FATAL:
                raise error_from_result(result)
        for callback, result in zip(callbacks, results, strict=True):
            if callback is not None:
                self._rows.set_pgresult(result)
                callback(self._rows.load_rows(0, result.ntuples, tuple))

    async def _results(self) -> list[PGresult]:
        """Return one result for each message sent, up to the `Sync`."""
        connection, results = self._pgconn, list[PGresult]()
        while connection.flush():
            # writing without reading would deadlock: the server may wait for us to read
            await self._until_ready(is_writing=True)
            connection.consume_input()
        while True:
            while connection.is_busy():
                await self._until_ready(is_writing=False)
                connection.consume_input()
            result = connection.get_result()
            if result is None and connection.status == pq.ConnStatus.BAD:
                raise OperationalError("the connection is lost")
            if result is None:
                continue  # separates the results of two statements
            if result.status == _SYNC:
                return results
            results.append(result)

    async def _until_ready(self, *, is_writing: bool) -> None:
        loop, line = asyncio.get_running_loop(), self._pgconn.socket
        ready = loop.create_future()

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        loop.add_reader(line, wake)
        if is_writing:
            loop.add_writer(line, wake)
        try:
            await ready
        finally:
            loop.remove_reader(line)
            if is_writing:
                loop.remove_writer(line)


def cut(connection: Connection) -> None:
    """Shut down the connection's socket, which immediately wakes every wait for the server.

    Cancelling the driver's coroutine instead would send a cancel request to the server, which may be frozen,
    and wait for its answer.
    """
    with suppress(Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def numbered(text: str) -> str:
    """Return a statement with the protocol's numbered placeholders.

    >>> numbered("SELECT %s %% %s")
    'SELECT $1 % $2'
    """
    places = count(1)
    return _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(places)}", text)


def _encoded(value: object) -> bytes | None:
    """Encode a value in the protocol's text format, bytes unchanged; the server infers the type."""
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        if "\x00" in value:
            raise DataError("text with U+0000 cannot be sent: the protocol would truncate it there")
        return value.encode()
    if isinstance(value, int | float):
        return repr(value).encode()
    raise TypeError(f"a {type(value).__name__} cannot be stored")
