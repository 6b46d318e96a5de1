"""The store of users, runs and workloads: a SQLite file, or the database server that the settings name."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from netra.domain.users.revocations import postponing
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.settings import Settings, package_missing

if TYPE_CHECKING:
    from netra.adapters.sql.migrations import Schema
    from netra.adapters.sql.stores import SqlStores

DATABASE_FILE: Final = "netra.sqlite3"


def open_store(settings: Settings, clock: Clock) -> AbstractAsyncContextManager["SqlStores"]:
    """Return a context manager that opens the database server's store, or the file in `settings.data`."""
    if settings.database_url is None:
        from netra.adapters.sql.stores import open_sqlite

        return open_sqlite(settings.data / DATABASE_FILE, clock=clock)
    with _with_psycopg():
        from netra.adapters.sql.postgres.postgres_stores import open_postgres
    return open_postgres(settings.database_url.reveal())


def schema_of_store(settings: Settings) -> "Schema":
    """Return the tables of the store that the settings name, whether or not they exist."""
    if settings.database_url is None:
        from netra.adapters.sql.stores import SqliteSchema

        return SqliteSchema(settings.data / DATABASE_FILE)
    with _with_psycopg():
        from netra.adapters.sql.postgres.postgres_stores import PostgresSchema
    return PostgresSchema(settings.database_url.reveal())


@asynccontextmanager
async def with_postponed_writes(
    stores: "SqlStores", settings: Settings, *, clock: Clock, incidents: Incidents
) -> AsyncGenerator["SqlStores"]:
    """Postpone revocations on a full disk, so that sign-out works, if one process serves the store."""
    if settings.database_url is not None or settings.workers > 1:
        yield stores
        return
    async with postponing(stores.sessions, stores.audit, clock=clock, incidents=incidents) as (
        sessions,
        audit,
    ):
        yield replace(stores, sessions=sessions, audit=audit)


@contextmanager
def _with_psycopg() -> Generator[None]:
    """Import modules that need psycopg, which is an extra, and slow to import."""
    try:
        yield
    except ImportError as error:  # psycopg without its own libpq raises the parent class
        raise package_missing("psycopg", "postgres", needed_by="NETRA_DATABASE_URL") from error
