"""Opens the store on a PostgreSQL server, brought to the present schema, with every port over it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import psycopg

from netra.adapters.sql.migrations import HEAD
from netra.adapters.sql.postgres.database_clock import DatabaseClock
from netra.adapters.sql.postgres.postgres_database import ANSWER_S, CONNECT_S, CONNECTIONS, PostgresDatabase
from netra.adapters.sql.stores import SqlStores, stores_over
from netra.domain.errors import Unavailable
from netra.ports.clock import Clock


@asynccontextmanager
async def open_postgres(
    url: str, *, clock: Clock | None = None, connections: int = CONNECTIONS, answer_s: float = ANSWER_S
) -> AsyncGenerator[SqlStores]:
    """Migrate and connect, and disconnect on exit. Raises `Unavailable`.

    Time is the server's unless a `clock` is given, so that any number of processes agree on leases.
    What does not answer within `answer_s` is `Unavailable`.
    """
    await asyncio.to_thread(PostgresSchema(url).upgrade)
    told = DatabaseClock()
    database = PostgresDatabase(url, clock=told, connections=connections, answer_s=answer_s)
    await database.open()
    try:
        yield stores_over(database, clock=clock or told, name="postgresql")
    finally:
        await database.close()


class PostgresSchema:
    """`Schema` of the server's database that `url` names."""

    head = HEAD

    def __init__(self, url: str) -> None:
        self._url = url

    def revision(self) -> str | None:
        """Return the last revision that was applied, None for none."""
        with self._connected() as connection:
            return _revision(connection)

    def upgrade(self) -> None:
        """Bring the tables to `HEAD`, all or nothing; of several processes that try, one does it."""
        with self._connected() as connection:
            if _revision(connection) != HEAD:
                from netra.adapters.sql.migrations.runner import upgrade_postgres  # slow, rarely needed

                upgrade_postgres(connection)

    def check(self) -> str | None:
        """Return the last revision that was applied. Raises `Unavailable` for a newer schema."""
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
        except psycopg.Error as error:
            raise Unavailable("The database cannot be opened; see NETRA_DATABASE_URL.") from error


def _revision(connection: psycopg.Connection) -> str | None:
    """Return the schema's revision, or None for an empty database."""
    (known,) = connection.execute("SELECT to_regclass('alembic_version')").fetchall()[0]
    rows = [] if known is None else connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.rollback()
    return str(rows[0][0]) if rows else None
