"""`netra migrate`: changes what is missing, and says so before when asked."""

from pathlib import Path
from typing import Any

import pytest

from netra.adapters.sql.migrations import HEAD
from netra.adapters.sql.sqlite.sqlite_database import connect
from netra.adapters.sql.stores import SqliteSchema
from netra.entrypoints.cli import exit_code

FILE = "netra.sqlite3"


def migrate(*options: str, data: Path) -> int:
    return exit_code(["migrate", *options, "--data", str(data)])


def test_an_empty_store_is_brought_to_the_present_schema_once(tmp_path: Any, capsys: Any) -> None:
    assert migrate(data=tmp_path) == 0
    assert migrate(data=tmp_path) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"The schema is at {HEAD}; it was at nothing.",
        f"The schema is at {HEAD}; nothing is missing.",
    ]
    assert SqliteSchema(tmp_path / FILE).revision() == HEAD


@pytest.mark.parametrize("option", ["--check", "--sql"])
def test_a_look_makes_nothing(tmp_path: Any, option: Any) -> None:
    migrate(option, data=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_check_ends_with_three_until_nothing_is_missing(tmp_path: Any, capsys: Any) -> None:
    assert migrate("--check", data=tmp_path) == 3
    assert capsys.readouterr().out == f"The schema is at nothing; the current version is {HEAD}.\n"
    migrate(data=tmp_path)
    assert migrate("--check", data=tmp_path) == 0


def at_revision(revision: str, path: Path) -> None:
    """Leave a database whose schema says that it is at this revision."""
    connection = connect(path, wait_s=1)
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    connection.close()


@pytest.mark.parametrize("revision", ["0001", "0007"])
def test_a_check_of_any_older_schema_ends_with_three_and_changes_nothing(
    tmp_path: Path, capsys: Any, revision: str
) -> None:
    at_revision(revision, tmp_path / FILE)
    assert migrate("--check", data=tmp_path) == 3
    assert capsys.readouterr().out == f"The schema is at {revision}; the current version is {HEAD}.\n"
    assert SqliteSchema(tmp_path / FILE).revision() == revision


def test_a_schema_that_was_never_released_is_not_upgraded(tmp_path: Path, capsys: Any) -> None:
    at_revision("0007", tmp_path / FILE)
    assert migrate(data=tmp_path) == 1
    assert "by one that was never released" in capsys.readouterr().err


def test_the_statements_printed_make_the_schema(tmp_path: Any, capsys: Any) -> None:
    assert migrate("--sql", data=tmp_path) == 0
    connection = connect(tmp_path / FILE, wait_s=1)
    connection.executescript(capsys.readouterr().out)
    connection.close()
    assert migrate("--check", data=tmp_path) == 0
    capsys.readouterr()
    assert migrate("--sql", data=tmp_path) == 0
    assert "CREATE TABLE" not in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--check", "--sql"])
def test_a_schema_of_a_newer_version_is_refused(tmp_path: Any, capsys: Any, option: Any) -> None:
    migrate(data=tmp_path)
    connection = connect(tmp_path / FILE, wait_s=1)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert migrate(option, data=tmp_path) == 1
    assert "created by a newer version of Netra" in capsys.readouterr().err
