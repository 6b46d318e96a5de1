"""The contract of `RunFeed`."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.contracts.shared import REDIS, over_redis

from netra.adapters.local.feed import WAITING_MAX, WAITING_MAX_BYTES, LocalRunFeed
from netra.domain.runs.events import EventKind, RunEvent

AT = datetime(2024, 1, 1, tzinfo=UTC)
LONG_S = 3_600.0  # above what a test may take: who waits that long fails it


def event(seq: int, *, run: str = "run-1", data: bytes = b"{}") -> RunEvent:
    return RunEvent(run_id=run, seq=seq, kind=EventKind.UPDATE, at=AT, data=data)


@pytest.fixture(params=["local", REDIS])
async def feed(request):
    if request.param == "local":
        yield LocalRunFeed()
        return
    async with over_redis(request.getfixturevalue("redis_url")) as (shared, _):
        yield shared.feed


async def test_a_reader_gets_what_comes_after_it_subscribed_in_order(feed):
    await feed.publish([event(1)])
    async with feed.subscribe("run-1") as reader:
        await feed.publish([event(2), event(3)])
        await feed.publish([event(4)])
        assert [e.seq for e in await reader.next(timeout_s=LONG_S)] == [2, 3, 4]
        assert not await reader.next(timeout_s=0)


async def test_a_waiting_reader_is_woken(feed):
    async with feed.subscribe("run-1") as reader:
        waiting = asyncio.create_task(reader.next(timeout_s=LONG_S))
        await asyncio.sleep(0)
        await feed.publish([event(1)])
        assert [e.seq for e in await waiting] == [1]


async def test_a_reader_hears_of_its_run_alone(feed):
    async with feed.subscribe("run-1") as one, feed.subscribe("run-2") as two:
        await feed.publish([event(1, run="run-2"), event(1), event(2, run="run-2")])
        assert [e.run_id for e in await one.next(timeout_s=LONG_S)] == ["run-1"]
        assert [e.seq for e in await two.next(timeout_s=LONG_S)] == [1, 2]


async def test_every_reader_of_a_run_gets_everything(feed):
    async with feed.subscribe("run-1") as one, feed.subscribe("run-1") as two:
        await feed.publish([event(1)])
        assert await one.next(timeout_s=LONG_S) == await two.next(timeout_s=LONG_S)


async def test_publishing_to_nobody_is_fine(feed):
    await feed.publish([event(1)])
    async with feed.subscribe("run-1"):
        pass
    await feed.publish([event(2)])


async def test_one_who_leaves_does_not_take_the_others_along(feed):
    async with feed.subscribe("run-1") as staying:
        async with feed.subscribe("run-1"):
            pass
        await feed.publish([event(1)])
        assert len(await staying.next(timeout_s=LONG_S)) == 1


@pytest.mark.parametrize(
    ("count", "size"), [(WAITING_MAX + 1, 0), (2, WAITING_MAX_BYTES // 2 + 1)], ids=["count", "bytes"]
)
async def test_a_slow_reader_is_told_at_once_to_read_the_store(feed, count, size):
    async with feed.subscribe("run-1") as slow, feed.subscribe("run-1") as quick:
        for seq in range(1, count + 1):
            await feed.publish([event(seq, data=b"x" * size)])
            assert [e.seq for e in await quick.next(timeout_s=LONG_S)] == [seq]
        assert not await slow.next(timeout_s=LONG_S)
        await feed.publish([event(count + 1)])
        assert [e.seq for e in await slow.next(timeout_s=LONG_S)] == [count + 1]


async def test_a_cancelled_wait_loses_nothing(feed):
    async with feed.subscribe("run-1") as reader:
        waiting = asyncio.create_task(reader.next(timeout_s=LONG_S))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await feed.publish([event(1)])
        assert [e.seq for e in await reader.next(timeout_s=LONG_S)] == [1]
