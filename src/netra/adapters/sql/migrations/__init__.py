"""Schema migrations: one revision per step, applied at start under the database's write lock."""

import sqlite3
from pathlib import Path
from typing import Final, Protocol

# The last revision. Named here so that a start on a current schema need not import the migration tool.
HEAD: Final = "0012"

FOLDER: Final = Path(__file__).parent


class Schema(Protocol):
    """The schema of one database."""

    head: str  # the revision that this version of Netra requires

    @property
    def place(self) -> str:
        """Return where the database is, for the operator; contains no password."""
        ...

    def revision(self) -> str | None:
        """Return the last applied revision, or None for an empty database. Raises `Unavailable`."""
        ...

    def upgrade(self) -> None:
        """Upgrade the tables to `HEAD`, all or nothing; a race of processes has one winner.

        A no-op when the schema is current. Raises `Unavailable`, also for a newer schema.
        """
        ...

    def check(self) -> str | None:
        """Return the last applied revision. Raises `Unavailable` for a newer schema."""
        ...

    def script(self) -> str:
        """Return the statements that `upgrade` would run. Raises `Unavailable`."""
        ...


def migrate(connection: sqlite3.Connection) -> None:
    """Upgrade the schema to `HEAD`, all or nothing; a race of processes has one winner.

    `connection` must begin no transaction by itself. Raises `Unavailable` for a newer schema.
    """
    if revision(connection) != HEAD:
        from netra.adapters.sql.migrations.runner import upgrade  # slow to import, rarely needed

        upgrade(connection)


def revision(connection: sqlite3.Connection) -> str | None:
    """Return the schema's revision, or None for an empty database."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
    if not known:
        return None
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if rows else None
