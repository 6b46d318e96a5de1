"""Opens the embedded store: one SQLite file, brought to the present schema, with every port over it."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.calls.call_outbox import SqlEventOutbox
from netra.adapters.sql.identity.api_keys import SqlApiKeyStore
from netra.adapters.sql.identity.audit_trail import SqlAuditTrail
from netra.adapters.sql.identity.one_time import SqlOneTimeBook
from netra.adapters.sql.identity.sessions import SqlSessionStore
from netra.adapters.sql.identity.users import SqlUserStore
from netra.adapters.sql.known_addresses import SqlKnownAddressStore
from netra.adapters.sql.migrations import HEAD, migrate, revision
from netra.adapters.sql.probe import SqlProbe
from netra.adapters.sql.replays import SqlReplayBook
from netra.adapters.sql.runs.run_store import SqlRunStore
from netra.adapters.sql.sqlite.sqlite_database import (
    WRITE_WAIT_S,
    SqliteDatabase,
    Synchronous,
    connect,
    keep_write_ahead,
)
from netra.adapters.sql.threads import SqlThreadStore
from netra.adapters.sql.transactions import Database
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.errors import Unavailable
from netra.ports.clock import Clock

SQLITE_MIN: Final = (3, 35)  # RETURNING


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlStores:
    """Every port over one database."""

    users: SqlUserStore
    sessions: SqlSessionStore
    api_keys: SqlApiKeyStore
    one_time: SqlOneTimeBook
    known_addresses: SqlKnownAddressStore
    audit: SqlAuditTrail
    threads: SqlThreadStore
    runs: SqlRunStore
    workloads: SqlWorkloadStore
    event_log: SqlEventLog
    event_outbox: SqlEventOutbox
    replays: SqlReplayBook
    probe: SqlProbe


@asynccontextmanager
async def open_sqlite(
    path: Path, *, clock: Clock, synchronous: Synchronous = "NORMAL"
) -> AsyncGenerator[SqlStores]:
    """Open the file, made when missing, and close all of it on exit. Raises `Unavailable`.

    Several processes may have it open, so that an operator's command works while the server runs:
    each write is one `BEGIN IMMEDIATE` transaction that waits for the others.
    """
    await asyncio.to_thread(SqliteSchema(path).upgrade)
    database = SqliteDatabase(path, synchronous=synchronous)
    try:
        yield stores_over(database, clock=clock, name="sqlite")
    finally:
        database.close()


def stores_over(database: Database, *, clock: Clock, name: str) -> SqlStores:
    """Return every port over `database`; health reports call it `name`."""
    return SqlStores(
        users=SqlUserStore(database),
        sessions=SqlSessionStore(database),
        api_keys=SqlApiKeyStore(database),
        one_time=SqlOneTimeBook(database),
        known_addresses=SqlKnownAddressStore(database),
        audit=SqlAuditTrail(database),
        threads=SqlThreadStore(database, clock=clock),
        runs=SqlRunStore(database, clock=clock),
        workloads=SqlWorkloadStore(database),
        event_log=SqlEventLog(database, clock=clock),
        event_outbox=SqlEventOutbox(database, clock=clock),
        replays=SqlReplayBook(database, clock=clock),
        probe=SqlProbe(database, name=name),
    )


class SqliteSchema:
    """`Schema` of the file at `path`, which need not be there yet."""

    head = HEAD

    def __init__(self, path: Path) -> None:
        self._path = path

    def revision(self) -> str | None:
        """Return the last revision that was applied, None for none."""
        if not self._path.exists():
            return None  # opening it would make it
        with self._opened() as connection:
            return revision(connection)

    def upgrade(self) -> None:
        """Bring the tables to `HEAD`, in a file that is made when missing."""
        with self._opened() as connection:
            keep_write_ahead(connection)
            migrate(connection)

    def script(self) -> str:
        """Return the statements that `upgrade` would run."""
        from netra.adapters.sql.migrations.runner import script  # slow to import, rarely needed

        return script("sqlite", after=self.revision())

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        if sqlite3.sqlite_version_info < SQLITE_MIN:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed.")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(connect(self._path, wait_s=WRITE_WAIT_S)) as connection:
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"The database file {self._path} cannot be opened: {error}.") from error
