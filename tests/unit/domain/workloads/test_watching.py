"""Who watches a workload learns of each change, once a second at most, and no workload is read more often."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.waiting import happens

from netra.domain.errors import NotFound, Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.domain.workloads.watching import WATCH_S, WorkloadFigures, WorkloadWatch
from netra.ports.call_outbox import Delivery

ALICE, BOB = UserId(1), UserId(2)
START = datetime(2024, 1, 1, tzinfo=UTC)


class CountedWorkloads:
    """The service, with its reads counted, and a store that may be down."""

    def __init__(self, workloads: Any) -> None:
        self._workloads = workloads
        self.reads = 0
        self.is_down = False
        self.read = asyncio.Event()

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Any:
        return await self._workloads.get(workload_id, owner_id=owner_id)

    async def delivery(self, workload_id: WorkloadId, *, owner_id: UserId) -> Delivery:
        self.reads += 1
        self.read.set()
        if self.is_down:
            raise Unavailable("The store is down.")
        found: Delivery = await self._workloads.delivery(workload_id, owner_id=owner_id)
        return found


class Seen:
    """What one watcher saw."""

    def __init__(self) -> None:
        self.counts = list[int]()
        self._more = asyncio.Event()

    def __call__(self, figures: WorkloadFigures) -> None:
        self.counts.append(figures.event_count)
        self._more.set()

    async def next(self) -> int:
        await happens(self._more.wait(), "an update")
        self._more.clear()
        return self.counts[-1]


@pytest.fixture
def counted(house: Any) -> CountedWorkloads:
    return CountedWorkloads(house.workloads)


@pytest.fixture
def watch(counted: Any, clock: Any) -> WorkloadWatch:
    return WorkloadWatch(workloads=counted, clock=clock)


@pytest.fixture
async def workload_id(house: Any) -> WorkloadId:
    made: WorkloadId = (await house.workloads.create(owner_id=ALICE, name="chat")).id
    return made


@pytest.fixture
def fill(house: Any, workload_id: WorkloadId) -> Callable[[str], Any]:
    def filled(event_id: str) -> Any:
        event = Event(timestamp=START, model="m", input_tokens=1, output_tokens=1, id=event_id)
        return house.workloads.append(workload_id, columns_of([event]), owner_id=ALICE)

    return filled


@asynccontextmanager
async def watching(watch: WorkloadWatch, workload_id: WorkloadId) -> AsyncGenerator[Seen]:
    seen = Seen()
    task = asyncio.create_task(watch.deliver(workload_id, owner_id=ALICE, to=seen))
    yield seen
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def turned(clock: Any, counted: CountedWorkloads) -> None:
    """Let a second pass, and wait for the read that follows."""
    await asyncio.sleep(0)  # the watcher reaches its pause
    counted.read.clear()
    await clock.step(WATCH_S)
    await happens(counted.read.wait(), "a read")


async def test_a_watcher_gets_the_figures_now_and_each_change_after_a_second(
    watch: WorkloadWatch, workload_id: WorkloadId, fill: Any, clock: Any, counted: Any
) -> None:
    async with watching(watch, workload_id) as seen:
        assert await seen.next() == 0
        await fill("a")
        await fill("b")
        await turned(clock, counted)
        assert await seen.next() == 2
        await turned(clock, counted)
        await fill("c")
        await turned(clock, counted)
        assert await seen.next() == 3
    assert seen.counts == [0, 2, 3]
    assert counted.reads == 4


async def test_many_watchers_of_a_workload_cost_one_read_a_second(
    watch: WorkloadWatch, workload_id: WorkloadId, fill: Any, clock: Any, counted: Any
) -> None:
    async with watching(watch, workload_id) as one, watching(watch, workload_id) as other:
        assert (await one.next(), await other.next()) == (0, 0)
        assert counted.reads == 1
        await fill("a")
        await turned(clock, counted)
        assert (await one.next(), await other.next()) == (1, 1)
        assert counted.reads == 2
    async with watching(watch, workload_id) as later:
        assert await later.next() == 1
    assert counted.reads == 3  # figures are kept only while somebody watches


async def test_the_last_call_is_among_the_figures(
    watch: WorkloadWatch, workload_id: WorkloadId, fill: Any
) -> None:
    await fill("a")
    figures = list[WorkloadFigures]()
    task = asyncio.create_task(watch.deliver(workload_id, owner_id=ALICE, to=figures.append))
    while not figures:
        await asyncio.sleep(0)
    task.cancel()
    assert figures == [WorkloadFigures(event_count=1, waiting_events=0, last_event_at=START)]


async def test_an_outage_delays_a_change_and_ends_no_watch(
    watch: WorkloadWatch, workload_id: WorkloadId, fill: Any, clock: Any, counted: Any
) -> None:
    async with watching(watch, workload_id) as seen:
        await seen.next()
        await fill("a")
        counted.is_down = True
        await turned(clock, counted)
        counted.is_down = False
        await turned(clock, counted)
        assert await seen.next() == 1
    counted.is_down = True
    with pytest.raises(Unavailable):
        await watch.deliver(workload_id, owner_id=ALICE, to=Seen())


async def test_a_deleted_workload_ends_its_watch(
    house: Any, watch: WorkloadWatch, workload_id: WorkloadId, clock: Any, counted: Any
) -> None:
    seen = Seen()
    task = asyncio.create_task(watch.deliver(workload_id, owner_id=ALICE, to=seen))
    await seen.next()
    await house.workloads.delete(workload_id, owner_id=ALICE)
    await turned(clock, counted)
    with pytest.raises(NotFound):
        await happens(task, "the end of the watch")


async def test_a_workload_of_somebody_else_does_not_exist(
    watch: WorkloadWatch, workload_id: WorkloadId
) -> None:
    await watch.check(workload_id, owner_id=ALICE)
    for refused in (
        watch.check(workload_id, owner_id=BOB),
        watch.deliver(workload_id, owner_id=BOB, to=Seen()),
    ):
        with pytest.raises(NotFound):
            await refused
