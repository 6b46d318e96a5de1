"""Opens the store on a PostgreSQL server, migrated to the current schema, with every port over it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from netra.adapters.sql.migrations import HEAD
from netra.adapters.sql.postgres.database_clock import DatabaseClock
from netra.adapters.sql.postgres.postgres_database import ANSWER_S, CONNECT_S, CONNECTIONS, PostgresDatabase
from netra.adapters.sql.stores import SqlStores, stores_over
from netra.domain.errors import Unavailable
from netra.ports.clock import Clock

REASONS: Final = {  # by a part of the driver's message
    "Connection refused": "no server listens there; start the server, or correct host and port",
    "failed to resolve host": "its host is unknown; correct the host",
    "password authentication failed": "the server rejects the user name or password; correct them",
    "no password supplied": "the server requires a password; add one",
    "timeout expired": f"no answer within {CONNECT_S} s; check that the server runs and is reachable",
    "does not exist": "the server has no such database or user; create it, or correct the name",
    "too many clients": "the server has no free connection; raise its max_connections",
    "No such file or directory": "no server listens on this machine; add the host",
    "invalid integer value": "its port is not a number; correct the port",
}


@asynccontextmanager
async def open_postgres(
    url: str, *, clock: Clock | None = None, connections: int = CONNECTIONS, answer_s: float = ANSWER_S
) -> AsyncGenerator[SqlStores]:
    """Migrate and connect; disconnect on exit. Raises `Unavailable`.

    Time comes from the server unless a `clock` is given, so any number of processes agree on leases. An
    answer that takes longer than `answer_s` raises `Unavailable`.
    """
    await asyncio.to_thread(PostgresSchema(url).upgrade)
    server_clock = DatabaseClock()
    database = PostgresDatabase(url, clock=server_clock, connections=connections, answer_s=answer_s)
    await database.open()
    try:
        yield stores_over(database, clock=clock or server_clock, name="postgresql")
    finally:
        await database.close()


class PostgresSchema:
    """`Schema` of the database at `url`."""

    head = HEAD

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """Return the names of the database and of its server."""
        return place_of(self._url)

    def revision(self) -> str | None:
        """Return the last applied revision, or None."""
        with self._connected() as connection:
            return _revision(connection)

    def upgrade(self) -> None:
        """Upgrade the tables to `HEAD`, all or nothing; a race of processes has one winner."""
        with self._connected() as connection:
            if _revision(connection) != HEAD:
                # slow to import, rarely needed
                from netra.adapters.sql.migrations.runner import upgrade_postgres

                upgrade_postgres(connection)

    def check(self) -> str | None:
        """Return the last applied revision. Raises `Unavailable` for a newer schema."""
        from netra.adapters.sql.migrations.runner import check_known  # slow to import, rarely needed

        found = self.revision()
        check_known(found)
        return found

    def script(self) -> str:
        """Return the statements that `upgrade` would run."""
        from netra.adapters.sql.migrations.runner import script  # slow to import, rarely needed

        return script("postgresql", after=self.revision())

    @contextmanager
    def _connected(self) -> Generator[psycopg.Connection]:
        try:
            with psycopg.connect(self._url, connect_timeout=CONNECT_S) as connection:
                yield connection
        except (psycopg.ProgrammingError, UnicodeDecodeError) as error:
            raise Unavailable(
                "NETRA_DATABASE_URL is not a valid address: it must be an address such as "
                "postgresql://user:password@host:5432/netra, with %40 for an @ in the password."
            ) from error
        except psycopg.Error as error:
            raise Unavailable(
                f"The database at NETRA_DATABASE_URL cannot be opened: {reason_of(error)}."
            ) from error


def place_of(url: str) -> str:
    """Return the names of the database and its server in `url`, never the password.

    >>> place_of("postgresql://ada:secret@db.example.com/netra")
    "PostgreSQL, database 'netra' at db.example.com:5432"
    """
    parts = conninfo_to_dict(url)
    name = parts.get("dbname") or parts.get("user") or "of this user"
    return f"PostgreSQL, database {str(name)!r} at {parts.get('host', 'localhost')}:{parts.get('port', 5432)}"


def reason_of(error: psycopg.Error) -> str:
    """Return the cause of a failed connection and the remedy, without the driver's text and its secrets."""
    found = (reason for phrase, reason in REASONS.items() if phrase in str(error))
    return next(found, "the server refused the connection; its log says why")


def _revision(connection: psycopg.Connection) -> str | None:
    """Return the schema's revision, or None for an empty database."""
    (known,) = connection.execute("SELECT to_regclass('alembic_version')").fetchall()[0]
    rows = [] if known is None else connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.rollback()
    return str(rows[0][0]) if rows else None
