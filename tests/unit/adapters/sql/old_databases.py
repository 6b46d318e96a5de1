"""Databases as an earlier version left them."""

import sqlite3
from pathlib import Path

from alembic import command
from sqlalchemy import StaticPool, create_engine, event

from netra.adapters.sql.migrations.runner import _begin, _configured
from netra.adapters.sql.sqlite.sqlite_database import connect, keep_write_ahead


def at_revision(revision: str, path: Path) -> sqlite3.Connection:
    """Return a connection to a database at an older revision."""
    connection = connect(path, wait_s=1)
    keep_write_ahead(connection)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    with engine.begin() as bound:
        command.upgrade(_configured(connection=bound), revision)
    return connection


def insert(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert one row."""
    places = ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"  # noqa: S608 (names of a test)
    connection.execute(statement, list(values.values()))
