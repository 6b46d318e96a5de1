"""The contracts' row for PostgreSQL: a database of its own for each test, copied from a migrated one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

import pytest
from tests.contracts.shared import PATIENCE_S
from tests.servers.postgres_server import drop_database, fresh_database

from netra.adapters.sql.postgres.postgres_stores import PostgresSchema, open_postgres
from netra.adapters.sql.stores import SqlStores
from netra.ports.clock import Clock

POSTGRES = pytest.param("postgresql", marks=pytest.mark.system)


@asynccontextmanager
async def opened_over_postgres(clock: Clock | None, server_url: str) -> AsyncGenerator[SqlStores]:
    """Open empty stores on the server, over the pool that a process has.

    Contracts are not about a slow answer, so they wait for it on the busiest machine.
    """
    url = fresh_database(server_url, template=migrated_template(server_url))
    try:
        async with open_postgres(url, clock=clock, answer_s=PATIENCE_S) as opened:
            yield opened
    finally:
        drop_database(url)


@cache
def migrated_template(server_url: str) -> str:
    """Return the name of a database with the schema and nothing else."""
    url = fresh_database(server_url)
    PostgresSchema(url).upgrade()
    return url.rpartition("/")[2]
