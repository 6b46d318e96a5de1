"""A log that several processes remove at once, or that the courier takes blocks of meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import pytest
from tests.contracts.test_event_outbox import ONE, put
from tests.system.test_postgres_tries import opened
from tests.waiting import happens, until

from netra.adapters.local.clock import SystemClock
from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.stores import stores_over
from netra.bootstrap import open_ports
from netra.settings import Secret, Settings

pytestmark = pytest.mark.system

FIRST = b"SELECT arrival FROM event_blocks ORDER BY arrival LIMIT 1 FOR UPDATE"
FIRST_TWO = (
    b"DELETE FROM event_blocks WHERE arrival IN (SELECT arrival FROM event_blocks ORDER BY arrival LIMIT 2)"
)
LEFT = b"SELECT (SELECT count(*) FROM event_blocks), (SELECT count(*) FROM event_logs)"
WAITING = b"""
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@asynccontextmanager
async def filled(url: str, *, stores: int) -> AsyncGenerator[list[SqlEventLog]]:
    """Open a log of some blocks in so many processes, each of which removes two blocks at a time."""
    async with opened(url) as one, opened(url) as other:
        first = stores_over(one, clock=SystemClock(), name="postgresql")
        for number in range(35):
            await put(first, f"e{number}")
        yield [SqlEventLog(each, clock=SystemClock(), purged_blocks=2) for each in (one, other)[:stores]]


async def remove_while(url: str, logs: list[SqlEventLog], held: bytes) -> tuple[int, int]:
    """Remove the log in each process while somebody else holds rows of it; return what is left on disk."""
    async with (
        await psycopg.AsyncConnection.connect(url) as blocker,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as eye,
    ):
        await blocker.execute(held)
        removals = [asyncio.create_task(log.delete("wl-1", owner_id=ONE)) for log in logs]

        async def all_wait_or_are_done() -> bool:
            return await waiting(eye) + sum(removal.done() for removal in removals) >= len(removals)

        await until(all_wait_or_are_done, "removals that wait for the held rows")
        await blocker.commit()
        await happens(asyncio.gather(*removals), "the end of the removals")
        return await left_on_disk(eye)


async def left_on_disk(connection: psycopg.AsyncConnection) -> tuple[int, int]:
    (left,) = await (await connection.execute(LEFT)).fetchall()
    return left


async def waiting(connection: psycopg.AsyncConnection) -> int:
    ((number,),) = await (await connection.execute(WAITING)).fetchall()
    return int(number)


async def test_two_that_remove_one_log_leave_nothing_of_it(postgres_url):
    async with filled(postgres_url, stores=2) as logs:
        assert await remove_while(postgres_url, logs, FIRST) == (0, 0)


async def test_blocks_that_the_courier_took_are_no_sign_that_there_are_no_more(postgres_url):
    async with filled(postgres_url, stores=1) as logs:
        assert await remove_while(postgres_url, logs, FIRST_TWO) == (0, 0)


async def test_what_a_killed_process_left_of_a_deletion_is_removed_by_the_next_that_starts(
    postgres_url, tmp_path
):
    settings = Settings(data=tmp_path, secret=Secret("s" * 48), database_url=Secret(postgres_url))
    async with open_ports(settings) as ports:
        for number in range(35):
            await put(ports, f"e{number}")
        await ports.workloads.delete("wl-1", owner_id=ONE)  # and killed before it made room
    async with (
        open_ports(settings),
        await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as eye,
    ):

        async def is_empty() -> bool:
            return await left_on_disk(eye) == (0, 0)

        await until(is_empty, "the removal by the next process")
