"""Who gets a connection of the pool to PostgreSQL when many want one, or when the line is not well."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from tests.contracts.test_event_outbox import put
from tests.system.test_postgres_tries import (
    keeping,
    keeping_last,
    kept,
    opened,
    opened_through_a_line,
)
from tests.waiting import until

from netra.adapters.local.clock import SystemClock
from netra.adapters.sql.postgres.postgres_database import PostgresDatabase
from netra.adapters.sql.stores import stores_over
from netra.adapters.sql.transactions import Query, Script, ask
from netra.domain.errors import Unavailable

pytestmark = pytest.mark.system

CONNECTIONS = 4
SLEEP = Query(text("SELECT pg_sleep(20)"))
SLEEPING = Query(text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
NAP = Query(text("SELECT pg_sleep(0.3)"))
WHO = Query(text("SELECT pg_backend_pid()"))


def sleeping() -> Script[None]:
    yield ask(SLEEP)


def how_many_sleep() -> Script[int]:
    ((count,),) = yield ask(SLEEPING)
    return int(count)


async def enough_sleep(database: PostgresDatabase, count: int) -> bool:
    return await database.read(how_many_sleep) >= count


def who() -> Script[int]:
    ((backend,),) = yield ask(WHO)
    return int(backend)


@asynccontextmanager
async def long_scans(database: PostgresDatabase, many: int, *, at_once: int) -> AsyncGenerator[None]:
    """Have so many scans want to take long; those that may do by the time that the block begins."""
    scans = [asyncio.create_task(database.scan(sleeping)) for _ in range(many)]
    try:
        await until(lambda: enough_sleep(database, at_once), f"{at_once} scans under way")
        yield
    finally:
        for scan in scans:
            scan.cancel()
        await asyncio.wait(scans)


async def test_long_scans_leave_connections_to_heartbeats_and_requests(postgres_url):
    async with (
        opened(postgres_url, connections=CONNECTIONS) as database,
        long_scans(database, CONNECTIONS, at_once=CONNECTIONS // 2),
    ):
        await database.write(lambda: keeping("a"))
        assert await database.write_together(lambda: keeping_last("b")) == "b"
        assert await database.view(kept) == ["a", "b first", "b"]
        assert await database.read(how_many_sleep) == CONNECTIONS // 2


async def test_each_of_many_scans_gets_its_turn(postgres_url):
    async with opened(postgres_url, connections=CONNECTIONS) as database:
        backends = await asyncio.gather(*(database.scan(who) for _ in range(10 * CONNECTIONS)))
        assert 1 <= len(set(backends)) <= CONNECTIONS


async def test_a_scan_does_not_wait_for_ever_for_its_turn(postgres_url):
    async with (
        opened(postgres_url, connections=2, turn_s=0.1) as database,
        long_scans(database, 1, at_once=1),
    ):
        with pytest.raises(Unavailable):
            await database.scan(who)
        assert await database.view(who)


async def test_events_are_taken_while_as_much_is_read_as_may_be(postgres_url):
    async with opened(postgres_url, connections=2, turn_s=0.1) as database:
        stores = stores_over(database, clock=SystemClock(), name="postgresql")
        for name in ("a", "b"):  # the second learns which ids the log has
            await put(stores, name)
        async with long_scans(database, 1, at_once=1):
            await put(stores, "a", "c")
        assert (await stores.workloads.get("wl-1", owner_id=1)).event_count == 3


async def test_of_connections_that_fell_silent_none_takes_a_place_for_long(postgres_url):
    async with opened_through_a_line(postgres_url, connections=CONNECTIONS) as (database, line):
        await in_parallel(database)
        line.strand()
        with pytest.raises(Unavailable):
            await database.read(who)
        await in_parallel(database)


async def test_connections_that_answer_outlive_one_that_does_not(postgres_url):
    async with opened_through_a_line(postgres_url, connections=CONNECTIONS) as (database, _):
        before = await in_parallel(database)
        reading = asyncio.create_task(database.view(sleeping))
        await until(lambda: enough_sleep(database, 1), "a scan under way")
        reading.cancel()  # its connection is closed, as answers may be on their way that nobody would take
        await asyncio.wait({reading})
        after = await in_parallel(database)
        assert len(before & after) == CONNECTIONS - 1


async def in_parallel(database: PostgresDatabase) -> set[int]:
    """Return the backends of as many connections as the pool has, once all of them play at once."""

    async def met() -> set[int]:
        plays = [database.view(meeting) for _ in range(CONNECTIONS)]
        backends = await asyncio.gather(*plays, return_exceptions=True)
        found = {backend for backend in backends if isinstance(backend, int)}
        return found if len(found) == CONNECTIONS else set()

    return await until(met, "all connections at once")


def meeting() -> Script[int]:
    """Say who plays, after so long that each of those that play at once needs a connection of its own."""
    yield ask(NAP)
    return (yield from who())
