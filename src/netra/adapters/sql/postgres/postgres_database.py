"""Runs scripts over psycopg: a connection pool, prepared statements, few round trips.

A statement whose rows are not awaited is sent with the next awaited one, or with the commit. A stopped or
frozen server is detected within `ANSWER_S`: the connection is cut, the caller gets `Unavailable`, and the
pool reconnects by itself. An attempt that certainly had no effect, because the commit was not sent or the
server aborted the transaction to resolve a conflict, is retried on another connection within that time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from psycopg import Error, OperationalError
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from netra.adapters.resilience.coalescer import Coalescer
from netra.adapters.resilience.deadline import Deadline, timeout
from netra.adapters.sql.postgres.attempt import LONG_S, Attempt
from netra.adapters.sql.postgres.database_clock import READ_CLOCK, DatabaseClock
from netra.adapters.sql.postgres.pipeline import Connection, Wire, cut
from netra.adapters.sql.postgres.postgres_errors import is_safe, translated
from netra.adapters.sql.transactions import Outcome, Recipe, Rows
from netra.domain.errors import NetraError, Unavailable

CONNECTIONS: Final = 10
SCAN_SHARE: Final = 0.5  # fraction of the connections; the others are reserved for short transactions
WAITING_MAX: Final = 1_000  # callers waiting for a connection; more are rejected immediately
CONNECT_S: Final = 2  # seconds; the driver's minimum
WAIT_SHARE: Final = 0.7  # fraction of the answer time within which a connection must be available
# fraction of the answer time for the check of an idle connection; a waiting caller then still gets a new one
CHECK_SHARE: Final = 0.3
START_S: Final = 10.0
ANSWER_S: Final = 1.7  # seconds within which a transaction must end, or a long one begin
TRIES: Final = 3
RECONNECT_S: Final = 1.0  # seconds of the pool's own reconnect attempts; the next caller starts a new one

T = TypeVar("T")


class PostgresDatabase:
    """`Database` over a PostgreSQL server; open it before use and close it after."""

    def __init__(
        self,
        url: str,
        *,
        clock: DatabaseClock,
        connections: int = CONNECTIONS,
        answer_s: float = ANSWER_S,
        turn_s: float = LONG_S,
    ) -> None:
        self._clock = clock
        self._answer_s = answer_s
        self._turn_s = turn_s
        self._scanning = asyncio.Semaphore(max(1, int(SCAN_SHARE * connections)))
        self._checking: asyncio.Task[None] | None = None
        self._wires: dict[Connection, Wire] = {}
        self._commits = Coalescer(self._written)
        self._pool = AsyncConnectionPool[Connection](
            url,
            min_size=min(2, connections),
            max_size=connections,
            max_waiting=WAITING_MAX,
            reconnect_timeout=RECONNECT_S,
            kwargs={
                "autocommit": True,
                "connect_timeout": CONNECT_S,
                "fallback_application_name": "netra",
                "options": f"{conninfo_to_dict(url).get('options') or ''} {server_options(answer_s)}",
            },
            open=False,
        )

    async def open(self) -> None:
        """Connect. Raises `Unavailable` when the server does not answer."""
        try:
            await self._pool.open(wait=True, timeout=START_S)
        except PoolTimeout as error:
            await self._pool.close()
            raise Unavailable("The database does not answer.") from error
        await self.set_clock()

    async def close(self) -> None:
        """Close all connections."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait({self._checking})
        await self._pool.close()

    async def set_clock(self) -> None:
        """Read the server's clock."""

        async def play(attempt: Attempt) -> None:
            attempt.wire.put(READ_CLOCK, on_rows=self._set_clock)
            await attempt.wire.send()

        await self._attempted(play, await self._attempt(time.monotonic() + START_S))

    async def read(self, recipe: Recipe[T]) -> T:
        """Run a script of a few small reads, each a round trip and a transaction of its own."""

        async def play(attempt: Attempt) -> T:
            return await attempt.play(recipe())

        return await self._tried(play)

    async def view(self, recipe: Recipe[T]) -> T:
        """Run a script that reads about one page, from one snapshot."""

        async def play(attempt: Attempt) -> T:
            attempt.wire.put("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await attempt.wire.send()
            attempt.deadline.postpone(LONG_S)
            value = await attempt.play(recipe())
            attempt.wire.put("COMMIT")
            await attempt.wire.send()
            return value

        return await self._tried(play)

    async def scan(self, recipe: Recipe[T]) -> T:
        """Run a script that reads without bound, from one snapshot, after waiting for a slot.

        A waiting scan holds no connection, so heartbeats, claims and requests find one.
        """
        try:
            async with timeout(self._turn_s):
                await self._scanning.acquire()
        except TimeoutError as error:
            raise Unavailable("Too many large reads are in progress; try again in a moment.") from error
        try:
            return await self.view(recipe)
        finally:
            self._scanning.release()

    async def write(self, recipe: Recipe[T]) -> T:
        """Run a script that writes; return once it is committed."""

        async def play(attempt: Attempt) -> T:
            self._begin_writing(attempt)
            value = await attempt.play(recipe())
            if not attempt.is_committing:
                await attempt.commit()
            return value

        return await self._tried(play)

    async def write_together(self, recipe: Recipe[T]) -> T:
        """Run a script that writes, in one commit with all calls made during the previous commit."""
        outcome = await self._commits.ask(recipe)
        if outcome.error is not None:
            raise outcome.error
        value: T = outcome.value
        return value

    async def _written(self, recipes: Mapping[object, Recipe[object]]) -> Mapping[object, Outcome]:
        askers, wanted = list(recipes), list(recipes.values())
        is_undone = False

        async def play(attempt: Attempt) -> Sequence[Outcome]:
            nonlocal is_undone
            self._begin_writing(attempt)
            try:
                return await attempt.play_together([make() for make in wanted])
            except (Error, NetraError) as error:
                is_undone = not attempt.is_committing or getattr(error, "sqlstate", None) is not None
                raise

        try:
            outcomes = await self._tried(play)
        except NetraError:
            if not is_undone:
                raise
            # then only the failing scripts fail
            outcomes = await asyncio.gather(*map(self._written_alone, wanted))
        return dict(zip(askers, outcomes, strict=True))

    async def _written_alone(self, recipe: Recipe[object]) -> Outcome:
        try:
            return Outcome(await self.write(recipe))
        except NetraError as error:
            return Outcome(error=error)

    def _begin_writing(self, attempt: Attempt) -> None:
        attempt.is_writing = True
        if self._clock.is_old:
            attempt.wire.put(READ_CLOCK, on_rows=self._set_clock)

    def _set_clock(self, rows: Rows) -> None:
        ((instant_us,),) = rows
        self._clock.set(int(instant_us))

    async def _tried(self, play: Callable[[Attempt], Awaitable[T]]) -> T:
        """Return the result of `play`, retrying while that is safe and time remains."""
        until_s = time.monotonic() + self._answer_s  # includes the wait for a connection
        tries = 0
        while True:
            attempt: Attempt | None = None
            with translated():
                try:
                    attempt = await self._attempt(until_s)
                    return await self._attempted(play, attempt)
                except OperationalError as error:
                    tries += attempt is not None and attempt.has_played
                    if tries == TRIES or time.monotonic() >= until_s or not is_safe(error, attempt):
                        raise

    async def _attempted(self, play: Callable[[Attempt], Awaitable[T]], attempt: Attempt) -> T:
        """Return the result of `play`; end the connection's transaction, or cut it on a timeout."""
        try:
            attempt.wire.check()  # a connection that died in the pool does not count as an attempt
            attempt.has_played = True
            return await play(attempt)
        except BaseException as error:
            await attempt.undo(error)
            if attempt.connection.closed:
                self._look_after_the_others()
            raise
        finally:
            attempt.deadline.cancel()
            await self._pool.putconn(attempt.connection)

    async def _attempt(self, until_s: float) -> Attempt:
        """Return an attempt on a pooled connection, for use by `_attempted`."""
        wait_s = min(WAIT_SHARE * self._answer_s, until_s - time.monotonic())
        # The pool's own `connection()` would send a needless ROLLBACK.
        connection = await self._pool.getconn(wait_s)
        deadline = Deadline(until_s - time.monotonic(), partial(cut, connection))
        return Attempt(connection, self._wire(connection), deadline)

    def _wire(self, connection: Connection) -> Wire:
        wire = self._wires.get(connection)
        if wire is None:
            for closed in [known for known in self._wires if known.closed]:
                del self._wires[closed]
            wire = self._wires[connection] = Wire(connection)
        return wire

    def _look_after_the_others(self) -> None:
        """Replace idle connections that broke together with this one."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._checked())

    async def _checked(self) -> None:
        """Probe every idle connection concurrently, and cut those that do not answer.

        A connection whose peer vanished without a reset would stay in the pool until the operating system
        gives it up, after a quarter of an hour. They are not all replaced unconditionally: a connection is
        also closed for a cancelled request or a slow statement, while the others are healthy, and ten
        reconnects for each would add load to a busy server.
        """
        idle = self._pool.get_stats()["pool_available"]
        await asyncio.gather(*(self._asked() for _ in range(idle)))

    async def _asked(self) -> None:
        async def play(attempt: Attempt) -> None:
            attempt.wire.put("SELECT 1")
            await attempt.wire.send()

        with suppress(Error):
            until_s = time.monotonic() + CHECK_SHARE * self._answer_s
            await self._attempted(play, await self._attempt(until_s))


def server_options(answer_s: float) -> str:
    """Return the server options for our connections.

    They set the server's timeouts for an idle transaction, for locks and for statements, and force generic,
    index-based plans. A queue changes faster than the planner's statistics; with stale ones it sorts the
    whole queue for each claim, or plans each statement anew.
    """
    settings = {
        "idle_in_transaction_session_timeout": round((answer_s + 0.3) * 1e3),
        "lock_timeout": round((answer_s - 0.2) * 1e3),
        "statement_timeout": round(LONG_S * 1e3),
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
