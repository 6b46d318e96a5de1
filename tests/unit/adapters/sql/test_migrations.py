"""The migrations lead to the schema that the statements are built on."""

import shutil
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import StaticPool, create_engine

from netra.adapters.sql.migrations import FOLDER, HEAD, migrate, revision
from netra.adapters.sql.migrations.runner import upgrade
from netra.adapters.sql.operations_schema import metadata
from netra.adapters.sql.sqlite.sqlite_database import connect


@pytest.fixture
def connection(tmp_path: Path) -> Generator[sqlite3.Connection]:
    made = connect(tmp_path / "a.sqlite3", wait_s=1)
    yield made
    made.close()


def test_an_empty_database_is_brought_to_the_head(connection):
    assert revision(connection) is None
    migrate(connection)
    assert revision(connection) == HEAD
    assert not connection.in_transaction


def test_migrating_twice_changes_nothing(connection):
    migrate(connection)
    before = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    migrate(connection)
    assert connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() == before


def test_the_named_head_is_the_last_revision():
    assert ScriptDirectory(str(FOLDER)).get_current_head() == HEAD


def test_the_migrated_schema_is_the_one_that_statements_know(connection):
    migrate(connection)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as bound:
        assert compare_metadata(MigrationContext.configure(bound), metadata) == []


def test_the_migrated_tables_are_made_word_for_word_like_the_schemas(connection, tmp_path):
    migrate(connection)
    fresh = connect(tmp_path / "b.sqlite3", wait_s=1)
    engine = create_engine("sqlite://", creator=lambda: fresh, poolclass=StaticPool)
    metadata.create_all(engine)
    known = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"

    def shape(of: sqlite3.Connection) -> dict[str, list[str]]:
        """Return each definition as a sorted list of its parts: their order does not matter."""
        return {
            name: sorted("".join(sql.split()).replace('"', "").split(",")) for name, sql in of.execute(known)
        }

    migrated, made = shape(connection), shape(fresh)
    assert set(migrated) == set(made)
    indexes = [name for name in made if name.startswith(("ix_", "uq_"))]
    assert {name: migrated[name] for name in indexes} == {name: made[name] for name in indexes}
    assert [name for name, parts in made.items() if "WITHOUTROWID" in "".join(parts)] == [
        name for name in made if "WITHOUTROWID" in "".join(migrated[name])
    ]
    engine.dispose()
    fresh.close()


def test_a_failed_migration_leaves_nothing(connection):
    connection.execute("CREATE TABLE runs (already TEXT)")
    with pytest.raises(Exception, match="already exists"):
        migrate(connection)
    assert revision(connection) is None
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("runs",)]


STEP = """
from alembic import op
from sqlalchemy import Column, Text

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("users", Column("nickname", Text, nullable=False, server_default="none yet"))
{last}
"""


@pytest.fixture
def newer(tmp_path):
    """Return a maker of a folder of migrations with one more step than this version has."""

    def made(last: str) -> Path:
        folder = tmp_path / "newer"
        shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "r9999_newer.py").write_text(STEP.format(head=HEAD, last=f"    {last}"))
        return folder

    return made


def add_user(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO users (email, name, role, created_at, updated_at)"
        " VALUES ('ada@example.com', 'Ada', 'member', 1, 1)"
    )


def test_an_older_database_is_upgraded_and_keeps_its_rows(connection, newer):
    migrate(connection)
    add_user(connection)
    upgrade(connection, folder=newer("pass"))
    assert revision(connection) == "9999"
    assert connection.execute("SELECT email, nickname FROM users").fetchall() == [
        ("ada@example.com", "none yet")
    ]


def test_an_upgrade_that_fails_leaves_the_older_database_as_it_was(connection, newer):
    migrate(connection)
    add_user(connection)
    with pytest.raises(ZeroDivisionError):
        upgrade(connection, folder=newer("1 / 0"))
    assert revision(connection) == HEAD
    assert "nickname" not in {row[1] for row in connection.execute("PRAGMA table_info(users)")}
    assert connection.execute("SELECT email FROM users").fetchall() == [("ada@example.com",)]
