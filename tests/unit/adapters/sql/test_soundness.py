"""A damaged database file is refused at the start in one sentence, within a bounded time."""

import sqlite3
from itertools import count
from pathlib import Path

import pytest

from netra.adapters.sql.soundness import check_soundness
from netra.adapters.sql.sqlite.sqlite_database import connect
from netra.adapters.sql.stores import SqliteSchema, open_sqlite
from netra.domain.errors import Unavailable
from netra.entrypoints.cli import exit_code

PAGE_BYTES = 4096


@pytest.fixture
def path(empty_store: Path) -> Path:
    return empty_store / "netra.sqlite3"


def overwrite(path: Path, *, page: int) -> None:
    """Put noise where a page was, as a failing disk does."""
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\x5a" * PAGE_BYTES)


@pytest.mark.parametrize("page", [2, 5, 9])
async def test_a_damaged_page_is_found_at_the_start(path, clock, page):
    overwrite(path, page=page)
    with pytest.raises(Unavailable) as caught:
        async with open_sqlite(path, clock=clock):
            pass
    said = str(caught.value)
    assert said.startswith(f"The database file {path} is damaged (")
    assert "restore a backup" in said
    assert "\n" not in said


@pytest.mark.parametrize("content", [b"no database " * 1_000, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_the_command_line_says_so_in_one_sentence(path, capsys, content):
    path.write_bytes(content)
    assert exit_code(["users", "list", "--data", str(path.parent)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Error: The database file {path} is damaged (")
    assert said.count("\n") == 1


def test_a_sound_file_is_checked_whole(path):
    connection = connect(path, wait_s=1)
    assert check_soundness(connection, path)
    connection.close()


def test_a_file_too_large_for_the_time_is_left_unchecked_and_the_connection_goes_on(path):
    connection = connect(path, wait_s=1)
    connection.execute(
        "CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " LIMIT 20000) SELECT i, i AS j FROM n"
    )
    seconds = count()
    assert not check_soundness(connection, path, check_s=1, clock_s=lambda: float(next(seconds)))
    assert connection.execute("SELECT count(*) FROM large").fetchall() == [(20_000,)]
    connection.close()


def test_a_failure_that_is_not_the_time_is_raised(tmp_path):
    path = tmp_path / "without-a-log"
    connection, other = connect(path, wait_s=0), connect(path, wait_s=0)
    other.execute("CREATE TABLE words (word TEXT)")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        check_soundness(connection, path)
    other.close()
    connection.close()


def test_a_look_at_the_revision_does_not_wait_for_the_check(path):
    overwrite(path, page=9)
    assert SqliteSchema(path).revision() is not None
