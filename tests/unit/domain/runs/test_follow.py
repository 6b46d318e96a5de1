"""One follower a run for all who listen: sharing, joining late, resting, leaving, and failing."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults.virtual import virtually
from tests.waiting import happens

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.feed import LocalRunFeed, LocalSubscription
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.state import MemoryState
from netra.domain.errors import NotFound, Unavailable
from netra.domain.ids import RunId, UserId
from netra.domain.quotas import Quotas
from netra.domain.runs import follow
from netra.domain.runs.events import RunEvent, cancelled, updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import Claim, StartRun
from netra.domain.runs.service import RunService

ALICE, BOB = UserId(1), UserId(2)


class WatchedFeed(LocalRunFeed):
    """A feed that knows how many subscriptions are open and were."""

    open = 0
    opened = 0

    @asynccontextmanager
    async def subscribe(self, run_id: RunId) -> AsyncGenerator[LocalSubscription]:
        self.open += 1
        self.opened += 1
        try:
            async with super().subscribe(run_id) as subscription:
                yield subscription
        finally:
            self.open -= 1


class WatchedStore(MemoryRunStore):
    """A store that counts the reads of events, and can be down or broken."""

    reads = 0
    fault: Exception | None = None

    async def events(
        self, run_id: RunId, *, owner_id: UserId, after: int, limit: int = 1_000
    ) -> Sequence[RunEvent]:
        self.reads += 1
        await asyncio.sleep(0)  # as a store behind a wire would: others have their turn meanwhile
        if self.fault is not None:
            raise self.fault
        return await super().events(run_id, owner_id=owner_id, after=after, limit=limit)


class Ear:
    """A listener that keeps what it hears, and rests after each `stamina` events until it is woken."""

    def __init__(self, *, stamina: int = 10**9) -> None:
        self.heard: list[int] = []
        self.is_awake = asyncio.Event()
        self._stamina = stamina
        self._changed = asyncio.Event()

    def receive(self, event: RunEvent) -> bool:
        self.heard.append(event.seq)
        self._changed.set()
        return len(self.heard) % self._stamina == 0

    async def wait_until_ready(self) -> None:
        await self.is_awake.wait()

    async def has_heard(self, seq: int) -> None:
        while seq not in self.heard:
            self._changed.clear()
            await happens(self._changed.wait(), f"event {seq}")


class Desk:
    """Runs over a watched store and feed, one run of Alice's, and the hands of its worker."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.store = WatchedStore(MemoryState(), clock=clock)
        self.feed = WatchedFeed()
        self.runs = RunService(
            runs=self.store,
            feed=self.feed,
            bell=LocalRunBell(),
            clock=clock,
            ids=RandomIdSource(clock=clock),
            quotas=Quotas(),
        )
        self.run_id = RunId("")
        self._claim: Claim | None = None

    async def open(self) -> None:
        self.run_id = (await self.runs.start(StartRun(owner_id=ALICE, message="Optimize"))).run.id
        self._claim = await self.store.claim(lease_s=60)

    async def record(self, count: int = 1, *, words: str = "m") -> Sequence[RunEvent]:
        """Store updates and return them, told to nobody."""
        assert self._claim is not None
        new = [updated(self._claim.run, agent="A", message=words, progress=1)] * count
        recorded: Sequence[RunEvent] = await self.store.record(self._claim, new, progress=1)
        return recorded

    async def progress(self, count: int = 1, *, words: str = "m") -> None:
        await self.feed.publish(await self.record(count, words=words))

    async def end(self) -> None:
        assert self._claim is not None
        last = [cancelled(self._claim.run)]
        ended = await self.store.finish(self._claim, Ending(move=RunMove.CANCEL), last, answer=None)
        await self.feed.publish(ended)

    def listening(self, ear: Ear, *, after: int = 0, owner_id: UserId = ALICE) -> asyncio.Task[None]:
        return asyncio.create_task(
            self.runs.deliver(ear, self.run_id, owner_id=owner_id, after=after), name="listening"
        )


@pytest.fixture
async def desk() -> Desk:
    """Return a desk with a run on it."""
    return await opened_desk()


async def opened_desk() -> Desk:
    desk = Desk()
    await desk.open()
    return desk


async def all_done(*tasks: asyncio.Task[None]) -> None:
    await happens(asyncio.gather(*tasks), "the end of all listeners")


async def test_however_many_listen_the_store_is_read_once_and_the_feed_heard_once(desk: Desk) -> None:
    ears = [Ear() for _ in range(20)]
    tasks = [desk.listening(ear) for ear in ears]
    for ear in ears:
        await ear.has_heard(1)
    for seq in range(2, 10):
        await desk.progress()
        for ear in ears:
            await ear.has_heard(seq)
    await desk.end()
    await all_done(*tasks)
    assert {tuple(ear.heard) for ear in ears} == {tuple(range(1, 11))}
    assert (desk.store.reads, desk.feed.opened, desk.feed.open) == (1, 1, 0)


@virtually
async def test_what_the_feed_lost_is_read_once_for_all() -> None:
    desk = await opened_desk()
    ears = [Ear() for _ in range(5)]
    tasks = [desk.listening(ear) for ear in ears]
    for ear in ears:
        await ear.has_heard(1)
    await desk.record(3)
    await desk.end()
    await all_done(*tasks)
    assert [ear.heard for ear in ears] == [[1, 2, 3, 4, 5]] * 5
    assert desk.store.reads == 2


async def test_one_who_leaves_does_not_end_it_for_the_others_and_the_last_ends_it(desk: Desk) -> None:
    first, other = Ear(), Ear()
    leaving, staying = desk.listening(first), desk.listening(other)
    await first.has_heard(1)
    await other.has_heard(1)
    leaving.cancel()
    await asyncio.wait({leaving})
    await desk.progress()
    await other.has_heard(2)
    assert (first.heard, desk.feed.open) == ([1], 1)
    staying.cancel()
    await asyncio.wait({staying})
    assert desk.feed.open == 0


async def test_one_who_comes_when_all_have_left_begins_anew(desk: Desk) -> None:
    ear = Ear()
    leaving = desk.listening(ear)
    await ear.has_heard(1)
    leaving.cancel()
    await asyncio.wait({leaving})
    await desk.progress(2)
    back = Ear()
    coming = desk.listening(back, after=1)
    await back.has_heard(3)
    await desk.end()
    await all_done(coming)
    assert (back.heard, desk.feed.opened) == ([2, 3, 4], 2)


async def test_one_who_reads_ahead_of_the_others_hears_nothing_twice(desk: Desk) -> None:
    early, late = Ear(), Ear()
    first = desk.listening(early, after=1)
    await asyncio.sleep(0)
    await desk.progress()
    await early.has_heard(2)
    third = await desk.record()
    second = desk.listening(late)  # begins before what the tail keeps, so it asks the store
    await late.has_heard(3)
    assert early.heard == [2]
    await desk.feed.publish(third)
    await early.has_heard(3)
    await desk.end()
    await all_done(first, second)
    assert (early.heard, late.heard) == ([2, 3, 4], [1, 2, 3, 4])


async def test_what_the_feed_repeats_is_heard_once(desk: Desk) -> None:
    ear = Ear()
    task = desk.listening(ear)
    await ear.has_heard(1)
    events = await desk.record(2)
    await desk.feed.publish(events)
    await ear.has_heard(3)
    await desk.feed.publish(events)
    await asyncio.sleep(0)
    await desk.end()
    await all_done(task)
    assert ear.heard == [1, 2, 3, 4]


async def test_a_repeat_that_makes_up_for_a_hole_in_number_hides_it_from_nobody(desk: Desk) -> None:
    ear = Ear()
    task = desk.listening(ear)
    await ear.has_heard(1)
    second, _, fourth = await desk.record(3)
    await desk.feed.publish([second, second, fourth])
    await desk.end()
    await all_done(task)
    assert ear.heard == [1, 2, 3, 4, 5]


async def test_one_who_leaves_just_as_an_event_comes_ends_it_for_nobody(desk: Desk) -> None:
    tired, other = Ear(stamina=1), Ear()
    tired.is_awake.set()
    leaving, staying = desk.listening(tired), desk.listening(other)
    await tired.has_heard(1)
    await other.has_heard(1)
    await asyncio.sleep(0)
    await desk.progress()
    leaving.cancel()  # before it could take the event that is being handed to it
    await desk.end()
    await all_done(staying)
    assert other.heard == [1, 2, 3]


async def test_one_who_still_rests_when_all_is_told_meets_nobody_who_comes_later(desk: Desk) -> None:
    slow, late = Ear(stamina=2), Ear()
    resting = desk.listening(slow)
    await slow.has_heard(1)
    await desk.progress()
    await desk.end()
    await slow.has_heard(2)
    await asyncio.sleep(0)
    coming = desk.listening(late)
    await late.has_heard(3)
    slow.is_awake.set()
    await all_done(resting, coming)
    assert slow.heard == late.heard == [1, 2, 3]
    assert desk.feed.open == 0


@pytest.mark.parametrize(
    ("count", "words"),
    [(follow.KEPT_MAX + 9, "m"), (5, "x" * (follow.KEPT_BYTES_MAX // 2))],
    ids=["count", "bytes"],
)
async def test_what_a_tail_no_longer_keeps_comes_from_the_store(desk: Desk, count: int, words: str) -> None:
    first, late = Ear(), Ear()
    task = desk.listening(first)
    await first.has_heard(1)
    for _ in range(count):
        await desk.progress(words=words)
    await first.has_heard(count + 1)
    reads = desk.store.reads
    coming = desk.listening(late)
    await late.has_heard(count + 1)
    assert desk.store.reads == reads + 1
    await desk.end()
    await all_done(task, coming)
    assert late.heard == first.heard == list(range(1, count + 3))


@virtually
async def test_a_long_history_is_read_without_waiting_for_a_poll() -> None:
    desk = await opened_desk()
    await desk.record(follow.READ_MAX * 3)
    ear = Ear()
    task = desk.listening(ear)
    await ear.has_heard(follow.READ_MAX * 3 + 1)
    await desk.end()
    await all_done(task)
    assert ear.heard == list(range(1, follow.READ_MAX * 3 + 3))
    assert asyncio.get_running_loop().time() < follow.POLL_S


async def test_one_who_rests_holds_nobody_up_and_hears_all_the_same(desk: Desk) -> None:
    slow, quick = Ear(stamina=2), Ear()
    tasks = desk.listening(slow), desk.listening(quick)
    for seq in range(2, 12):
        await desk.progress()
        await quick.has_heard(seq)
    assert slow.heard == [1, 2]
    slow.is_awake.set()
    await slow.has_heard(11)
    await desk.end()
    await all_done(*tasks)
    assert slow.heard == quick.heard == list(range(1, 13))


async def test_a_stranger_gets_nothing_of_a_run_that_others_listen_to(desk: Desk) -> None:
    own, strange = Ear(), Ear()
    task, refused = desk.listening(own), desk.listening(strange, owner_id=BOB)
    await own.has_heard(1)
    await desk.progress(3)
    with pytest.raises(NotFound):
        await refused
    await desk.end()
    await all_done(task)
    assert strange.heard == []


@pytest.mark.parametrize(
    "fault", [Unavailable("The store is down."), ZeroDivisionError()], ids=["down", "bug"]
)
async def test_what_keeps_the_store_from_being_read_is_told_to_all_and_forgotten(
    desk: Desk, fault: Exception
) -> None:
    ears = [Ear(), Ear()]
    tasks = [desk.listening(ear) for ear in ears]
    for ear in ears:
        await ear.has_heard(1)
    desk.store.fault = fault
    await desk.record()
    await desk.progress()  # a hole, so that the store is asked
    for task in tasks:
        with pytest.raises(type(fault)):
            await task
    desk.store.fault = None
    back = Ear()
    coming = desk.listening(back, after=1)
    await back.has_heard(3)
    await desk.end()
    await all_done(coming)
    assert back.heard == [2, 3, 4]


async def test_nothing_waits_for_the_feed_once_the_last_event_is_stored(desk: Desk) -> None:
    ear = Ear()
    await desk.end()
    await all_done(
        desk.listening(ear), desk.listening(late := Ear(), after=2), desk.listening(Ear(), after=99)
    )
    assert (ear.heard, late.heard) == ([1, 2], [])


async def test_the_stream_and_the_listeners_share(desk: Desk) -> None:
    ear = Ear()
    task = desk.listening(ear)
    stream = desk.runs.follow(desk.run_id, owner_id=ALICE)
    assert (await anext(stream)).seq == 1
    await desk.progress()
    await desk.end()
    assert [event.seq async for event in stream] == [2, 3]
    await all_done(task)
    assert (ear.heard, desk.feed.opened) == ([1, 2, 3], 1)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(1, 5), st.lists(st.integers(0, 4), max_size=7)),
        st.tuples(st.just("join"), st.integers(0, 12), st.integers(1, 6)),
        st.tuples(st.just("leave"), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.integers(1, 4)),
    ),
    max_size=25,
)


@given(moves)
def test_whoever_joins_whenever_hears_each_event_once_and_in_order(moves: list[Any]) -> None:
    asyncio.run(_played(moves))


async def _played(moves: list[Any]) -> None:
    """Play moves over a feed that loses, repeats and reorders; hold every listener to its due."""
    desk = Desk()
    await desk.open()
    joined: list[tuple[int, Ear, asyncio.Task[None]]] = []
    last = 1
    for move in moves:
        match move:
            case "record", count, told:
                events = await desk.record(count)
                last += count
                await desk.feed.publish([events[int(index)] for index in told if index < count])
            case "join", after, stamina:
                ear = Ear(stamina=stamina)
                ear.is_awake.set()
                joined.append((min(after, last), ear, desk.listening(ear, after=min(after, last))))
            case "leave", index:
                for _, _, task in joined[index : index + 1]:
                    task.cancel()
            case _:
                for _ in range(move[1]):
                    await asyncio.sleep(0)
    await desk.end()
    ends = asyncio.gather(*(task for _, _, task in joined), return_exceptions=True)
    await happens(ends, "the end of all listeners")
    for after, ear, task in joined:
        due = list(range(after + 1, last + 2))
        assert ear.heard == (due[: len(ear.heard)] if task.cancelled() else due)
    assert desk.feed.open == 0
