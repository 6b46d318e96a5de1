"""An embedded database is healthy while it answers reads and takes writes."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest

from netra.adapters.sql.probe import WritingProbe
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase, connect
from netra.domain.errors import Unavailable

PATIENCE_S = 60.0


@pytest.fixture
def path(empty_store: Path) -> Path:
    return empty_store / "netra.sqlite3"


@pytest.fixture
async def database(path: Path) -> Generator[SqliteDatabase]:
    made = SqliteDatabase(path, write_wait_s=0.05)
    yield made
    made.close()


def rename(path: Path, name: str, other: str) -> None:
    connection = connect(path, wait_s=1)
    connection.execute(f"ALTER TABLE {name} RENAME TO {other}")
    connection.close()


def writes(path: Path) -> int:
    connection = connect(path, wait_s=1)
    ((found,),) = connection.execute("SELECT writes FROM write_probe").fetchall()
    connection.close()
    return int(found)


async def test_each_check_writes_once(database, path):
    probe = WritingProbe(database, name="sqlite", write_s=PATIENCE_S)
    await probe.check()
    await probe.check()
    assert (writes(path), probe.name) == (2, "sqlite")


async def test_a_database_that_takes_no_write_is_not_healthy_until_it_does(database, path):
    probe = WritingProbe(database, name="sqlite", write_s=PATIENCE_S)
    rename(path, "write_probe", "elsewhere")  # the engine refuses, as it does on a full disk
    for _ in range(2):
        with pytest.raises(Unavailable):
            await probe.check()
    rename(path, "elsewhere", "write_probe")
    await probe.check()


async def test_a_late_write_is_no_failure_and_its_outcome_counts_at_a_later_check(database, path):
    other = connect(path, wait_s=1)
    other.execute("BEGIN IMMEDIATE")
    probe = WritingProbe(database, name="sqlite", write_s=0)
    await probe.check()

    async def check_again_and_again() -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await probe.check()

    with pytest.raises(Unavailable, match="busy"):
        await check_again_and_again()
    other.execute("ROLLBACK")
    other.close()


async def test_a_check_that_is_given_up_leaves_one_write_under_way(database, path):
    other = connect(path, wait_s=1)
    other.execute("BEGIN IMMEDIATE")
    patient = SqliteDatabase(path)
    probe = WritingProbe(patient, name="sqlite", write_s=PATIENCE_S)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await probe.check()
    other.execute("ROLLBACK")
    other.close()
    await probe.check()
    patient.close()
    assert writes(path) == 1
