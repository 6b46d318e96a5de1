"""Events are accepted whatever the archive does, handed on in order, and read wherever they are."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.waiting import until

from netra.adapters.memory.call_archive import MemoryEventArchive
from netra.adapters.memory.call_log import MemoryEventLog, MemoryEventOutbox
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.errors import Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import Events, columns_of
from netra.domain.workloads.delivery import LEASE_S, ArchivedEventLog, EventCourier, archived
from netra.domain.workloads.model import Event, Workload
from netra.ports.call_outbox import Refused, Shipment
from netra.ports.clock import Clock

AT = datetime(2024, 1, 1, tzinfo=UTC)
ALICE, WL, OTHER = UserId(1), WorkloadId("wl-1"), WorkloadId("wl-2")


def batch(*names: str, first_s: int = 0) -> Events:
    return columns_of(
        [
            Event(
                timestamp=AT + timedelta(seconds=first_s + n),
                model="m",
                input_tokens=1,
                output_tokens=1,
                id=name,
            )
            for n, name in enumerate(names)
        ]
    )


class MoodyArchive(MemoryEventArchive):
    """An archive that is away, or fails, or has something happen while it stores."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.meanwhile: Any = None
        self.put_numbers: list[int] = []
        self.deletes = 0
        self.refuses_deletes = 0
        self.refuses: Sequence[Refused] = ()

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        if self.error is not None:
            raise self.error
        refused, self.refuses = self.refuses, ()
        if refused:
            return refused
        self.put_numbers.append(shipment.number)
        refused = await super().put(shipment)
        if self.meanwhile is not None:
            await self.meanwhile()
        return refused

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        self.deletes += 1
        if self.deletes <= self.refuses_deletes:
            raise Unavailable("away")
        await super().delete(workload_id, owner_id=owner_id)


class Heard:
    """`Incidents` that are kept, and waited for."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.errors.append(error)


@dataclass
class Post:
    """A log with an archive behind it."""

    clock: Clock
    most: int = 100
    archive: MoodyArchive = field(default_factory=MoodyArchive)

    def __post_init__(self) -> None:
        self.near = MemoryEventLog(MemoryWorkloadStore(clock=self.clock))
        self.outbox = MemoryEventOutbox(self.near, clock=self.clock)
        self.wake_up = asyncio.Event()
        self.incidents = Heard()
        self.log = ArchivedEventLog(
            log=self.near,
            outbox=self.outbox,
            archive=self.archive,
            wake_up=self.wake_up,
            quotas=Quotas(max_waiting_events=self.most),
        )

    def courier(self) -> EventCourier:
        return EventCourier(
            outbox=self.outbox,
            archive=self.archive,
            wake_up=self.wake_up,
            clock=self.clock,
            incidents=self.incidents,
        )

    async def append(self, *names: str, first_s: int = 0) -> list[bool]:
        appended = await self.log.append(WL, batch(*names, first_s=first_s), owner_id=ALICE)
        return appended.is_new.tolist()

    async def read(self, **span: datetime) -> list[str]:
        events = await self.log.read(WL, owner_id=ALICE, **span)
        return [] if events.id is None else events.id.tolist()


async def opened(clock: Clock, *, most: int = 100) -> Post:
    """Return a post with two workloads."""
    post = Post(clock, most=most)
    for workload_id in (WL, OTHER):
        made = Workload(id=workload_id, owner_id=ALICE, name="w", created_at=AT, updated_at=AT)
        await post.near.workloads.add(made, max_per_user=2)
    return post


@pytest.fixture
async def post(clock: Clock) -> Post:
    return await opened(clock)


async def test_events_are_read_before_during_and_after_their_delivery(post: Post) -> None:
    await post.append("a", "b")
    assert await post.read() == ["a", "b"]
    assert await post.courier().deliver()
    await post.append("c", first_s=1)
    assert await post.read() == ["a", "b", "c"]
    assert await post.read(until=AT + timedelta(seconds=1)) == ["a"]
    assert await post.append("a", "c") == [False, False]
    courier = post.courier()
    post.clock.turn(LEASE_S)  # type: ignore[attr-defined]  # the stepped clock
    assert await courier.deliver()
    assert not await courier.deliver()
    assert await post.read() == ["a", "b", "c"]
    assert await post.read(since=AT + timedelta(days=1)) == []


async def test_events_handed_on_between_two_looks_are_there_once(post: Post) -> None:
    await post.append("a")
    await post.courier().deliver()
    post.clock.turn(LEASE_S)  # type: ignore[attr-defined]
    await post.append("b")
    seen = await post.outbox.waiting(WL, owner_id=ALICE, since=None, until=None)
    await post.courier().deliver()
    archived = await post.archive.read(WL, owner_id=ALICE, since=None, until=None, without=seen.arrivals)
    assert archived.id is not None
    assert archived.id.tolist() == ["a"]


async def test_too_many_waiting_events_refuse_the_next_batch_with_a_time_to_come_again(
    clock: Clock,
) -> None:
    post = await opened(clock, most=3)
    await post.append("a", "b")
    with pytest.raises(Unavailable, match="2 events wait") as refused:
        await post.append("c", "d")
    assert refused.value.retry_after_s > 1
    await post.append("c")
    await post.courier().deliver()
    await post.append("d", "e", "f")


async def test_a_workload_is_deleted_here_and_there(post: Post) -> None:
    await post.append("a")
    await post.courier().deliver()
    await post.append("b")
    await post.log.delete(WL, owner_id=ALICE)
    assert await post.read() == []


@pytest.mark.parametrize("refused", [0, 1])
async def test_what_is_deleted_under_way_does_not_stay_in_the_archive(post: Post, refused: int) -> None:
    await post.append("a")
    post.archive.meanwhile = lambda: post.near.delete(WL, owner_id=ALICE)
    post.archive.refuses_deletes = refused
    courier = post.courier()
    for _ in range(3):
        with suppress(Unavailable):
            await courier.deliver()
    assert post.archive.deletes == 1 + refused
    left = await post.archive.read(WL, owner_id=ALICE, since=None, until=None, without=())
    assert not len(left)


async def test_an_archive_that_deletes_nothing_gets_events_all_the_same(post: Post) -> None:
    await post.append("a")
    courier = post.courier()
    assert await courier.deliver()
    post.archive.refuses_deletes = 2
    await post.log.delete(WL, owner_id=ALICE)
    assert not await courier.deliver()
    await post.near.append(OTHER, batch("b"), owner_id=ALICE)
    assert await courier.deliver()
    assert len(post.archive.put_numbers) == 2
    assert [str(error) for error in post.incidents.errors] == ["away", "away"]
    assert await courier.deliver()
    assert not await courier.deliver()
    assert post.archive.deletes == 3


async def test_what_the_archive_refuses_is_buried_and_the_rest_handed_on(post: Post) -> None:
    await post.append("a", "b", "c")
    post.archive.refuses = [Refused(parcel=0, place=1, reason="r")]
    courier = post.courier()
    while await courier.deliver():
        pass
    assert await post.read() == ["a", "c"]
    assert (await post.outbox.backlog()).events == 0


def serving(post: Post) -> AbstractAsyncContextManager[ArchivedEventLog]:
    """Run a log with an archive and a courier of its own."""
    return archived(
        post.near,
        outbox=post.outbox,
        archive=post.archive,
        quotas=Quotas(),
        clock=post.clock,
        incidents=post.incidents,
    )


async def test_the_courier_hands_on_what_comes_and_lets_the_lease_go(post: Post) -> None:
    async def all_are_there() -> bool:
        return (await post.outbox.backlog()).events == 0

    async with serving(post) as log:
        for name in "abc":
            await log.append(WL, batch(name), owner_id=ALICE)
            await until(all_are_there, "the delivery", pause_s=0)
    await post.append("d")
    assert await post.courier().deliver()  # at once: nobody holds the lease
    assert await post.read() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("odd")])
async def test_events_wait_while_the_archive_fails_and_go_on_when_it_does_not(
    post: Post, clock: Any, error: Exception
) -> None:
    post.archive.error = error

    async def all_are_there() -> bool:
        await clock.step(1)
        return (await post.outbox.backlog()).events == 0

    async with serving(post) as log:
        await log.append(WL, batch("a"), owner_id=ALICE)
        for _ in range(20):
            await asyncio.sleep(0)
        assert await post.read() == ["a"]
        post.archive.error = None
        await until(all_are_there, "the delivery", pause_s=0)
    assert post.incidents.errors  # health may not know: an archive without room answers questions
    assert {type(one) for one in post.incidents.errors} == {type(error)}


@pytest.mark.at_length
async def test_a_courier_that_was_too_slow_leaves_the_shipment_to_the_next(post: Post, clock: Any) -> None:
    await post.append("a")

    async def too_long() -> None:
        post.archive.meanwhile = None
        clock.turn(LEASE_S + 1)

    post.archive.meanwhile = too_long

    async def all_are_there() -> bool:
        return (await post.outbox.backlog()).events == 0

    async with serving(post):
        await until(all_are_there, "the delivery", pause_s=0)
    assert len(post.archive.put_numbers) == 2
    assert await post.read() == ["a"]
    assert post.incidents.errors == []
