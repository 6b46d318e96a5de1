"""The one alarm of a subscription, over many waits."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from netra.adapters.local.feed import LocalRunFeed, LocalSubscription
from netra.domain.ids import RunId
from netra.domain.runs.events import EventKind, RunEvent

RUN = RunId("run-1")


def event(seq: int) -> RunEvent:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return RunEvent(run_id=RUN, seq=seq, kind=EventKind.UPDATE, at=at, data=b"{}")


@pytest.fixture
def feed() -> LocalRunFeed:
    return LocalRunFeed(waiting_max=3)


@pytest.fixture
async def reader(feed: LocalRunFeed) -> AsyncGenerator[LocalSubscription]:
    async with feed.subscribe(RUN) as subscription:
        yield subscription


async def test_an_alarm_set_for_an_earlier_wait_does_not_end_a_later_one_early(
    feed: LocalRunFeed, reader: LocalSubscription
) -> None:
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(reader.next(timeout_s=0.05))
    await asyncio.sleep(0)
    await feed.publish([event(1)])
    assert [one.seq for one in await first] == [1]
    began = loop.time()
    assert await reader.next(timeout_s=0.1) == ()
    assert loop.time() - began >= 0.09


async def test_a_shorter_wait_ends_in_its_own_time(feed: LocalRunFeed, reader: LocalSubscription) -> None:
    first = asyncio.create_task(reader.next(timeout_s=60))
    await asyncio.sleep(0)
    await feed.publish([event(1)])
    await first
    async with asyncio.timeout(5):
        assert await reader.next(timeout_s=0) == ()


async def test_an_alarm_that_rings_while_nobody_waits_is_set_again_by_the_next_wait(
    feed: LocalRunFeed, reader: LocalSubscription
) -> None:
    first = asyncio.create_task(reader.next(timeout_s=0.01))
    await asyncio.sleep(0)
    await feed.publish([event(1)])
    await first
    await asyncio.create_task(_pass_s(0.02))
    async with asyncio.timeout(5):
        assert await reader.next(timeout_s=0.01) == ()


async def test_a_wait_that_is_cancelled_leaves_the_reader_whole(
    feed: LocalRunFeed, reader: LocalSubscription
) -> None:
    first = asyncio.create_task(reader.next(timeout_s=60))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await feed.publish([event(1), event(2)])
    assert [one.seq for one in await reader.next(timeout_s=0)] == [1, 2]


async def test_an_overflow_wakes_a_waiting_reader_empty_handed(
    feed: LocalRunFeed, reader: LocalSubscription
) -> None:
    waiting = asyncio.create_task(reader.next(timeout_s=60))
    await asyncio.sleep(0)
    await feed.publish([event(seq) for seq in range(1, 6)])
    assert await waiting == ()
    await feed.publish([event(6)])
    assert [one.seq for one in await reader.next(timeout_s=0)] == [6]


async def _pass_s(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        await asyncio.sleep(0)
