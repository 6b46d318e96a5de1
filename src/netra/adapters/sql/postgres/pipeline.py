"""One PostgreSQL connection, spoken to a batch at a time: each batch is one round trip.

Statements are put in order and go out together, ended by one `Sync` of the protocol; each is prepared
once a connection, along with its first use. This is libpq's pipeline, driven directly: by way of the
driver's cursors a statement costs several times the processor.
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
Heard: TypeAlias = Callable[[Rows], None]
Put: TypeAlias = tuple[str, list[bytes | None], list[int], Heard | None]  # text, values, formats


class Wire:
    """Puts statements and sends them. After an error of the connection it is of no more use."""

    def __init__(self, connection: Connection) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._rows = Transformer(connection)
        self._names: dict[str, bytes] = {}  # of the statements that the server has prepared
        self._count = count()
        self._batch: list[Put] = []  # what was put and not yet sent
        self._heard_at_s = 0.0  # on the steady clock

    def check(self) -> None:
        """Raise the driver's error when the server hung up during a silence, which it tells unasked."""
        if time.monotonic() - self._heard_at_s < SILENCE_S:
            return
        self._pgconn.consume_input()  # may read the server's last words
        self._pgconn.consume_input()  # finds that there is nobody behind them

    def put(self, text: str, values: Row = (), *, heard: Heard | None = None) -> None:
        """Put a statement with places `%s` at the end of the batch; `heard` is called with its rows."""
        params = [_encoded(value) for value in values]
        formats = [1 if type(value) is bytes else 0 for value in values]
        self._batch.append((text, params, formats, heard))

    def put_first(self, text: str) -> None:
        """Put a statement without values at the beginning of the batch."""
        self._batch.insert(0, (text, [], [], None))

    def drop(self) -> None:
        """Forget what was put and not yet sent."""
        self._batch.clear()

    async def send(self) -> None:
        """Send the batch and hear all answers. Raises the driver's error for the first that failed.

        Without a `BEGIN` it is a transaction of its own.
        """
        batch, self._batch = self._batch, []
        if not batch:
            return
        new_names: dict[str, bytes] = {}
        prepared: dict[int, str] = {}  # where among the results a new statement's is
        hearers: list[Heard | None] = []
        self._pgconn.enter_pipeline_mode()
        for text, params, formats, heard in batch:
            name = self._names.get(text) or new_names.get(text)
            if name is None:
                name = new_names[text] = b"n%d" % next(self._count)
                self._pgconn.send_prepare(name, numbered(text).encode())
                prepared[len(hearers)] = text
                hearers.append(None)
            self._pgconn.send_query_prepared(name, params, formats, 1)
            hearers.append(heard)
        self._pgconn.pipeline_sync()
        results = await self._results()
        self._pgconn.exit_pipeline_mode()
        self._heard_at_s = time.monotonic()
        for place, text in prepared.items():
            if results[place].status == _DONE:  # the server keeps it, whatever becomes of the transaction
                self._names[text] = new_names[text]
        for result in results:
            if result.status == _FATAL:
                raise error_from_result(result)
        for hear, result in zip(hearers, results, strict=True):
            if hear is not None:
                self._rows.set_pgresult(result)
                hear(self._rows.load_rows(0, result.ntuples, tuple))

    async def _results(self) -> list[PGresult]:
        """Return one result for each thing sent, up to the `Sync`."""
        connection, results = self._pgconn, list[PGresult]()
        while connection.flush():
            await self._until_ready(is_writing=True)  # or the server waits for us to read, and we for it
            connection.consume_input()
        while True:
            while connection.is_busy():
                await self._until_ready(is_writing=False)
                connection.consume_input()
            result = connection.get_result()
            if result is None and connection.status == pq.ConnStatus.BAD:
                raise OperationalError("the connection is lost")
            if result is None:
                continue  # between one statement's results and the next one's
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
    """Shut down the connection's socket, which wakes whatever waits for the server at once.

    Cancelling the driver's coroutine instead would ask the server, which may be frozen, to stop, and wait
    for its answer.
    """
    with suppress(Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def numbered(text: str) -> str:
    """Return a statement with the protocol's places.

    >>> numbered("SELECT %s %% %s")
    'SELECT $1 % $2'
    """
    places = count(1)
    return _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(places)}", text)


def _encoded(value: object) -> bytes | None:
    """Return a value as the protocol's text, bytes as they are; the server infers the type by the place."""
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        if "\x00" in value:
            raise DataError("text with U+0000 cannot be sent: the protocol would cut it off there")
        return value.encode()
    if isinstance(value, int | float):
        return repr(value).encode()
    raise TypeError(f"a {type(value).__name__} cannot be stored")
