"""Plays scripts over psycopg: a pool of connections, statements prepared once, few round trips.

Statements whose rows no script waits for go out with the next one that does, or with the commit. A
server that stopped or froze is noticed within `ANSWER_S`: the connection is cut, the caller hears
`Unavailable`, and the pool connects again by itself. What certainly left no trace, because the commit
was not sent or the server chose this transaction to break a tie, is tried again on another connection
within that time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

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
SCAN_SHARE: Final = 0.5  # of the connections; the others are for what must not wait for a long read
WAITING_MAX: Final = 1_000  # callers that wait for a connection; more are refused at once
CONNECT_S: Final = 2  # the least that the driver takes
WAIT_SHARE: Final = 0.7  # of the time for an answer, in which there must be a connection
CHECK_SHARE: Final = 0.3  # of it, in which an idle one must answer: who waits for it still gets a new one
START_S: Final = 10.0
ANSWER_S: Final = 1.7  # in which a transaction must be over, or a long one begun
TRIES: Final = 3
RECONNECT_S: Final = 1.0  # the pool's own tries; the next caller makes it try anew

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
        """Close every connection."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait({self._checking})
        await self._pool.close()

    async def set_clock(self) -> None:
        """Ask the server what time it is."""

        async def play(attempt: Attempt) -> None:
            attempt.wire.put(READ_CLOCK, heard=self._set_clock)
            await attempt.wire.send()

        await self._attempted(play, await self._attempt(time.monotonic() + START_S))

    async def read(self, recipe: Recipe[T]) -> T:
        """Play a script of few small reads, each a round trip and a transaction of its own."""

        async def play(attempt: Attempt) -> T:
            return await attempt.play(recipe())

        return await self._tried(play)

    async def view(self, recipe: Recipe[T]) -> T:
        """Play a script that reads a page or so, all of it at one moment."""

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
        """Play a script that reads without a bound, all of it at one moment, when it is its turn.

        Who waits for that has no connection, so that heartbeats, claims and requests find one.
        """
        try:
            async with timeout(self._turn_s):
                await self._scanning.acquire()
        except TimeoutError as error:
            raise Unavailable("Too much is read from the database now; try again in a moment.") from error
        try:
            return await self.view(recipe)
        finally:
            self._scanning.release()

    async def write(self, recipe: Recipe[T]) -> T:
        """Play a script that writes; it returns once the commit did."""

        async def play(attempt: Attempt) -> T:
            self._begin_writing(attempt)
            value = await attempt.play(recipe())
            if not attempt.is_committing:
                await attempt.commit()
            return value

        return await self._tried(play)

    async def write_together(self, recipe: Recipe[T]) -> T:
        """Play a script that writes, in one commit with all that came during the one before."""
        outcome = await self._commits.ask(recipe)
        if outcome.error is not None:
            raise outcome.error
        value: T = outcome.value
        return value

    async def _written(self, recipes: Mapping[object, Recipe[Any]]) -> Mapping[object, Outcome]:
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
            outcomes = await asyncio.gather(*map(self._written_alone, wanted))  # then each has its own fault
        return dict(zip(askers, outcomes, strict=True))

    async def _written_alone(self, recipe: Recipe[Any]) -> Outcome:
        try:
            return Outcome(await self.write(recipe))
        except NetraError as error:
            return Outcome(error=error)

    def _begin_writing(self, attempt: Attempt) -> None:
        attempt.is_writing = True
        if self._clock.is_old:
            attempt.wire.put(READ_CLOCK, heard=self._set_clock)

    def _set_clock(self, rows: Rows) -> None:
        ((instant_us,),) = rows
        self._clock.set(int(instant_us))

    async def _tried(self, play: Callable[[Attempt], Awaitable[T]]) -> T:
        """Return what `play` does, tried again while that is safe and there is time."""
        until_s = time.monotonic() + self._answer_s  # waiting for a connection counts
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
        """Return what `play` does; a connection is left without a transaction, and cut when time is up."""
        try:
            attempt.wire.check()  # it may have died in the pool, which counts as no try
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
        """Return an attempt on a connection of the pool; whoever gets it lets `_attempted` play."""
        wait_s = min(WAIT_SHARE * self._answer_s, until_s - time.monotonic())
        # The pool's own `connection()` would roll back what nobody began.
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
        """Have the idle connections that broke with this one replaced."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._checked())

    async def _checked(self) -> None:
        """Ask every idle connection for a word, all at the same time, and cut those that stay silent.

        On a line that went dead without a reset they would keep their places until the system gives
        it up, after a quarter of an hour. Nor are all replaced unasked: one is closed also for a request
        that was cancelled or a statement that took too long; the others are well then, and to connect
        ten times for each would be a burden that grows with the server's.
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
    """Return what the server is asked to do for our connections.

    Its own patience: with a process that froze in a transaction, with locks, with any statement. And
    one plan a statement, by index: a queue changes faster than what the planner is told of it, and by
    a wrong guess it sorts the whole queue at each claim, or plans each statement anew.
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
