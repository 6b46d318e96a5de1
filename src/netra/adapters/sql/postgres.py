"""Plays scripts over psycopg: a pool of connections, statements prepared once, few round trips.

Statements whose rows no script waits for go out with the next one that does, or with the commit. A
server that stopped or froze is noticed within `ANSWER_S`: the connection is cut, the caller hears
`Unavailable`, and the pool connects again by itself.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias, TypeVar

from psycopg import AsyncConnection, AsyncCursor, Error, IntegrityError, OperationalError
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect

from netra.adapters.sql.database_clock import READ_CLOCK, DatabaseClock
from netra.adapters.sql.script import Rows, Script, Step
from netra.domain.errors import Conflict, Unavailable

CONNECTIONS: Final = 10
WAITING_MAX: Final = 1_000  # callers that wait for a connection; more are refused at once
CONNECT_S: Final = 2  # the least that the driver takes
CHECKOUT_S: Final = 1.2
ANSWER_S: Final = 1.7  # in which a transaction must be over, or a long one begun
LONG_S: Final = 30.0  # for scans, and for writes of many rows
MANY_ROWS: Final = 100
RECONNECT_S: Final = 1.0  # the pool's own tries; the next caller makes it try anew
DIALECT: Final = postgresql_dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy

T = TypeVar("T")
Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]  # Any: see `script.Row`


class PostgresDatabase:
    """`Database` over a PostgreSQL server; open it before use and close it after."""

    def __init__(self, url: str, *, clock: DatabaseClock, connections: int = CONNECTIONS) -> None:
        self._clock = clock
        self._checking: asyncio.Task[None] | None = None
        self._pool = AsyncConnectionPool[Connection](
            url,
            min_size=min(2, connections),
            max_size=connections,
            max_waiting=WAITING_MAX,
            timeout=CHECKOUT_S,
            reconnect_timeout=RECONNECT_S,
            configure=_configured,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_S, "application_name": "netra"},
            open=False,
        )

    async def open(self) -> None:
        """Connect. Raises `Unavailable` when the server does not answer."""
        try:
            await self._pool.open(wait=True, timeout=2 * CONNECT_S)
        except PoolTimeout as error:
            await self._pool.close()
            raise Unavailable("The database does not answer.") from error
        await self.set_clock()

    async def close(self) -> None:
        """Close every connection."""
        if self._checking is not None:
            self._checking.cancel()
        await self._pool.close()

    async def set_clock(self) -> None:
        """Ask the server what time it is."""
        async with self._connected() as (connection, _):
            cursor = await connection.execute(READ_CLOCK)
            self._clock.set(_instant_us(await cursor.fetchall()))

    async def read(self, script: Script[T]) -> T:
        """Play a script of few small reads, each a round trip and a transaction of its own."""
        async with self._connected() as (connection, _):
            return await _played(connection, script)

    async def scan(self, script: Script[T]) -> T:
        """Play a script that reads much, all of it at one moment."""
        async with self._connected() as (connection, alarm):
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            alarm.put_off(LONG_S)
            async with _rolled_back_on_error(connection):
                value = await _played(connection, script)
                await connection.execute("COMMIT")
            return value

    async def write(self, script: Script[T]) -> T:
        """Play a script that writes; it returns once the commit did."""
        async with self._connected() as (connection, alarm), _rolled_back_on_error(connection):
            async with connection.pipeline():
                await connection.execute("BEGIN")
                if self._clock.is_old:
                    cursor = await connection.execute(READ_CLOCK)
                    self._clock.set(_instant_us(await cursor.fetchall()))
                value = await _played(connection, script, alarm)
                await connection.execute("COMMIT")
            return value

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[tuple[Connection, "Alarm"]]:
        """Lend a connection that is cut when its alarm rings; the driver's errors become the domain's."""
        until_s = time.monotonic() + ANSWER_S  # waiting for a connection counts
        try:
            async with self._pool.connection() as connection:
                alarm = Alarm(connection, until_s - time.monotonic())
                try:
                    yield connection, alarm
                finally:
                    alarm.stop()
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise Unavailable("The database does not answer; try again in a moment.") from error
        except IntegrityError as error:
            raise Conflict("This contradicts what is stored already.") from error
        except OperationalError as error:
            self._look_after_the_others()
            raise Unavailable("The database cannot do this now.") from error
        except Error as error:
            raise Unavailable("The database cannot do this now.") from error

    def _look_after_the_others(self) -> None:
        """Have the pool replace the connections that broke with this one."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._checked())

    async def _checked(self) -> None:
        with suppress(Error):
            await self._pool.check()


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


async def _configured(connection: Connection) -> None:
    connection.adapters.register_dumper(int, Int8Dumper)  # one type, so one prepared statement
    connection.prepare_threshold = 1


async def _played(connection: Connection, script: Script[T], alarm: Alarm | None = None) -> T:
    """Return what the script returns, its statements run on `connection`."""
    try:
        step = next(script)
        while True:
            if alarm is not None and isinstance(step.many, list) and len(step.many) > MANY_ROWS:
                alarm.put_off(LONG_S)
            step = script.send(await _rows(connection, step))
    except StopIteration as end:
        returned: T = end.value
        return returned
    finally:
        script.close()


async def _rows(connection: Connection, step: Step) -> Rows:
    compiled = step.query.compiled(DIALECT)
    cursor: AsyncCursor[tuple[Any, ...]] = connection.cursor()
    text = compiled.text.encode()
    if step.many is not None:
        await cursor.executemany(text, step.many)
        return ()
    await cursor.execute(text, compiled.arranged(step.values))
    return await cursor.fetchall() if compiled.is_awaited else ()


@asynccontextmanager
async def _rolled_back_on_error(connection: Connection) -> AsyncGenerator[None]:
    try:
        yield
    except BaseException:
        if not connection.closed:
            with suppress(Error):
                await connection.rollback()
        raise


def _instant_us(rows: Rows) -> int:
    ((instant_us,),) = rows
    return int(instant_us)
