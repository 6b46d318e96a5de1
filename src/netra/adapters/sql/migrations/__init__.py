"""How the schema came to be: one revision a step, applied at start under the database's write lock."""

import sqlite3
from pathlib import Path
from typing import Final, Protocol

# The last revision, named here so that a start on a present schema need not load the migration tool.
HEAD: Final = "0009"

FOLDER: Final = Path(__file__).parent


class Schema(Protocol):
    """The tables of one database."""

    head: str  # the revision that this version of Netra works with

    @property
    def place(self) -> str:
        """Return where the database is, for an operator to read; it holds no password."""
        ...

    def revision(self) -> str | None:
        """Return the last revision that was applied, None for none. Raises `Unavailable`."""
        ...

    def upgrade(self) -> None:
        """Bring the tables to `HEAD`, all or nothing; of several processes that try, one does it.

        Nothing happens when they are there. Raises `Unavailable`, for a newer schema too.
        """
        ...

    def check(self) -> str | None:
        """Return the last revision that was applied. Raises `Unavailable` for a newer schema."""
        ...

    def script(self) -> str:
        """Return the statements that `upgrade` would run. Raises `Unavailable`."""
        ...


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema to `HEAD`, all or nothing; of several processes that try, one does it.

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
