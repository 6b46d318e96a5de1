"""The contract of `RunStore`, as those who ask see it: accept, read, stop. Workers: `test_claims`."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from netra.domain.errors import (
    IdempotencyKeyReused,
    NotFound,
    ThreadBusy,
    Unavailable,
    ValidationFailed,
)
from netra.domain.idempotency import KEY_KEPT
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.events import EventKind, updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.listing import RunFilter
from netra.domain.runs.model import Headline, RunState

QUOTAS = Quotas()
ONE, OTHER = 1, 2


async def test_an_accepted_run_comes_back_whole(stores, new_run):
    parameters = {"priority": "cost", "budget": 1.5, "weiß": ["日本", None, {"deep": True}]}
    new = new_run(parameters=parameters, workload_id="wl-1", client_ref="ref ü")
    accepted = await stores.runs.accept(new, quotas=QUOTAS)
    expected = msgspec.structs.replace(new.run, last_seq=1)
    assert accepted.run == expected
    assert (accepted.thread_created, accepted.is_replay) == (True, False)
    assert await stores.runs.get("run-1", owner_id=ONE) == expected


async def test_an_instant_keeps_its_moment_whatever_its_zone(stores, new_run):
    at = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-9)))
    new = new_run()
    run = msgspec.structs.replace(new.run, created_at=at)
    await stores.runs.accept(msgspec.structs.replace(new, run=run), quotas=QUOTAS)
    assert (await stores.runs.get("run-1", owner_id=ONE)).created_at == at


async def test_accepting_makes_thread_question_and_first_event(stores, new_run):
    new = new_run()
    await stores.runs.accept(new, quotas=QUOTAS)
    thread = await stores.threads.get("thread-1", owner_id=ONE)
    assert (thread.title, thread.message_count, thread.owner_id) == ("Title of 1", 1, ONE)
    assert thread.created_at == thread.updated_at == new.run.created_at
    assert list(await stores.threads.messages("thread-1", owner_id=ONE)) == [new.question]
    (event,) = await stores.runs.events("run-1", owner_id=ONE, after=0)
    assert (event.run_id, event.seq, event.kind) == ("run-1", 1, EventKind.UPDATE)
    assert (event.data, event.at) == (new.first_event.data, new.run.created_at)
    assert await stores.runs.waiting() == 1


async def test_a_second_run_joins_the_thread(stores, new_run):
    await stores.runs.accept(new_run("1"), quotas=QUOTAS)
    accepted = await stores.runs.accept(new_run("2", at_s=5), quotas=QUOTAS)
    assert not accepted.thread_created
    thread = await stores.threads.get("thread-1", owner_id=ONE)
    assert (thread.title, thread.message_count) == ("Title of 1", 2)
    assert thread.updated_at - thread.created_at == timedelta(seconds=5)


async def test_owners_may_choose_the_same_thread_id(stores, new_run):
    first = await stores.runs.accept(new_run("1", owner=ONE), quotas=QUOTAS)
    second = await stores.runs.accept(new_run("2", owner=OTHER), quotas=QUOTAS)
    assert first.thread_created
    assert second.thread_created
    assert len(await stores.threads.messages("thread-1", owner_id=ONE)) == 1


async def test_parameters_belong_to_the_store(stores, new_run):
    parameters = {"list": [1]}
    accepted = await stores.runs.accept(new_run(parameters=parameters), quotas=QUOTAS)
    parameters["list"].append(2)
    accepted.run.parameters["list"].append(3)
    (await stores.runs.get("run-1", owner_id=ONE)).parameters["list"].append(4)
    (await stores.runs.claim(lease_s=10)).run.parameters["list"].append(5)
    assert (await stores.runs.get("run-1", owner_id=ONE)).parameters == {"list": [1]}


async def test_others_see_nothing_of_a_run(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    for ask in (
        stores.runs.get("run-1", owner_id=OTHER),
        stores.runs.events("run-1", owner_id=OTHER, after=0),
        stores.runs.stop("run-1", owner_id=OTHER),
        stores.runs.get("run-2", owner_id=ONE),
        stores.runs.events("run-2", owner_id=ONE, after=0),
        stores.runs.stop("run-2", owner_id=ONE),
    ):
        with pytest.raises(NotFound):
            await ask
    assert not await stores.runs.live(owner_id=OTHER)
    assert (await stores.runs.page(owner_id=OTHER, request=PageRequest())).total == 0


async def test_a_key_seen_before_returns_the_first_run(stores, new_run):
    first = await stores.runs.accept(new_run("1", key="k", fingerprint="f"), quotas=QUOTAS)
    again = await stores.runs.accept(new_run("2", key="k", fingerprint="f"), quotas=QUOTAS)
    assert again.is_replay
    assert (again.run, again.thread_created) == (first.run, True)
    assert (await stores.threads.get("thread-1", owner_id=ONE)).message_count == 1
    with pytest.raises(NotFound):
        await stores.runs.get("run-2", owner_id=ONE)


async def test_a_key_with_another_fingerprint_is_refused(stores, new_run):
    await stores.runs.accept(new_run("1", key="k", fingerprint="f"), quotas=QUOTAS)
    with pytest.raises(IdempotencyKeyReused):
        await stores.runs.accept(new_run("2", key="k", fingerprint="g"), quotas=QUOTAS)
    assert await stores.runs.waiting() == 1


async def test_a_key_counts_for_a_day(stores, new_run):
    first = await stores.runs.accept(new_run("1", key="k", fingerprint="f"), quotas=QUOTAS)
    late = KEY_KEPT.total_seconds()
    again = new_run("2", key="k", fingerprint="f", at_s=late - 1)
    assert (await stores.runs.accept(again, quotas=QUOTAS)).run.id == first.run.id
    second = await stores.runs.accept(new_run("3", key="k", fingerprint="g", at_s=late), quotas=QUOTAS)
    assert (second.is_replay, second.run.id) == (False, "run-3")
    third = new_run("4", key="k", fingerprint="g", at_s=late + 1)
    assert (await stores.runs.accept(third, quotas=QUOTAS)).run.id == "run-3"
    assert (await stores.runs.get("run-1", owner_id=ONE)).id == "run-1"


async def test_a_key_belongs_to_its_owner(stores, new_run):
    await stores.runs.accept(new_run("1", key="k", fingerprint="f"), quotas=QUOTAS)
    second = await stores.runs.accept(new_run("2", owner=OTHER, key="k", fingerprint="g"), quotas=QUOTAS)
    assert not second.is_replay


async def test_a_repeat_finds_its_run_even_when_there_is_no_more_room(stores, new_run):
    tight = Quotas(max_live_runs=1)
    await stores.runs.accept(new_run("1", key="k"), quotas=tight)
    assert (await stores.runs.accept(new_run("2", key="k"), quotas=tight)).is_replay


async def test_fifty_at_once_with_one_key_make_one_run(stores, new_run):
    tries = (stores.runs.accept(new_run(str(n), key="k"), quotas=QUOTAS) for n in range(50))
    accepted = await asyncio.gather(*tries)
    assert len({found.run.id for found in accepted}) == 1
    assert sum(not found.is_replay for found in accepted) == 1
    assert await stores.runs.waiting() == 1


async def test_a_thread_takes_a_question_only_with_room_for_its_answer(stores, new_run):
    tight = Quotas(max_thread_messages=4)
    await stores.runs.accept(new_run("1"), quotas=tight)
    await stores.runs.accept(new_run("2"), quotas=tight)
    with pytest.raises(ValidationFailed):
        await stores.runs.accept(new_run("3"), quotas=tight)
    await stores.runs.accept(new_run("4", thread="thread-2"), quotas=tight)


async def test_what_is_refused_leaves_nothing_behind(stores, new_run):
    tight = Quotas(max_live_runs_per_user=1)
    await stores.runs.accept(new_run("1"), quotas=tight)
    with pytest.raises(Unavailable):
        await stores.runs.accept(new_run("2", thread="thread-2", key="k"), quotas=tight)
    with pytest.raises(NotFound):
        await stores.threads.get("thread-2", owner_id=ONE)
    assert not await stores.threads.messages("thread-2", owner_id=ONE)
    await stores.runs.stop("run-1", owner_id=ONE)
    assert not (await stores.runs.accept(new_run("2", key="k"), quotas=tight)).is_replay


async def test_waiting_runs_on_a_thread_are_bounded(stores, new_run):
    tight = Quotas(max_waiting_runs_per_thread=2)
    await stores.runs.accept(new_run("1"), quotas=tight)
    await stores.runs.accept(new_run("2"), quotas=tight)
    with pytest.raises(ThreadBusy):
        await stores.runs.accept(new_run("3"), quotas=tight)
    await stores.runs.claim(lease_s=10)
    await stores.runs.accept(new_run("3"), quotas=tight)


async def test_live_runs_in_all_are_bounded(stores, new_run):
    tight = Quotas(max_live_runs=3)
    for n in range(3):
        await stores.runs.accept(new_run(str(n), owner=n, thread=f"thread-{n}"), quotas=tight)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await stores.runs.accept(new_run("9", owner=9), quotas=tight)
    await stores.runs.stop("run-0", owner_id=0)
    await stores.runs.accept(new_run("9", owner=9), quotas=tight)


async def test_of_many_at_the_bound_just_as_many_get_in(stores, new_run):
    tight = Quotas(max_live_runs_per_user=7)
    tries = (stores.runs.accept(new_run(str(n), thread=f"thread-{n}"), quotas=tight) for n in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Unavailable) for result in results) == 13
    assert await stores.runs.waiting() == 7


async def test_pages_are_newest_first_with_ties_by_id(stores, new_run):
    for name, at_s in (("b", 1), ("a", 1), ("c", 1), ("old", 0), ("new", 2)):
        await stores.runs.accept(new_run(name, thread=f"thread-{name}", at_s=at_s), quotas=QUOTAS)
    page = await stores.runs.page(owner_id=ONE, request=PageRequest())
    assert [run.id for run in page.items] == ["run-new", "run-c", "run-b", "run-a", "run-old"]
    assert (page.total, page.limit, page.offset, page.has_more) == (5, 20, 0, False)


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_a_cursor_walks_the_whole_list_once(stores, new_run, limit):
    for n in range(5):
        await stores.runs.accept(new_run(str(n), thread=f"thread-{n}", at_s=n // 2), quotas=QUOTAS)
    seen, request = [], PageRequest(limit=limit)
    while True:
        page = await stores.runs.page(owner_id=ONE, request=request)
        seen += [run.id for run in page.items]
        assert (page.total, page.offset) == (5, 0)
        if page.next is None:
            break
        assert len(page.items) == limit
        request = PageRequest(limit=limit, after=page.next)
    assert seen == ["run-4", "run-3", "run-2", "run-1", "run-0"]


async def test_an_offset_skips_and_past_the_end_is_empty(stores, new_run):
    for n in range(3):
        await stores.runs.accept(new_run(str(n), at_s=n), quotas=QUOTAS)
    page = await stores.runs.page(owner_id=ONE, request=PageRequest(limit=1, offset=1))
    assert [run.id for run in page.items] == ["run-1"]
    assert page.has_more
    page = await stores.runs.page(owner_id=ONE, request=PageRequest(offset=3))
    assert (page.items, page.total, page.next) == ((), 3, None)


async def test_a_page_of_one_thread_holds_its_runs_without_results(stores, new_run):
    await stores.runs.accept(new_run("1"), quotas=QUOTAS)
    await stores.runs.accept(new_run("2", thread="thread-2"), quotas=QUOTAS)
    claim = await stores.runs.claim(lease_s=10)
    figures = Headline(bill_usd_per_month=12.5, saved_share=0.25)
    ending = Ending(move=RunMove.COMPLETE, result=msgspec.Raw(b'{"metrics":{}}'), headline=figures)
    await stores.runs.finish(claim, ending, [], answer=None)
    page = await stores.runs.page(owner_id=ONE, request=PageRequest(), chosen=RunFilter(thread_id="thread-1"))
    assert [(run.id, run.result, run.state) for run in page.items] == [("run-1", None, RunState.COMPLETED)]
    whole = await stores.runs.get("run-1", owner_id=ONE)
    assert bytes(whole.result) == b'{"metrics":{}}'
    assert whole.headline == page.items[0].headline == figures


SINCE = datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (RunFilter(), ["c", "b", "a"]),
        (RunFilter(workload_id="wl-1"), ["b", "a"]),
        (RunFilter(workload_id="wl-1", thread_id="thread-b"), ["b"]),
        (RunFilter(status="processing"), ["c", "b"]),
        (RunFilter(status="cancelled"), ["a"]),
        (RunFilter(status="failed"), []),
        (RunFilter(since=SINCE), ["c", "b"]),
        (RunFilter(until=SINCE), ["a"]),
        (RunFilter(since=SINCE, until=SINCE + timedelta(microseconds=1)), ["b"]),
        (RunFilter(text="TTFT"), ["b", "a"]),
        (RunFilter(text="p99 TTft"), ["a"]),
        (RunFilter(text="für Äpfel"), ["b"]),
        (RunFilter(text="für äpfel"), []),
        (RunFilter(text="100 %_\\"), ["c"]),
        (RunFilter(text="%"), ["c"]),
        (RunFilter(text="a\x00"), []),
        (RunFilter(text="ttft", status="processing", workload_id="wl-1", since=SINCE), ["b"]),
    ],
)
async def test_a_page_shows_the_runs_that_meet_every_filter(stores, new_run, chosen, expected):
    questions = {"a": "P99 TTFT under 500 ms", "b": "ttft für ÄPFEL", "c": "100 %_\\ less"}
    for at_s, (name, message) in enumerate(questions.items()):
        fields = {"workload_id": None if name == "c" else "wl-1", "message": message, "at_s": at_s}
        await stores.runs.accept(new_run(name, thread=f"thread-{name}", **fields), quotas=QUOTAS)
    await stores.runs.accept(new_run("other", owner=2, message="TTFT"), quotas=QUOTAS)
    await stores.runs.stop("run-a", owner_id=ONE)
    page = await stores.runs.page(owner_id=ONE, request=PageRequest(), chosen=chosen)
    assert [run.id for run in page.items] == [f"run-{name}" for name in expected]
    assert page.total == len(expected)
    first = await stores.runs.page(owner_id=ONE, request=PageRequest(limit=1), chosen=chosen)
    assert (first.total, first.items) == (page.total, page.items[:1])
    if first.next is not None:
        rest = await stores.runs.page(owner_id=ONE, request=PageRequest(after=first.next), chosen=chosen)
        assert rest.items == page.items[1:]


async def test_a_queued_run_has_a_position_among_all_queued_runs(stores, new_run):
    for name, owner in (("a", 1), ("b", 2), ("c", 1)):
        await stores.runs.accept(new_run(name, owner=owner, thread=f"thread-{name}"), quotas=QUOTAS)
    assert await stores.runs.queue_position("run-c", owner_id=ONE) == 3
    await stores.runs.claim(lease_s=10)
    await stores.runs.stop("run-b", owner_id=OTHER)
    assert await stores.runs.queue_position("run-c", owner_id=ONE) == 1
    for name in ("run-a", "run-b", "run-none"):
        assert await stores.runs.queue_position(name, owner_id=ONE) is None


async def test_live_runs_are_listed_oldest_first(stores, new_run):
    for n in range(4):
        await stores.runs.accept(new_run(str(n), thread=f"thread-{n % 2}"), quotas=QUOTAS)
    await stores.runs.stop("run-1", owner_id=ONE)
    assert list(await stores.runs.live(owner_id=ONE)) == ["run-0", "run-2", "run-3"]
    assert list(await stores.runs.live(owner_id=ONE, thread_id="thread-0")) == ["run-0", "run-2"]


async def test_at_most_a_hundred_live_runs_are_listed(stores, new_run):
    await stores.runs.accept(new_run("000"), quotas=QUOTAS)
    later = (stores.runs.accept(new_run(f"{n:03}", thread=f"t-{n}"), quotas=QUOTAS) for n in range(1, 103))
    await asyncio.gather(*later)
    live = await stores.runs.live(owner_id=ONE)
    assert len(live) == 100
    assert live[0] == "run-000"


async def test_events_are_read_from_any_cursor(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.record(claim, [new_run().first_event] * 4, progress=10)
    read = stores.runs.events
    assert [event.seq for event in await read("run-1", owner_id=ONE, after=0)] == [1, 2, 3, 4, 5]
    assert [event.seq for event in await read("run-1", owner_id=ONE, after=3)] == [4, 5]
    assert [event.seq for event in await read("run-1", owner_id=ONE, after=1, limit=2)] == [2, 3]
    assert not await read("run-1", owner_id=ONE, after=5)
    assert not await read("run-1", owner_id=ONE, after=10**30)
    assert len(await read("run-1", owner_id=ONE, after=-1)) == 5


async def test_any_number_of_events_is_recorded_at_once_in_their_order(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    claim = await stores.runs.claim(lease_s=10)
    words = [updated(claim.run, agent="a", message="m", progress=n) for n in range(19)]
    told = await stores.runs.record(claim, words, progress=18)
    assert [event.seq for event in told] == list(range(2, 21))
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(told)
    assert [event.data for event in told] == [word.data for word in words]


async def test_a_queued_run_stops_at_once(stores, clock, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    clock.turn(3)
    run, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert (run.state, run.completed_at) == (RunState.CANCELLED, clock.now())
    assert [(event.seq, event.kind, event.at) for event in events] == [(2, EventKind.RESULT, clock.now())]
    assert msgspec.json.decode(events[0].data)["cancelled"] is True
    assert await stores.runs.get("run-1", owner_id=ONE) == run
    assert list(await stores.runs.events("run-1", owner_id=ONE, after=1)) == list(events)
    assert await stores.runs.claim(lease_s=10) is None
    assert await stores.runs.waiting() == 0


async def test_stopping_twice_changes_nothing(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    first, _ = await stores.runs.stop("run-1", owner_id=ONE)
    again, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert (again, tuple(events)) == (first, ())


async def test_a_running_run_is_asked_to_stop_by_its_heartbeat(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    claim = await stores.runs.claim(lease_s=10)
    assert not (await stores.runs.extend(claim, lease_s=10)).is_cancel_requested
    run, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert (run.phase, tuple(events)) == ("cancelling", ())
    assert (await stores.runs.extend(claim, lease_s=10)).is_cancel_requested


async def test_a_running_run_whose_lease_ran_out_stops_at_once(stores, clock, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    await stores.runs.claim(lease_s=10)
    clock.turn(10)
    run, events = await stores.runs.stop("run-1", owner_id=ONE)
    assert run.state is RunState.CANCELLED
    assert [event.seq for event in events] == [2]


async def test_of_many_who_stop_one_run_one_ends_it(stores, new_run):
    await stores.runs.accept(new_run(), quotas=QUOTAS)
    results = await asyncio.gather(*(stores.runs.stop("run-1", owner_id=ONE) for _ in range(10)))
    assert sum(len(events) for _, events in results) == 1


async def test_the_store_tells_its_time(stores, clock):
    assert await stores.runs.clock() == clock.now()
    assert clock.now().tzinfo is UTC
