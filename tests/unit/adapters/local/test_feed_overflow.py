"""A subscription of one process that is not read in time."""

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


async def test_an_overflow_wakes_a_waiting_reader_empty_handed(
    feed: LocalRunFeed, reader: LocalSubscription
) -> None:
    waiting = asyncio.create_task(reader.next(timeout_s=60))
    await asyncio.sleep(0)
    await feed.publish([event(seq) for seq in range(1, 6)])
    assert await waiting == ()
    await feed.publish([event(6)])
    assert [one.seq for one in await reader.next(timeout_s=0)] == [6]
