"""Opens the embedded store: one SQLite file, migrated to the current schema, with every port over it."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.calls.call_outbox import SqlEventOutbox
from netra.adapters.sql.decisions import SqlDecisionStore
from netra.adapters.sql.identity.api_keys import SqlApiKeyStore
from netra.adapters.sql.identity.audit_trail import SqlAuditTrail
from netra.adapters.sql.identity.known_addresses import SqlKnownAddressStore
from netra.adapters.sql.identity.one_time import SqlOneTimeBook
from netra.adapters.sql.identity.sessions import SqlSessionStore
from netra.adapters.sql.identity.users import SqlUserStore
from netra.adapters.sql.migrations import HEAD, migrate, revision
from netra.adapters.sql.probe import SqlProbe, WritingProbe
from netra.adapters.sql.replays import SqlReplayBook
from netra.adapters.sql.runs.run_store import SqlRunStore
from netra.adapters.sql.soundness import check_soundness, damaged
from netra.adapters.sql.spending import SqlSpendingBook
from netra.adapters.sql.sqlite.sqlite_database import (
    WRITE_WAIT_S,
    SqliteDatabase,
    Synchronous,
    connect,
    keep_write_ahead,
)
from netra.adapters.sql.telemetry_staging import SqlTelemetryStaging
from netra.adapters.sql.threads import SqlThreadStore
from netra.adapters.sql.transactions import Database
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.errors import Unavailable
from netra.ports.audit_trail import AuditTrail
from netra.ports.clock import Clock
from netra.ports.probes import Probe
from netra.ports.sessions import SessionStore

SQLITE_MIN: Final = (3, 35)  # first version with RETURNING


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlStores:
    """Every port over one database."""

    users: SqlUserStore
    sessions: SessionStore
    api_keys: SqlApiKeyStore
    one_time: SqlOneTimeBook
    known_addresses: SqlKnownAddressStore
    audit: AuditTrail
    threads: SqlThreadStore
    runs: SqlRunStore
    workloads: SqlWorkloadStore
    decisions: SqlDecisionStore
    event_log: SqlEventLog
    event_outbox: SqlEventOutbox
    replays: SqlReplayBook
    spending: SqlSpendingBook
    telemetry_staging: SqlTelemetryStaging
    probe: Probe


@asynccontextmanager
async def open_sqlite(
    path: Path, *, clock: Clock, synchronous: Synchronous = "NORMAL"
) -> AsyncGenerator[SqlStores]:
    """Open the file, creating it if missing, and close everything on exit. Raises `Unavailable`.

    Several processes may open the same file, so that operators' commands work while the server runs: each
    write is one `BEGIN IMMEDIATE` transaction that waits for the others.
    """
    await asyncio.to_thread(SqliteSchema(path).upgrade)
    database = SqliteDatabase(path, synchronous=synchronous)
    try:
        stores = stores_over(database, clock=clock, name="sqlite")
        yield replace(stores, probe=WritingProbe(database, name="sqlite"))
    finally:
        database.close()


def stores_over(database: Database, *, clock: Clock, name: str) -> SqlStores:
    """Return every port over `database`; `name` is its name in health reports."""
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
        decisions=SqlDecisionStore(database),
        event_log=SqlEventLog(database, clock=clock),
        event_outbox=SqlEventOutbox(database, clock=clock),
        replays=SqlReplayBook(database, clock=clock),
        spending=SqlSpendingBook(database),
        telemetry_staging=SqlTelemetryStaging(database),
        probe=SqlProbe(database, name=name),
    )


class SqliteSchema:
    """`Schema` of the file at `path`, which may not exist yet."""

    head = HEAD

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        """Return the path of the folder that holds the file."""
        return str(self._path.parent)

    def revision(self) -> str | None:
        """Return the last applied revision, or None."""
        if not self._path.exists():
            return None  # opening would create the file
        with self._opened() as connection:
            return revision(connection)

    def upgrade(self) -> None:
        """Upgrade the tables to `HEAD`, creating the file if missing.

        Raises `Unavailable` for a damaged file.
        """
        with self._opened() as connection:
            check_soundness(connection, self._path)
            keep_write_ahead(connection)
            migrate(connection)

    def check(self) -> str | None:
        """Return the last applied revision. Raises `Unavailable` for a newer schema."""
        from netra.adapters.sql.migrations.runner import check_known  # slow to import, rarely needed

        found = self.revision()
        check_known(found)
        return found

    def script(self) -> str:
        """Return the statements that `upgrade` would run."""
        from netra.adapters.sql.migrations.runner import script  # slow to import, rarely needed

        return script("sqlite", after=self.revision())

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        if sqlite3.sqlite_version_info < SQLITE_MIN:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed.")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not self._path.exists()
            with closing(connect(self._path, wait_s=WRITE_WAIT_S)) as connection:
                if is_new:
                    self._path.chmod(0o600)  # SQLite gives its write-ahead log the same mode
                yield connection
        except (sqlite3.OperationalError, OSError) as error:
            raise Unavailable(
                f"The database file {self._path} cannot be opened: {error}. "
                "Check that this user may write to the file and its folder, and that the disk is not full."
            ) from error
        except sqlite3.Error as error:
            raise damaged(self._path, str(error)) from error
