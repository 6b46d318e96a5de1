"""Starting, following and stopping runs, as both doors do."""

import asyncio
from typing import Any

import pytest
from tests.waiting import happens

from netra.domain.errors import AmbiguousRun, IdempotencyKeyReused, NotFound, ValidationFailed
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.paging import PageRequest
from netra.domain.runs.events import EventKind, RunEvent, cancelled, updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.listing import RunFilter
from netra.domain.runs.model import RunState, StartRun, StopRun

ALICE, BOB = UserId(1), UserId(2)


def ask(message: str = "Optimize", **fields: Any) -> StartRun:
    return StartRun(owner_id=ALICE, message=message, **fields)


async def followed(house: Any, run_id: RunId, *, after: int = 0) -> list[RunEvent]:
    return [event async for event in house.runs.follow(run_id, owner_id=ALICE, after=after)]


async def test_an_accepted_run_is_stored_with_thread_question_and_first_event(house: Any) -> None:
    accepted = await house.runs.start(ask("Make it cheaper"))
    assert accepted.thread_created
    thread, messages = await house.threads.get(accepted.run.thread_id, owner_id=ALICE)
    assert (thread.title, thread.message_count) == ("Make it cheaper", 1)
    assert [message.content for message in messages] == ["Make it cheaper"]
    events = await house.run_store.events(accepted.run.id, owner_id=ALICE, after=0)
    assert [(event.seq, event.kind) for event in events] == [(1, EventKind.UPDATE)]
    assert (await house.runs.get(accepted.run.id, owner_id=ALICE)).phase == "queued"


async def test_accepting_rings_for_a_worker(house: Any) -> None:
    await house.runs.start(ask())
    waiting = asyncio.create_task(house.bell.wait(timeout_s=3_600))
    for _ in range(3):
        await asyncio.sleep(0)
    assert waiting.done()


async def test_one_key_starts_one_run(house: Any) -> None:
    command = ask(idempotency_key="k", fingerprint="f")
    first, *rest = await asyncio.gather(*(house.runs.start(command) for _ in range(5)))
    assert {accepted.run.id for accepted in rest} == {first.run.id}
    assert sum(accepted.is_replay for accepted in [first, *rest]) == 4
    with pytest.raises(IdempotencyKeyReused):
        await house.runs.start(ask(idempotency_key="k", fingerprint="other"))


async def test_a_refused_question_leaves_nothing_behind(house: Any) -> None:
    with pytest.raises(ValidationFailed):
        await house.runs.start(ask("  "))
    assert (await house.runs.history(owner_id=ALICE, request=PageRequest())).total == 0


async def test_history_is_the_owners_and_can_be_one_threads(house: Any) -> None:
    await house.runs.start(ask("a", thread_id=ThreadId("t-1")))
    await house.runs.start(ask("b", thread_id=ThreadId("t-2")))
    every = await house.runs.history(owner_id=ALICE, request=PageRequest())
    only = RunFilter(thread_id=ThreadId("t-2"))
    some = await house.runs.history(owner_id=ALICE, request=PageRequest(), chosen=only)
    none = await house.runs.history(owner_id=BOB, request=PageRequest())
    assert (every.total, [run.message for run in some.items], none.total) == (2, ["b"], 0)


async def test_a_queued_run_is_cancelled_at_once_and_for_good(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    stopped = await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))
    assert stopped.state is RunState.CANCELLED
    assert (await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))).state is RunState.CANCELLED
    events = await followed(house, run.id)
    assert [event.kind for event in events] == [EventKind.UPDATE, EventKind.RESULT]


async def test_a_running_run_is_asked_to_stop(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    await house.run_store.claim(lease_s=10)
    assert (await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))).phase == "cancelling"


async def test_without_a_name_the_only_live_run_is_meant(house: Any) -> None:
    with pytest.raises(AmbiguousRun, match="0 runs"):
        await house.runs.stop(StopRun(owner_id=ALICE))
    run = (await house.runs.start(ask())).run
    assert (await house.runs.stop(StopRun(owner_id=ALICE))).id == run.id
    for _ in range(2):
        await house.runs.start(ask())
    with pytest.raises(AmbiguousRun, match="2 runs"):
        await house.runs.stop(StopRun(owner_id=ALICE))


async def test_another_owners_run_does_not_exist(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    with pytest.raises(NotFound):
        await house.runs.get(run.id, owner_id=BOB)
    with pytest.raises(NotFound):
        await house.runs.stop(StopRun(owner_id=BOB, run_id=run.id))
    with pytest.raises(NotFound):
        await anext(house.runs.follow(run.id, owner_id=BOB))


async def test_a_reader_sees_live_events_without_gap_or_repeat(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    reader = asyncio.create_task(followed(house, run.id))
    claim = await house.run_store.claim(lease_s=10)
    for progress in (10, 20):
        new = updated(run, agent="A", message="m", progress=progress)
        stored = await house.run_store.record(claim, [new], progress=progress)
        await house.feed.publish(stored)
        await house.feed.publish(stored)  # a feed may repeat itself
    ended = await house.run_store.finish(claim, Ending(move=RunMove.CANCEL), [cancelled(run)], answer=None)
    await house.feed.publish(ended)
    assert [event.seq for event in await happens(reader, "the last event")] == [1, 2, 3, 4]


async def test_a_reader_gets_from_the_store_what_the_feed_lost(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    stream = house.runs.follow(run.id, owner_id=ALICE)
    assert (await anext(stream)).seq == 1
    claim = await house.run_store.claim(lease_s=10)
    new = updated(run, agent="A", message="m", progress=1)
    await house.run_store.record(claim, [new], progress=1)  # never published
    ended = await house.run_store.finish(claim, Ending(move=RunMove.CANCEL), [cancelled(run)], answer=None)
    await house.feed.publish(ended)
    assert [event.seq async for event in stream] == [2, 3]


async def test_a_reader_resumes_after_the_last_event_it_saw(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))
    assert [event.seq for event in await followed(house, run.id, after=1)] == [2]
    assert await followed(house, run.id, after=2) == []
    assert await followed(house, run.id, after=99) == []


async def test_deleting_a_thread_ends_its_runs_for_those_who_listen(house: Any) -> None:
    run = (await house.runs.start(ask())).run
    stream = house.runs.follow(run.id, owner_id=ALICE)
    await anext(stream)
    await house.threads.delete(run.thread_id, owner_id=ALICE)
    assert [event.is_last async for event in stream] == [True]
    with pytest.raises(NotFound):
        await house.runs.get(run.id, owner_id=ALICE)
    with pytest.raises(NotFound):
        await house.threads.delete(run.thread_id, owner_id=ALICE)
    assert (await house.threads.page(owner_id=ALICE, request=PageRequest())).total == 0


async def test_only_a_queued_run_has_a_position(house: Any) -> None:
    first, second = [(await house.runs.start(ask())).run for _ in range(2)]
    assert await house.runs.queue_position(second) == 2
    await house.runs.stop(StopRun(owner_id=ALICE, run_id=first.id))
    assert await house.runs.queue_position(second) == 1
    assert await house.runs.queue_position(await house.runs.get(first.id, owner_id=ALICE)) is None
