"""Opening and closing the file, several processes on it, and what happens when it cannot be opened."""

import asyncio
import sqlite3
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.waiting import happens, until

from netra.adapters.sql.probe import SqlProbe
from netra.adapters.sql.sqlite.sqlite_database import SCANNERS, SqliteDatabase, connect
from netra.adapters.sql.stores import open_sqlite
from netra.adapters.sql.transactions import Query, ask
from netra.domain.errors import Unavailable
from netra.domain.users.model import NewUser, Role

AT = datetime(2024, 1, 1, tzinfo=UTC)


def new_user(email: str) -> NewUser:
    return NewUser(email=email, name="x", password_hash=None, role=Role.MEMBER, created_at=AT)


def ours() -> list[str]:
    """Return the names of this test's own threads: a server of another test may live in this process."""
    return [
        thread.name
        for thread in threading.enumerate()
        if "netra-sqlite" in thread.name and thread.ident not in OTHERS
    ]


OTHERS: set[int | None] = set()


@pytest.fixture(autouse=True)
def _know_the_others() -> None:
    OTHERS.clear()
    OTHERS.update(thread.ident for thread in threading.enumerate())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "netra.sqlite3"


async def test_what_was_stored_is_there_after_the_next_start(path, clock):
    async with open_sqlite(path, clock=clock) as stores:
        user = await stores.users.add(new_user("a@example.com"))
    async with open_sqlite(path, clock=clock, synchronous="FULL") as stores:
        assert await stores.users.find(user.id) == user


async def test_a_new_store_is_accessible_to_its_owner_alone(path, clock):
    async with open_sqlite(path, clock=clock) as stores:
        await stores.users.add(new_user("a@example.com"))
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == dict.fromkeys(["netra.sqlite3", "netra.sqlite3-wal", "netra.sqlite3-shm"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_closing_ends_every_thread_and_folds_the_log_in(path, clock):
    async with open_sqlite(path, clock=clock) as stores:
        await stores.users.add(new_user("a@example.com"))
        await stores.users.everyone()
        assert ours()
    assert not ours()
    assert [file.name for file in path.parent.iterdir()] == ["netra.sqlite3"]


async def test_what_is_inside_fails_and_all_is_closed(path, clock):
    with pytest.raises(RuntimeError, match="inside"):
        async with open_sqlite(path, clock=clock):
            raise RuntimeError("inside")
    assert not ours()


@pytest.mark.parametrize("trouble", ["folder", "garbage", "newer"])
async def test_what_cannot_be_opened_is_said_in_a_sentence(path, clock, trouble):
    path.parent.mkdir(parents=True)
    if trouble == "folder":
        path.mkdir()
    elif trouble == "garbage":
        path.write_bytes(b"no database " * 1_000)
    else:
        async with open_sqlite(path, clock=clock):
            pass
        connection = connect(path, wait_s=1)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
    with pytest.raises(Unavailable) as caught:
        async with open_sqlite(path, clock=clock):
            pass
    assert "newer" in str(caught.value) if trouble == "newer" else str(path) in str(caught.value)
    assert not ours()


def test_a_database_that_opens_halfway_leaves_nothing_open(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        SqliteDatabase(tmp_path)
    assert not ours()


async def test_several_processes_write_one_after_the_other(path, clock):
    async with open_sqlite(path, clock=clock) as server, open_sqlite(path, clock=clock) as command:
        adds = [(server, command)[n % 2].users.add(new_user(f"{n}@example.com")) for n in range(40)]
        added = await asyncio.gather(*adds)
        assert len({user.id for user in added}) == 40
        assert await server.users.everyone() == await command.users.everyone()


async def test_several_processes_start_on_an_empty_folder_at_once(path, clock):
    async def start(n: int) -> None:
        async with open_sqlite(path, clock=clock) as stores:
            await stores.users.add(new_user(f"{n}@example.com"))

    await asyncio.gather(*(start(n) for n in range(4)))
    async with open_sqlite(path, clock=clock) as stores:
        assert len(await stores.users.everyone()) == 4


async def test_a_database_that_is_gone_is_unavailable_and_leaks_nothing(path, clock):
    async with open_sqlite(path, clock=clock) as stores:
        connection = connect(path, wait_s=1)
        connection.execute("DROP TABLE users")
        connection.close()
        for ask in (
            stores.users.find(1),
            stores.users.everyone(),
            stores.users.add(new_user("a@example.com")),
        ):
            with pytest.raises(Unavailable) as caught:
                await ask
            assert "users" not in str(caught.value)
        await stores.probe.check()
        assert stores.probe.name == "sqlite"
        connection = connect(path, wait_s=1)
        connection.execute("DROP TABLE event_courier")
        connection.close()
        with pytest.raises(Unavailable):
            await stores.probe.check()


def counting_for_ever():
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    yield ask(Query(text(endless)))


async def test_closing_does_not_wait_for_a_long_scan(path, clock):
    async with open_sqlite(path, clock=clock):
        pass
    database = SqliteDatabase(path)

    scan = asyncio.create_task(database.scan(counting_for_ever))
    await asyncio.sleep(0)
    await until(lambda: database.is_scanning, "the scan's start", pause_s=0)
    database.close()
    with pytest.raises(Unavailable):
        await scan


async def test_health_waits_behind_no_long_scan(path, clock):
    async with open_sqlite(path, clock=clock):
        pass
    database = SqliteDatabase(path)
    scans = [asyncio.create_task(database.scan(counting_for_ever)) for _ in range(SCANNERS)]
    await until(lambda: database.is_scanning, "the scan's start", pause_s=0)
    await happens(SqlProbe(database, name="sqlite").check(), "the probe's answer")
    database.close()
    await asyncio.gather(*scans, return_exceptions=True)
