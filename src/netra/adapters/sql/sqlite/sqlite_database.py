"""Plays scripts over `sqlite3`: small reads where they are asked, large ones and writes in threads."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, TypeVar

from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from netra.adapters.sql.sqlite.writer import Writer, refusal
from netra.adapters.sql.transactions import Recipe, Rows, Script, Step
from netra.domain.errors import Conflict

SCANNERS: Final = 2
WRITE_WAIT_S: Final = 10.0  # for another process's transaction
READ_WAIT_S: Final = 1.0  # in WAL readers wait only while a file is recovered
WAL_TRIES: Final = 20
GIVE_UP_EVERY: Final = 10_000  # steps of SQLite's machine after which a scan asks whether to go on
CACHE_KIB: Final = 16_384  # pages each connection may hold
DIALECT: Final = sqlite_dialect(paramstyle="qmark")

Synchronous = Literal["NORMAL", "FULL"]
T = TypeVar("T")


class SqliteDatabase:
    """`Database` over one file in write-ahead mode.

    With `synchronous=NORMAL` a commit is in the operating system's hands when it returns: killing
    any process loses nothing, a power cut may lose the last moments and never corrupts. FULL waits
    for the disk at every commit. Measured on ext4, one writer: 14 us a commit against 460 us, and
    20 us of CPU against 180 us; a run makes about eight. NORMAL is the default.
    """

    def __init__(
        self, path: Path, *, synchronous: Synchronous = "NORMAL", write_wait_s: float = WRITE_WAIT_S
    ) -> None:
        opened: list[sqlite3.Connection] = []
        try:
            opened.append(connect(path, wait_s=write_wait_s))
            opened[0].execute(f"PRAGMA synchronous = {synchronous}")
            for _ in range(1 + SCANNERS):
                opened.append(connect(path, wait_s=READ_WAIT_S))
                opened[-1].execute("PRAGMA query_only = ON")
        except BaseException:
            for connection in opened:
                connection.close()
            raise
        writing, self._reading, *scanning = opened
        self._is_closing = False
        self._scanning = tuple(scanning)
        for connection in scanning:
            connection.set_progress_handler(lambda: self._is_closing, GIVE_UP_EVERY)
        self._idle = scanning  # a scan takes one and puts it back; there are as many as threads
        self._scanners = ThreadPoolExecutor(SCANNERS, thread_name_prefix="netra-sqlite-scan")
        self._writer = Writer(writing)

    async def read(self, recipe: Recipe[T]) -> T:
        """Play a script of few small reads at once, on the event loop's own connection."""
        try:
            return played(self._reading, recipe())
        except sqlite3.Error as error:
            raise refusal(error) from error

    async def view(self, recipe: Recipe[T]) -> T:
        """Play a script that reads a page or so in a thread, all of it at one moment."""
        return await self.scan(recipe)

    async def scan(self, recipe: Recipe[T]) -> T:
        """Play a script that reads without a bound in a thread, all of it at one moment."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scanners, self._scanned, recipe())

    async def write(self, recipe: Recipe[T]) -> T:
        """Play a script that writes in the writer's next commit."""
        try:
            return await self._writer.run(_writing(recipe()))
        except sqlite3.Error as error:
            raise refusal(error) from error

    async def write_together(self, recipe: Recipe[T]) -> T:
        """Play a script that writes in the writer's next commit, as all of them."""
        return await self.write(recipe)

    @property
    def is_scanning(self) -> bool:
        """Whether any scan goes on."""
        return len(self._idle) < len(self._scanning)

    def close(self) -> None:
        """Finish the writes that wait, stop the scans that go on, close every connection."""
        self._is_closing = True
        self._scanners.shutdown(cancel_futures=True)
        for connection in (*self._scanning, self._reading):
            connection.close()
        self._writer.close()  # last: it folds the write-ahead file into the database

    def _scanned(self, script: Script[T]) -> T:
        connection = self._idle.pop()
        try:
            connection.execute("BEGIN")
            return played(connection, script)
        except sqlite3.Error as error:
            raise refusal(error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.append(connection)


def connect(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """Return a connection that begins no transaction by itself and may be used from any one thread."""
    connection = sqlite3.connect(
        path, timeout=wait_s, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def keep_write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log, for good.

    The switch itself does not wait for other processes (SQLite gives up at once), so each further
    try first waits for the write lock, which does.
    """
    for _ in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return
    raise sqlite3.OperationalError("the write-ahead log cannot be switched on")


def played(connection: sqlite3.Connection, script: Script[T]) -> T:
    """Return what the script returns, its statements run on `connection`."""
    try:
        step = next(script)
        while True:
            step = script.send(_rows(connection, step))
    except StopIteration as end:
        returned: T = end.value
        return returned


def _rows(connection: sqlite3.Connection, step: Step) -> Rows:
    compiled = step.query.compiled(DIALECT)
    if step.many is not None:
        connection.executemany(compiled.text, step.many)
        return ()
    # all rows are fetched: an open cursor would hold its moment and keep the log from being folded
    return connection.execute(compiled.text, compiled.arranged(step.values)).fetchall()


def _writing(script: Script[T]) -> Callable[[sqlite3.Connection], T]:
    def work(connection: sqlite3.Connection) -> T:
        try:
            return played(connection, script)
        except sqlite3.IntegrityError as error:
            raise Conflict("This contradicts what is stored already.") from error

    return work
