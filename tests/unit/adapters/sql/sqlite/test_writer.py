"""One thread, many transactions in a commit, none hurt by its neighbours."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from netra.adapters.sql.sqlite.sqlite_database import connect
from netra.adapters.sql.sqlite.writer import Writer
from netra.domain.errors import NotFound, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.sqlite3"


@pytest.fixture
async def writer(path: Path) -> AsyncGenerator[Writer]:
    connection = connect(path, wait_s=0.05)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE words (word TEXT UNIQUE)")
    made = Writer(connection)
    yield made
    made.close()


def put(word: str):
    def work(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO words VALUES (?)", (word,))
        return word

    return work


def words(path: Path) -> list[str]:
    connection = connect(path, wait_s=1)
    found = [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word").fetchall()]
    connection.close()
    return found


async def test_work_is_committed_when_its_caller_hears_of_it(writer, path):
    assert await writer.run(put("a")) == "a"
    assert words(path) == ["a"]


async def test_a_failure_undoes_its_own_work_and_no_others(writer, path):
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO words VALUES ('lost')")
        raise NotFound("word", "x")

    jobs = [put("a"), fail, put("b"), put("a"), put("c")]
    results = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert results[0::2] == ["a", "b", "c"]
    assert isinstance(results[1], NotFound)
    assert isinstance(results[3], sqlite3.IntegrityError)
    assert words(path) == ["a", "b", "c"]


async def test_many_are_done_in_the_order_they_came(writer, path):
    numbers = [f"{n:04}" for n in range(300)]
    assert await asyncio.gather(*(writer.run(put(n)) for n in numbers)) == numbers
    assert words(path) == numbers


async def test_a_full_disk_fails_the_group_and_the_next_goes_on(writer, path):
    def shrink(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 8")

    def grow(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 100000")

    await writer.run(shrink)
    big = "x" * 200_000
    results = await asyncio.gather(writer.run(put("small")), writer.run(put(big)), return_exceptions=True)
    assert isinstance(results[1], sqlite3.OperationalError | Unavailable)
    await writer.run(grow)
    await writer.run(put("after"))
    assert "after" in words(path)
    assert big not in words(path)


async def test_another_processs_long_transaction_is_waited_for_then_refused(writer, path):
    other = connect(path, wait_s=1)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="busy"):
        await writer.run(put("a"))
    other.execute("COMMIT")
    other.close()
    assert await writer.run(put("a")) == "a"


async def test_a_refusal_has_the_engines_own_word_as_its_cause(writer):
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 8")
        connection.execute("INSERT INTO words VALUES (?)", ("x" * 200_000,))

    with pytest.raises(Unavailable) as refused:
        await writer.run(fill)
    said: list[str] = []
    error: BaseException | None = refused.value
    while error is not None:
        said.append(str(error))
        error = error.__cause__
    assert "full" in said[-1]
    assert "full" not in said[0]


async def test_a_caller_that_went_away_holds_nobody_up(writer, path):
    gone = asyncio.create_task(writer.run(put("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert await writer.run(put("here")) == "here"
    assert "here" in words(path)


async def test_closing_finishes_what_waits_and_ends_the_thread(path):
    connection = connect(path, wait_s=1)
    connection.execute("CREATE TABLE words (word TEXT UNIQUE)")
    others = set(threading.enumerate())
    writer = Writer(connection)
    (thread,) = set(threading.enumerate()) - others
    waiting = [asyncio.create_task(writer.run(put(str(n)))) for n in range(100)]
    await asyncio.sleep(0)
    writer.close()
    assert len(await asyncio.gather(*waiting)) == 100
    assert not thread.is_alive()
    assert len(words(path)) == 100


async def test_more_than_may_wait_are_refused(path):
    connection = connect(path, wait_s=1)
    connection.execute("CREATE TABLE words (word TEXT UNIQUE)")
    writer = Writer(connection, waiting_max=5)
    is_free = threading.Event()
    held = asyncio.create_task(writer.run(lambda _: is_free.wait()))
    await asyncio.sleep(0)
    tries = [asyncio.create_task(writer.run(put(str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    refused = [task for task in tries if task.done()]
    is_free.set()
    results = await asyncio.gather(*tries, held, return_exceptions=True)
    writer.close()
    assert 4 <= len(refused) <= 6
    assert sum(isinstance(result, Unavailable) for result in results) == len(refused)
