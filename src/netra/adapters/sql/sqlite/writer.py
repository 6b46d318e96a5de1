"""The only thread that writes to a SQLite file; commits many transactions together.

All waiting scripts run in one `BEGIN IMMEDIATE … COMMIT`, each in its own savepoint, so that a failure does
not affect the others. Callers get their result only after the commit. Other processes may write to the same
file: SQLite's lock orders them, and the busy timeout bounds the wait.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from netra.adapters.sql.transactions import Outcome
from netra.domain.errors import Unavailable

GROUP_MAX: Final = 64  # transactions in one commit; bounds how long the first waits for the last
WAITING_MAX: Final = 10_000  # queued transactions; a few seconds of work
_BEGIN: Final = "BEGIN IMMEDIATE"

T = TypeVar("T")


class Job(msgspec.Struct, frozen=True):
    """Work for the thread, and the future of its result."""

    work: Callable[[sqlite3.Connection], Any]  # Any: see `transactions.Outcome`
    future: asyncio.Future[Any]


class Writer:
    """Owns a connection and its thread; created and closed on the event loop."""

    def __init__(self, connection: sqlite3.Connection, *, waiting_max: int = WAITING_MAX) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiting_max = waiting_max
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="netra-sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` and return its result once committed. Raises its exception, or `Unavailable`."""
        if self._jobs.qsize() >= self._waiting_max:
            raise Unavailable("Too many writes are queued; try again in a moment.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(Job(work, future))
        return await future

    def close(self) -> None:
        """Finish queued work, end the thread, close the connection."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        while True:
            group: list[Job] = []
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) == GROUP_MAX or self._jobs.empty():
                    break
                job = self._jobs.get()
            if group:
                outcomes = self._committed(group)
                self._loop.call_soon_threadsafe(_complete, group, outcomes)
            if job is None:
                return

    def _committed(self, group: Sequence[Job]) -> Sequence[Outcome]:
        try:
            self._connection.execute(_BEGIN)
            outcomes = [self._played(job) for job in group]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [Outcome(error=refusal(error)) for _ in group]
        return outcomes

    def _played(self, job: Job) -> Outcome:
        self._connection.execute("SAVEPOINT job")
        try:
            value = job.work(self._connection)
        except BaseException as error:  # not swallowed: the awaiting caller gets it
            # SQLite has rolled back the whole group: disk full or I/O error
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError("the transaction ended early") from error
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return Outcome(error=error)
        self._connection.execute("RELEASE job")
        return Outcome(value)


def refusal(error: sqlite3.Error) -> Unavailable:
    """Return the domain's error for an engine that fails; it reveals nothing.

    The engine's own message is kept as the cause, for the operator.
    """
    is_busy = isinstance(error, sqlite3.OperationalError) and "lock" in str(error)
    refused = Unavailable(
        "The database is busy; try again in a moment." if is_busy else "The database cannot do this now."
    )
    refused.__cause__ = error
    return refused


def _complete(group: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if job.future.done():  # its caller was cancelled
            continue
        if outcome.error is None:
            job.future.set_result(outcome.value)
        else:
            job.future.set_exception(outcome.error)
