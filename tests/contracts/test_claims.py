"""The contract of `RunStore`, as workers and the reaper see it: leases, fences, endings."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.leases import LEASE_S_MAX
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.events import EventKind, completed, failed, updated
from netra.domain.runs.lifecycle import Ending, RunMove, retry_delay_s
from netra.domain.runs.model import RunFailure, RunState
from netra.domain.threads.model import Message, MessageRole

QUOTAS = Quotas()
ONE = 1
COMPLETED = Ending(move=RunMove.COMPLETE, result=msgspec.Raw(b'{"ok":"\xc3\xa4"}'))


def word(run, progress: int = 10):
    return updated(run, agent="DataSubAgent", message="läuft", progress=progress)


def answer(run, at) -> Message:
    return Message(
        id=f"msg-of-{run.id}",
        thread_id=run.thread_id,
        role=MessageRole.ASSISTANT,
        content="Fertig ✓",
        created_at=at,
        run_id=run.id,
    )


async def accept(stores, *news) -> None:
    for new in news:
        await stores.runs.accept(new, quotas=QUOTAS)


async def test_nothing_is_claimed_where_nothing_waits(stores):
    assert await stores.runs.claim(lease_s=10) is None


async def test_a_claim_spends_an_attempt_and_starts_the_run(stores, clock, new_run):
    await accept(stores, new_run())
    clock.turn(2)
    claim = await stores.runs.claim(lease_s=10)
    assert (claim.run.state, claim.run.attempts, claim.fence) == (RunState.RUNNING, 1, 1)
    assert claim.run.started_at == clock.now()
    assert claim.run == await stores.runs.get("run-1", owner_id=ONE)
    assert await stores.runs.waiting() == 0


async def test_runs_are_claimed_in_the_order_they_were_accepted(stores, new_run):
    await accept(stores, *(new_run(name, thread=f"thread-{name}") for name in "bca"))
    claims = [await stores.runs.claim(lease_s=10) for _ in range(4)]
    assert [claim and claim.run.id for claim in claims] == ["run-b", "run-c", "run-a", None]


async def test_a_thread_has_one_running_run_at_a_time(stores, new_run):
    await accept(stores, new_run("1"), new_run("2"), new_run("3", thread="thread-2"))
    first = await stores.runs.claim(lease_s=10)
    second = await stores.runs.claim(lease_s=10)
    assert (first.run.id, second.run.id) == ("run-1", "run-3")
    assert await stores.runs.claim(lease_s=10) is None
    await stores.runs.finish(first, COMPLETED, [], answer=None)
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-2"


async def test_equal_thread_ids_of_two_owners_do_not_block_each_other(stores, new_run):
    await accept(stores, new_run("1", owner=1), new_run("2", owner=2))
    assert await stores.runs.claim(lease_s=10) is not None
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-2"


async def claimed(stores, count: int) -> list[str]:
    """Return the names of the next runs that are claimed, in order."""
    claims = [await stores.runs.claim(lease_s=10) for _ in range(count)]
    return [claim.run.id.removeprefix("run-") for claim in claims if claim is not None]


def burst(new_run, owner: int, count: int, *, name: str):
    return [new_run(f"{name}{n}", owner=owner, thread=f"thread-{name}{n}") for n in range(count)]


async def test_a_burst_of_one_owner_delays_no_other_owners_run(stores, new_run):
    await accept(stores, *burst(new_run, 1, 40, name="a"), new_run("b", owner=2))
    assert await claimed(stores, 3) == ["a0", "b", "a1"]


async def test_the_owner_with_the_fewest_running_runs_comes_first_then_the_oldest_run(stores, new_run):
    await accept(
        stores, *burst(new_run, 1, 4, name="a"), *burst(new_run, 2, 3, name="b"), new_run("c", owner=3)
    )
    assert await claimed(stores, 9) == ["a0", "b0", "c", "a1", "b1", "a2", "b2", "a3"]


async def test_an_owner_whose_run_has_ended_comes_before_one_whose_runs_go_on(stores, new_run):
    await accept(stores, *burst(new_run, 1, 9, name="a"), *burst(new_run, 2, 9, name="b"))
    claims = [await stores.runs.claim(lease_s=10) for _ in range(4)]
    assert [claim.run.owner_id for claim in claims] == [1, 2, 1, 2]
    for claim in claims[1::2]:
        await stores.runs.finish(claim, COMPLETED, [], answer=None)
    assert await claimed(stores, 3) == ["b2", "b3", "a2"]


async def test_an_owner_whose_next_run_cannot_start_gives_its_turn_away(stores, clock, new_run):
    await accept(stores, new_run("a0"), new_run("a1"), *burst(new_run, 2, 2, name="b"))
    resting = await stores.runs.claim(lease_s=10)
    await stores.runs.postpone(resting, AWAY, max_attempts=3)
    assert await claimed(stores, 9) == ["b0", "b1"], "a0 rests, and a1 waits for it"
    clock.turn(retry_delay_s(1))
    assert await claimed(stores, 9) == ["a0"]


async def test_workers_that_claim_together_share_out_their_claims_as_fairly(stores, new_run):
    await accept(stores, *burst(new_run, 1, 40, name="a"), *burst(new_run, 2, 5, name="b"))
    await stores.runs.claim(lease_s=10)
    claims = await asyncio.gather(*(stores.runs.claim(lease_s=10) for _ in range(5)))
    assert sorted(claim.run.id for claim in claims) == ["run-a1", "run-a2", "run-b0", "run-b1", "run-b2"]
    rest = await asyncio.gather(*(stores.runs.claim(lease_s=10) for _ in range(30)))
    assert sum(claim.run.owner_id == 2 for claim in rest) == 2, "all of the short queue"
    assert None not in rest, "and the long one has the other places"


async def test_of_many_waiting_owners_none_is_left_out(stores, new_run):
    owners = range(1, 401)
    await accept(stores, *(new_run(str(owner), owner=owner) for owner in owners))
    seen = set()
    while claims := [
        c for c in await asyncio.gather(*(stores.runs.claim(lease_s=10) for _ in range(32))) if c
    ]:
        seen |= {claim.run.owner_id for claim in claims}
    assert seen == set(owners)


async def test_many_workers_never_hold_one_run(stores, new_run):
    await accept(stores, *(new_run(str(n), thread=f"thread-{n}") for n in range(10)))
    claims = await asyncio.gather(*(stores.runs.claim(lease_s=10) for _ in range(25)))
    held = [claim.run.id for claim in claims if claim is not None]
    assert len(held) == len(set(held)) == 10


async def test_events_are_numbered_on_without_holes(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(1)
    told = await stores.runs.record(claim, [word(claim.run), word(claim.run, 20)], progress=20)
    assert [(event.seq, event.at) for event in told] == [(2, clock.now()), (3, clock.now())]
    assert [event.seq for event in await stores.runs.record(claim, [word(claim.run)], progress=30)] == [4]
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert (run.progress, run.last_seq) == (30, 4)
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1))[:2] == list(told)


async def test_progress_alone_may_be_recorded(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    assert not await stores.runs.record(claim, [], progress=7)
    assert (await stores.runs.get("run-1", owner_id=ONE)).progress == 7


async def test_many_records_at_once_leave_no_hole(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await asyncio.gather(*(stores.runs.record(claim, [word(claim.run)] * 2, progress=n) for n in range(20)))
    events = await stores.runs.events("run-1", owner_id=ONE, after=0)
    assert [event.seq for event in events] == list(range(1, 42))


async def test_a_completed_run_has_result_events_and_answer(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(5)
    said = answer(claim.run, clock.now())
    told = await stores.runs.finish(claim, COMPLETED, [completed(claim.run, COMPLETED.result)], answer=said)
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert (run.state, run.progress, run.completed_at) == (RunState.COMPLETED, 100, clock.now())
    assert (bytes(run.result), run.failure) == (bytes(COMPLETED.result), None)
    assert [(event.seq, event.is_last) for event in told] == [(2, True)]
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(told)
    thread = await stores.threads.get("thread-1", owner_id=ONE)
    assert (thread.message_count, thread.updated_at) == (2, clock.now())
    assert (await stores.threads.messages("thread-1", owner_id=ONE))[-1] == said
    assert not await stores.runs.live(owner_id=ONE)


async def test_a_failed_run_says_why(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.record(claim, [], progress=40)
    error = LeaseLost("außer Atem")
    ending = Ending(move=RunMove.FAIL, code=error.code, message=error.message)
    told = await stores.runs.finish(claim, ending, failed(claim.run, error), answer=None)
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert run.failure == RunFailure(code=error.code, message="außer Atem")
    assert (run.state, run.progress, run.result) == (RunState.FAILED, 40, None)
    assert [(event.seq, event.kind) for event in told] == [(2, EventKind.ERROR), (3, EventKind.RESULT)]
    page = await stores.runs.page(owner_id=ONE, request=PageRequest())
    assert page.items[0].failure == run.failure


async def test_a_completion_that_comes_first_wins_over_a_cancel(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.stop("run-1", owner_id=ONE)
    await stores.runs.finish(claim, COMPLETED, [], answer=None)
    run, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert (run.state, run.phase, tuple(events)) == (RunState.COMPLETED, "completed", ())


async def test_what_does_not_end_a_run_cannot_finish_it(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    with pytest.raises(ValueError, match="does not end"):
        await stores.runs.finish(claim, Ending(move=RunMove.RELEASE), [word(claim.run)], answer=None)
    assert (await stores.runs.get("run-1", owner_id=ONE)).last_seq == 1


async def test_a_released_run_is_queued_again_with_its_attempt(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2", thread="thread-2"))
    claim = await stores.runs.claim(lease_s=10)
    started_at = clock.now()
    clock.turn(1)
    assert not await stores.runs.release(claim)
    assert (await stores.runs.get("run-1", owner_id=ONE)).attempts == 0
    again = await stores.runs.claim(lease_s=10)
    assert (again.run.id, again.run.attempts, again.fence) == ("run-1", 1, 2)
    assert again.run.started_at == started_at


async def test_a_released_run_that_was_told_to_stop_is_cancelled(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2"))
    claim = await stores.runs.claim(lease_s=10)
    run, _ = await stores.runs.stop("run-1", owner_id=ONE)
    assert run.phase == "cancelling"
    clock.turn(1)
    told = await stores.runs.release(claim)
    ended = await stores.runs.get("run-1", owner_id=ONE)
    assert (ended.state, ended.completed_at, ended.last_seq) == (RunState.CANCELLED, clock.now(), 2)
    assert [(event.seq, event.is_last) for event in told] == [(2, True)]
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(told)
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-2"


AWAY = Unavailable("Das Archiv schweigt.")


async def test_a_postponed_run_has_spent_its_attempt_and_rests_as_if_it_had_lapsed(stores, clock, new_run):
    await accept(stores, new_run())
    for attempt in (1, 2):
        claim = await stores.runs.claim(lease_s=10)
        assert not await stores.runs.postpone(claim, AWAY, max_attempts=3)
        run = await stores.runs.get("run-1", owner_id=ONE)
        assert (run.state, run.attempts, run.last_seq) == (RunState.QUEUED, attempt, 1)
        clock.turn(retry_delay_s(attempt) - 0.000001)
        assert await stores.runs.claim(lease_s=10) is None
        assert not await stores.runs.reap(max_attempts=1), "a rest is no lease"
        clock.turn(0.000001)
    assert (await stores.runs.claim(lease_s=10)).run.attempts == 3


async def test_a_run_that_met_an_outage_may_lose_as_many_workers_as_any_other(stores, clock, new_run):
    await accept(stores, new_run())
    for met in (1, 2, 3, 4):
        claim = await stores.runs.claim(lease_s=10)
        assert claim.run.outages == met - 1
        await stores.runs.postpone(claim, AWAY, max_attempts=6)
        clock.turn(retry_delay_s(met))
    for lost in (1, 2, 3):
        assert (await stores.runs.claim(lease_s=10)).run.attempts == 4 + lost
        clock.turn(10)
        told = await stores.runs.reap(max_attempts=3)
        run = await stores.runs.get("run-1", owner_id=ONE)
        assert (run.state, run.outages) == (RunState.QUEUED if lost < 3 else RunState.FAILED, 4)
        assert bool(told) is (lost == 3)
        clock.turn(retry_delay_s(lost))


async def test_a_postponed_run_without_attempts_left_fails_with_the_reason(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2"))
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(1)
    told = await stores.runs.postpone(claim, AWAY, max_attempts=1)
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert run.failure == RunFailure(code="SERVICE_UNAVAILABLE", message="Das Archiv schweigt.")
    assert (run.state, run.completed_at) == (RunState.FAILED, clock.now())
    assert [(event.seq, event.kind) for event in told] == [(2, EventKind.ERROR), (3, EventKind.RESULT)]
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(told)
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-2"


async def test_a_postponed_run_that_was_told_to_stop_is_cancelled(stores, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.stop("run-1", owner_id=ONE)
    (event,) = await stores.runs.postpone(claim, AWAY, max_attempts=3)
    assert (event.seq, event.is_last) == (2, True)
    assert (await stores.runs.get("run-1", owner_id=ONE)).state is RunState.CANCELLED


WRITES = {
    "extend": lambda runs, claim: runs.extend(claim, lease_s=10),
    "record": lambda runs, claim: runs.record(claim, [word(claim.run)], progress=99),
    "finish": lambda runs, claim: runs.finish(
        claim, COMPLETED, [word(claim.run)], answer=answer(claim.run, claim.run.created_at)
    ),
    "release": lambda runs, claim: runs.release(claim),
    "postpone": lambda runs, claim: runs.postpone(claim, AWAY, max_attempts=1),
}


@pytest.fixture(params=WRITES)
def write(request):
    return WRITES[request.param]


async def assert_lost(stores, claim, write) -> None:
    before = await stores.runs.get("run-1", owner_id=ONE)
    events = await stores.runs.events("run-1", owner_id=ONE, after=0)
    messages = await stores.threads.messages("thread-1", owner_id=ONE)
    with pytest.raises(LeaseLost):
        await write(stores.runs, claim)
    assert await stores.runs.get("run-1", owner_id=ONE) == before
    assert await stores.runs.events("run-1", owner_id=ONE, after=0) == events
    assert await stores.threads.messages("thread-1", owner_id=ONE) == messages


async def test_a_reaped_claim_writes_nothing(stores, clock, new_run, write):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(10)
    await stores.runs.reap(max_attempts=3)
    await assert_lost(stores, claim, write)


async def test_a_claim_writes_nothing_once_another_has_come(stores, clock, new_run, write):
    await accept(stores, new_run())
    old = await stores.runs.claim(lease_s=10)
    clock.turn(10)
    await stores.runs.reap(max_attempts=3)
    clock.turn(retry_delay_s(1))
    new = await stores.runs.claim(lease_s=10)
    assert new.fence > old.fence
    await assert_lost(stores, old, write)
    assert not (await stores.runs.extend(new, lease_s=10)).is_cancel_requested


async def test_a_claim_writes_nothing_after_an_ending(stores, new_run, write):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.finish(claim, COMPLETED, [], answer=None)
    await assert_lost(stores, claim, write)


async def test_a_claim_is_lost_with_its_thread(stores, new_run, write):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    await stores.threads.delete("thread-1", owner_id=ONE)
    with pytest.raises(LeaseLost):
        await write(stores.runs, claim)


async def test_a_late_claim_nobody_reaped_still_holds(stores, clock, new_run, write):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(60)
    await write(stores.runs, claim)


async def test_a_lease_that_holds_is_left_alone(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(9)
    await stores.runs.extend(claim, lease_s=10)
    clock.turn(9)
    assert not await stores.runs.reap(max_attempts=1)
    assert (await stores.runs.get("run-1", owner_id=ONE)).state is RunState.RUNNING


async def test_a_lapsed_run_with_attempts_left_is_queued_again(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=10)
    clock.turn(10)
    assert not await stores.runs.reap(max_attempts=2)
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert (run.state, run.attempts, run.last_seq) == (RunState.QUEUED, 1, 1)
    clock.turn(retry_delay_s(1))
    assert (await stores.runs.claim(lease_s=10)).run.attempts == 2


async def test_a_lapsed_run_rests_longer_each_time_before_it_is_claimed_again(stores, clock, new_run):
    await accept(stores, new_run())
    for attempt in (1, 2, 3):
        assert (await stores.runs.claim(lease_s=10)).run.attempts == attempt
        clock.turn(10)
        await stores.runs.reap(max_attempts=9)
        clock.turn(retry_delay_s(attempt) - 0.000001)
        assert await stores.runs.claim(lease_s=10) is None
        assert not await stores.runs.reap(max_attempts=1), "a rest is no lease"
        clock.turn(0.000001)


async def test_a_run_that_rests_is_not_overtaken_in_its_thread_and_holds_up_no_other(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2"), new_run("3", thread="thread-2"))
    await stores.runs.claim(lease_s=1)
    clock.turn(1)
    await stores.runs.reap(max_attempts=9)
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-3"
    assert await stores.runs.claim(lease_s=10) is None
    clock.turn(retry_delay_s(1))
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-1"


async def test_a_run_that_rests_stops_at_once(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=1)
    clock.turn(1)
    await stores.runs.reap(max_attempts=9)
    run, _ = await stores.runs.stop("run-1", owner_id=ONE)
    assert run.state is RunState.CANCELLED


async def test_a_released_run_does_not_rest_and_keeps_its_place(stores, new_run):
    await accept(stores, new_run("1"), new_run("2"))
    await stores.runs.release(await stores.runs.claim(lease_s=10))
    assert (await stores.runs.claim(lease_s=10)).run.id == "run-1"


async def test_a_lapsed_run_without_attempts_left_fails(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=10)
    clock.turn(10)
    told = await stores.runs.reap(max_attempts=1)
    run = await stores.runs.get("run-1", owner_id=ONE)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.completed_at == clock.now()
    assert [(event.seq, event.kind) for event in told] == [(2, EventKind.ERROR), (3, EventKind.RESULT)]
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(told)


async def test_a_lapsed_run_that_was_told_to_stop_is_cancelled(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=10)
    await stores.runs.stop("run-1", owner_id=ONE)
    clock.turn(10)
    (event,) = await stores.runs.reap(max_attempts=3)
    assert (event.seq, event.kind) == (2, EventKind.RESULT)
    assert (await stores.runs.get("run-1", owner_id=ONE)).state is RunState.CANCELLED


async def test_reaping_takes_the_longest_lapsed_and_no_more_than_asked(stores, clock, new_run):
    await accept(stores, *(new_run(str(n), thread=f"thread-{n}") for n in range(3)))
    for lease_s in (30, 10, 20):
        await stores.runs.claim(lease_s=lease_s)
    clock.turn(60)
    await stores.runs.reap(max_attempts=3, limit=2)
    states = [(await stores.runs.get(f"run-{n}", owner_id=ONE)).state.value for n in range(3)]
    assert states == ["running", "queued", "queued"]


async def test_of_many_reapers_one_ends_a_run(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=10)
    clock.turn(10)
    told = await asyncio.gather(*(stores.runs.reap(max_attempts=1) for _ in range(5)))
    assert sum(len(events) for events in told) == 2


async def test_of_completion_and_reaping_one_wins(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(10)
    results = await asyncio.gather(
        stores.runs.finish(claim, COMPLETED, [completed(claim.run, COMPLETED.result)], answer=None),
        stores.runs.reap(max_attempts=1),
        return_exceptions=True,
    )
    events = await stores.runs.events("run-1", owner_id=ONE, after=0)
    assert sum(event.is_last for event in events) == 1
    assert isinstance(results[0], LeaseLost) or not results[1]


DAY_S = 86_400.0


async def test_a_lease_lapses_when_the_clock_is_set_back_for_a_day(stores, clock, new_run):
    await accept(stores, new_run())
    lost = await stores.runs.claim(lease_s=10)
    clock.turn(-DAY_S)
    assert not await stores.runs.reap(max_attempts=2)
    assert (await stores.runs.get("run-1", owner_id=ONE)).state is RunState.QUEUED
    clock.turn(retry_delay_s(1))
    assert (await stores.runs.claim(lease_s=10)).fence > lost.fence


async def test_a_run_is_cancelled_at_once_when_its_workers_lease_is_a_day_ahead(stores, clock, new_run):
    await accept(stores, new_run())
    await stores.runs.claim(lease_s=10)
    clock.turn(-DAY_S)
    run, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert (run.state, [event.is_last for event in events]) == (RunState.CANCELLED, [True])


async def test_a_run_rests_no_longer_when_the_clock_is_set_back_for_a_day(stores, clock, new_run):
    await accept(stores, *(new_run(name, thread=f"thread-{name}") for name in "ab"))
    await stores.runs.postpone(await stores.runs.claim(lease_s=10), AWAY, max_attempts=3)
    clock.turn(-DAY_S)
    assert await claimed(stores, 3) == ["a", "b"]


async def test_a_worker_that_lives_keeps_its_run_when_the_clock_is_set_back(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=10)
    clock.turn(-DAY_S)
    await stores.runs.extend(claim, lease_s=10)
    assert not await stores.runs.reap(max_attempts=1)
    assert (await stores.runs.stop("run-1", owner_id=ONE))[0].phase == "cancelling"


async def test_the_longest_lease_holds_and_a_longer_one_is_refused(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2", thread="thread-2"))
    claim = await stores.runs.claim(lease_s=LEASE_S_MAX)
    clock.turn(-1)  # as far as clocks may differ
    assert not await stores.runs.reap(max_attempts=1)
    for lease in (
        lambda lease_s: stores.runs.claim(lease_s=lease_s),
        lambda lease_s: stores.runs.extend(claim, lease_s=lease_s),
    ):
        with pytest.raises(ValueError, match="at most 60 s"):
            await lease(LEASE_S_MAX + 1)


async def test_a_lease_ends_to_the_microsecond(stores, clock, new_run):
    await accept(stores, new_run())
    claim = await stores.runs.claim(lease_s=0.5)
    clock.turn(0.499999)
    assert not await stores.runs.reap(max_attempts=1)
    clock.turn(0.000001)
    assert await stores.runs.reap(max_attempts=1)
    assert clock.now() - claim.run.started_at == timedelta(seconds=0.5)


async def test_of_many_that_end_at_once_a_lost_claim_costs_only_itself(stores, new_run, clock):
    await accept(stores, *(new_run(str(n), thread=f"thread-{n}") for n in range(8)))
    claims = [await stores.runs.claim(lease_s=10) for _ in range(8)]
    await stores.runs.finish(claims[3], COMPLETED, [], answer=None)
    told = await asyncio.gather(
        *(
            stores.runs.finish(
                claim,
                COMPLETED,
                [completed(claim.run, COMPLETED.result)],
                answer=answer(claim.run, clock.now()),
            )
            for claim in claims
        ),
        return_exceptions=True,
    )
    assert type(told.pop(3)) is LeaseLost
    assert [len(events) for events in told] == [1] * 7
    runs = [await stores.runs.get(f"run-{n}", owner_id=ONE) for n in range(8)]
    assert {run.state for run in runs} == {RunState.COMPLETED}
    assert [run.last_seq - claims[0].run.last_seq for run in runs] == [1, 1, 1, 0, 1, 1, 1, 1]
