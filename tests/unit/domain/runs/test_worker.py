"""A worker ends every run it can, and touches none that is not its own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from tests.waiting import until

from netra.domain.agents.model import Question, Stage, Watch
from netra.domain.errors import NetraError, Unavailable, UpstreamFailed, WorkStopped
from netra.domain.ids import UserId
from netra.domain.optimization.metrics import NOTHING_MEASURED
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.quotas import Quotas
from netra.domain.runs.events import EventKind
from netra.domain.runs.lifecycle import retry_delay_s
from netra.domain.runs.model import Run, RunFailure, RunState, StartRun, StopRun
from netra.domain.runs.progress import RunWatch
from netra.domain.runs.worker import Pace, RunWorker
from netra.ports.runs import RunStore

ALICE = UserId(1)
ADVICE = Advice(
    recommendations=(),
    metrics=NOTHING_MEASURED,
    actions=(),
    supply_config=NOTHING_TO_SUPPLY,
    report="Done.",
)
Answer = Callable[[Question, Watch], Coroutine[Any, Any, Advice]]


class Scripted:
    """Agents that do what a test says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def answer(self, question: Question, watch: Watch) -> Advice:
        return await self._answer(question, watch)


async def at_once(question: Question, watch: Watch) -> Advice:
    await watch.start_stage(agent="TriageSubAgent", message="Reading", progress=5, until=50)
    return ADVICE


async def until_stopped(question: Question, watch: Watch) -> Advice:
    await watch.start_stage(agent="DataSubAgent", message="Looking", progress=10, until=60)
    while True:
        watch.checkpoint(0.5, "half way")
        await asyncio.sleep(0)


BRISK = Pace(heartbeat_s=0.01, poll_s=0.01, stop_grace_s=0.01, drain_s=0.02)


def worker_of(
    house: Any, answer: Answer = at_once, *, runs: RunStore | None = None, quotas: Quotas | None = None
) -> RunWorker:
    return RunWorker(
        runs=runs or house.run_store,
        feed=house.feed,
        bell=house.bell,
        agents=Scripted(answer),
        clock=house.clock,
        ids=house.ids,
        incidents=house.incidents,
        quotas=quotas or Quotas(),
        concurrency=1,
        pace=BRISK,
    )


async def started(house: Any) -> Run:
    accepted = await house.runs.start(StartRun(owner_id=ALICE, message="Optimize"))
    return accepted.run


async def begun(house: Any, run: Run) -> None:
    """Return once a worker has the run."""

    async def is_running() -> bool:
        return bool((await house.runs.get(run.id, owner_id=ALICE)).phase == "running")

    await until(is_running, "a worker's claim", pause_s=0)


async def rings(bell: Any) -> bool:
    """Return whether a wait for the bell ends without waiting."""
    waiting = asyncio.create_task(bell.wait(timeout_s=3_600))
    for _ in range(3):
        await asyncio.sleep(0)
    has_rung = waiting.done()
    waiting.cancel()
    await asyncio.wait({waiting})
    return has_rung


async def events_of(house: Any, run: Run) -> list[tuple[EventKind, dict[str, Any]]]:
    events = await house.run_store.events(run.id, owner_id=ALICE, after=0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [(event.kind, msgspec.json.decode(event.data)) for event in events]


async def test_a_run_ends_completed_with_result_event_and_answer(house: Any) -> None:
    run = await started(house)
    assert await worker_of(house).run_once()
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert (ended.state, ended.progress) == (RunState.COMPLETED, 100)
    assert msgspec.json.decode(ended.result)["metrics"]["requests"] == 0
    kinds = [kind for kind, _ in await events_of(house, run)]
    assert kinds == [EventKind.UPDATE, EventKind.UPDATE, EventKind.RESULT]
    _, messages = await house.threads.get(run.thread_id, owner_id=ALICE)
    assert [(m.role.value, m.content) for m in messages] == [("user", "Optimize"), ("assistant", "Done.")]


async def test_without_a_run_there_is_nothing_to_do(house: Any) -> None:
    assert not await worker_of(house).run_once()


async def test_a_failure_with_a_name_fails_the_run_under_that_name(house: Any) -> None:
    async def refuse(question: Question, watch: Watch) -> Advice:
        raise UpstreamFailed("The price list cannot be read.")

    run = await started(house)
    await worker_of(house, refuse).run_once()
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert (ended.state, ended.failure.code) == (RunState.FAILED, "UPSTREAM_ERROR")
    assert [kind for kind, _ in await events_of(house, run)][-2:] == [EventKind.ERROR, EventKind.RESULT]
    assert house.incidents.heard == []


async def test_a_failure_nobody_foresaw_is_reported_and_leaks_nothing(house: Any) -> None:
    async def stumble(question: Question, watch: Watch) -> Advice:
        raise KeyError("secret detail")

    run = await started(house)
    await worker_of(house, stumble).run_once()
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert ended.failure.code == "INTERNAL_ERROR"
    assert "secret" not in str(await events_of(house, run))
    assert isinstance(house.incidents.heard[0][1], KeyError)


async def test_a_cancel_stops_the_work_and_ends_the_run(house: Any) -> None:
    run = await started(house)
    working = asyncio.create_task(worker_of(house, until_stopped).run_once())

    async def has_progress() -> bool:
        progress: int = (await house.runs.get(run.id, owner_id=ALICE)).progress
        return progress >= 35  # half of 10..60 per cent, written by a heartbeat

    await until(has_progress, "progress by a heartbeat", pause_s=0)
    await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))
    await working
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert ended.state is RunState.CANCELLED
    kind, data = (await events_of(house, run))[-1]
    assert (kind, data["success"], data["cancelled"]) == (EventKind.RESULT, False, True)


async def test_work_that_does_not_look_up_is_cancelled_after_a_grace(house: Any) -> None:
    over = asyncio.Event()

    async def deaf(question: Question, watch: Watch) -> Advice:
        try:
            await asyncio.Event().wait()
        finally:
            over.set()
        raise AssertionError

    run = await started(house)
    working = asyncio.create_task(worker_of(house, deaf).run_once())
    await begun(house, run)
    await house.runs.stop(StopRun(owner_id=ALICE, run_id=run.id))
    await working
    assert over.is_set()
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.CANCELLED


async def test_a_run_over_its_deadline_fails_with_that_reason(house: Any) -> None:

    async def slow(question: Question, watch: Watch) -> Advice:
        house.clock.turn(901)
        return await until_stopped(question, watch)

    run = await started(house)
    await worker_of(house, slow).run_once()
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert (ended.state, ended.failure.code) == (RunState.FAILED, "TIMEOUT")


async def test_a_worker_whose_lease_was_taken_writes_nothing_more(house: Any) -> None:
    async def lose(question: Question, watch: Watch) -> Advice:
        house.clock.turn(Pace().lease_s + 1)
        await house.run_store.reap(max_attempts=3)
        return ADVICE

    run = await started(house)
    await worker_of(house, lose).run_once()
    again = await house.runs.get(run.id, owner_id=ALICE)
    assert (again.state, again.attempts) == (RunState.QUEUED, 1)
    assert len(await events_of(house, run)) == 1


async def test_a_stage_of_a_run_that_was_taken_is_not_told(house: Any) -> None:
    async def lose(question: Question, watch: Watch) -> Advice:
        house.clock.turn(Pace().lease_s + 1)
        await house.run_store.reap(max_attempts=3)
        return await at_once(question, watch)

    run = await started(house)
    await worker_of(house, lose).run_once()
    assert len(await events_of(house, run)) == 1
    assert house.incidents.heard == []


async def test_a_heartbeat_without_news_tells_nothing(house: Any) -> None:
    run = await started(house)
    claim = await house.run_store.claim(lease_s=1)
    watch = RunWatch(claim=claim, runs=house.run_store, feed=house.feed)
    await watch.beat(lease_s=30)
    house.clock.turn(20)
    assert await house.run_store.reap(max_attempts=3) == ()
    watch.checkpoint(0.9, "nearly")
    await watch.beat(lease_s=30)  # outside a stage there is no span to be in
    assert len(await events_of(house, run)) == 1


async def test_agents_without_work_are_told_of_all_at_once(house: Any) -> None:
    async def nothing_to_do(question: Question, watch: Watch) -> Advice:
        turns = [("DataSubAgent", 10, 35), ("ReportingSubAgent", 95, 100)]
        await watch.skip_stages(
            *(
                Stage(agent=agent, message="Nothing.", progress=begin, until=end)
                for agent, begin, end in turns
            )
        )
        return ADVICE

    run = await started(house)
    await worker_of(house, nothing_to_do).run_once()
    told = [
        (data["agent"], data["progress"]) for kind, data in await events_of(house, run) if "agent" in data
    ]
    assert told[1:] == [("DataSubAgent", 10), ("ReportingSubAgent", 95)]


class SlowFirst:
    """The memory store, whose first `record` comes after the second unless that waits for it."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.began = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def record(self, *args: Any, **kwargs: Any) -> Any:
        if not self.began.is_set():
            self.began.set()
            for _ in range(20):
                await asyncio.sleep(0)
        return await self._store.record(*args, **kwargs)


async def test_word_of_a_stage_waits_for_word_of_the_one_before(house: Any) -> None:
    run = await started(house)
    claim = await house.run_store.claim(lease_s=60)
    store = SlowFirst(house.run_store)
    watch = RunWatch(claim=claim, runs=store, feed=house.feed)
    watch.checkpoint(0.5, "half way")
    await watch.skip_stages(Stage(agent="DataSubAgent", message="Looking", progress=10, until=35))
    watch.checkpoint(0.5, "half way")
    beating = asyncio.create_task(watch.beat(lease_s=60))
    await store.began.wait()
    await watch.start_stage(agent="ReportingSubAgent", message="Writing", progress=60, until=100)
    await beating
    told = [data["progress"] for _, data in await events_of(house, run)]
    assert told == [0, 10, 22, 60]
    assert (await house.runs.get(run.id, owner_id=ALICE)).progress == 60


async def test_a_run_that_is_tried_again_does_not_fall_back(house: Any) -> None:
    run = await started(house)
    for begin, end in ((40, 60), (10, 20)):
        claim = await house.run_store.claim(lease_s=60)
        watch = RunWatch(claim=claim, runs=house.run_store, feed=house.feed)
        await watch.skip_stages(Stage(agent="TriageSubAgent", message="Reading", progress=0, until=begin))
        await watch.start_stage(agent="DataSubAgent", message="Looking", progress=begin, until=end)
        await watch.emit_text("Word.", attempt=1, at=0)
        await house.run_store.release(claim)
    told = [data["progress"] for _, data in await events_of(house, run)]
    assert told == [0, 0, 40, 40, 40, 40, 40]
    assert (await house.runs.get(run.id, owner_id=ALICE)).progress == 40


async def test_the_first_reason_to_stop_stays(house: Any) -> None:
    await started(house)
    claim = await house.run_store.claim(lease_s=1)
    watch = RunWatch(claim=claim, runs=house.run_store, feed=house.feed)
    watch.hand_back()
    watch.stop(UpstreamFailed("later"))
    watch.hand_back()
    with pytest.raises(WorkStopped, match="ending"):
        watch.checkpoint(0.1, "work")


class BrokenStore:
    """The memory store, with some verbs that find the database down."""

    def __init__(self, store: Any, *verbs: str, fault: Exception | None = None) -> None:
        self._store = store
        self._fault = fault or Unavailable("the database is down")
        self.down = set(verbs)

    def __getattr__(self, name: str) -> Any:
        if name not in self.down:
            return getattr(self._store, name)

        async def fail(*args: Any, **kwargs: Any) -> Any:
            raise self._fault

        return fail


@pytest.mark.parametrize("verb", ["record", "finish"])
async def test_a_run_whose_end_cannot_be_written_is_left_to_its_lease(house: Any, verb: str) -> None:
    run = await started(house)
    await worker_of(house, runs=BrokenStore(house.run_store, verb)).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).phase == "running"
    assert isinstance(house.incidents.heard[0][1], Unavailable)
    house.clock.turn(Pace().lease_s + 1)
    await house.run_store.reap(max_attempts=3)
    house.clock.turn(retry_delay_s(1))
    await worker_of(house).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.COMPLETED


async def away(question: Question, watch: Watch) -> Advice:
    await watch.start_stage(agent="DataSubAgent", message="Looking", progress=10, until=60)
    raise Unavailable("ClickHouse does not answer.")


async def test_a_run_whose_agents_miss_something_is_tried_again_without_waiting_for_its_lease(
    house: Any,
) -> None:
    run = await started(house)
    await worker_of(house, away).run_once()
    waiting = await house.runs.get(run.id, owner_id=ALICE)
    assert (waiting.state, waiting.attempts) == (RunState.QUEUED, 1)
    assert [str(error) for _, error in house.incidents.heard] == ["ClickHouse does not answer."]
    house.clock.turn(retry_delay_s(1))
    await worker_of(house).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.COMPLETED


async def test_a_run_whose_agents_go_on_missing_something_fails_with_that_reason(house: Any) -> None:
    run = await started(house)
    began_at = house.clock.now()
    for attempt in range(1, Quotas().max_outage_attempts + 1):
        assert await worker_of(house, away).run_once()
        house.clock.turn(retry_delay_s(attempt))
    ended = await house.runs.get(run.id, owner_id=ALICE)
    failure = RunFailure(code="SERVICE_UNAVAILABLE", message="ClickHouse does not answer.")
    assert (ended.state, ended.failure) == (RunState.FAILED, failure)
    assert [kind for kind, _ in await events_of(house, run)][-2:] == [EventKind.ERROR, EventKind.RESULT]
    assert (ended.completed_at - began_at).total_seconds() > 20, "restarts are not survived"
    assert (ended.completed_at - began_at).total_seconds() < 60, "nobody is told of an outage"


async def test_a_run_that_was_told_to_stop_is_not_tried_again(house: Any) -> None:
    async def stopped_and_away(question: Question, watch: Watch) -> Advice:
        await house.runs.stop(StopRun(owner_id=ALICE, run_id=question.run_id))
        return await away(question, watch)

    run = await started(house)
    await worker_of(house, stopped_and_away).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.CANCELLED


async def test_a_run_that_can_be_neither_worked_on_nor_put_off_is_left_to_its_lease(house: Any) -> None:
    run = await started(house)
    broken = BrokenStore(house.run_store, "postpone")
    await worker_of(house, away, runs=broken).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).phase == "running"
    assert len(house.incidents.heard) == 2


async def test_a_worker_whose_heartbeat_failed_writes_nothing_more(house: Any) -> None:
    run = await started(house)
    broken = BrokenStore(house.run_store, "extend")
    await worker_of(house, until_stopped, runs=broken).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).phase == "running"


async def test_a_worker_that_ends_hands_its_run_back_without_spending_an_attempt(house: Any) -> None:
    run = await started(house)
    stopping = asyncio.Event()
    serving = asyncio.create_task(worker_of(house, until_stopped).serve(stopping))
    await begun(house, run)
    await house.bell.wait(timeout_s=60)  # that the run came
    stopping.set()
    await house.bell.wait(timeout_s=60)  # what wakes the worker's own idle lanes
    await serving
    handed_back = await house.runs.get(run.id, owner_id=ALICE)
    assert (handed_back.state, handed_back.attempts) == (RunState.QUEUED, 0)
    assert await rings(house.bell), "other workers do not know that it waits"


async def test_a_cancel_that_comes_while_a_run_is_handed_back_ends_it_and_is_told(house: Any) -> None:
    async def cancelled_on_the_way(question: Question, watch: Watch) -> Advice:
        try:
            return await until_stopped(question, watch)
        finally:
            await house.runs.stop(StopRun(owner_id=ALICE, run_id=question.run_id))

    run = await started(house)
    stopping = asyncio.Event()
    async with house.feed.subscribe(run.id) as heard:
        serving = asyncio.create_task(worker_of(house, cancelled_on_the_way).serve(stopping))
        await begun(house, run)
        stopping.set()
        await serving
        told = await heard.next(timeout_s=60)
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.CANCELLED
    assert [event.is_last for event in told].index(True) == len(told) - 1


async def test_a_serving_worker_takes_runs_as_they_come_and_lets_the_last_finish(house: Any) -> None:
    stopping = asyncio.Event()
    serving = asyncio.create_task(worker_of(house).serve(stopping))
    runs = [await started(house) for _ in range(3)]
    for run in runs:
        async for _ in house.runs.follow(run.id, owner_id=ALICE):
            pass
    stopping.set()
    await serving
    states = [(await house.runs.get(run.id, owner_id=ALICE)).state for run in runs]
    assert states == [RunState.COMPLETED] * 3


@pytest.mark.parametrize("fault", [Unavailable("the database is down"), KeyError("a slip of ours")])
async def test_a_worker_outlives_every_fault_of_its_store(house: Any, fault: Exception) -> None:
    broken = BrokenStore(house.run_store, "claim", "reap", fault=fault)
    stopping = asyncio.Event()
    serving = asyncio.create_task(worker_of(house, runs=broken).serve(stopping))
    run = await started(house)
    await until(lambda: len(house.incidents.heard) >= 2, "two incidents", pause_s=0)
    broken.down.clear()
    await house.clock.step(60)
    async for _ in house.runs.follow(run.id, owner_id=ALICE):
        pass
    stopping.set()
    await serving
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.COMPLETED


async def test_a_run_that_lapsed_is_taken_up_again_by_the_same_worker(house: Any) -> None:
    run = await started(house)
    await house.run_store.claim(lease_s=1)
    house.clock.turn(2)
    stopping = asyncio.Event()
    serving = asyncio.create_task(worker_of(house).serve(stopping))

    async def is_reaped() -> bool:
        return bool((await house.runs.get(run.id, owner_id=ALICE)).phase != "running")

    await until(is_reaped, "the reaper", pause_s=0)
    house.clock.turn(retry_delay_s(1))
    async for event in house.runs.follow(run.id, owner_id=ALICE):
        assert event.run_id == run.id
    stopping.set()
    await serving
    again = await house.runs.get(run.id, owner_id=ALICE)
    assert (again.state, again.attempts) == (RunState.COMPLETED, 2)


async def test_stages_do_not_begin_once_the_work_is_to_stop(house: Any) -> None:
    reached = []

    async def two_stages(question: Question, watch: Watch) -> Advice:
        await watch.start_stage(agent="DataSubAgent", message="Looking", progress=10, until=60)
        run = question.run_id
        assert run is not None
        await house.runs.stop(StopRun(owner_id=ALICE, run_id=run))
        while True:
            await asyncio.sleep(0)
            await watch.start_stage(agent="ReportingSubAgent", message="Writing", progress=60, until=100)
            reached.append(1)

    run = await started(house)
    await worker_of(house, two_stages).run_once()
    assert (await house.runs.get(run.id, owner_id=ALICE)).state is RunState.CANCELLED


async def test_a_reaper_ends_runs_nobody_works_on(house: Any) -> None:
    run = await started(house)
    await house.run_store.claim(lease_s=1)
    house.clock.turn(2)
    stopping = asyncio.Event()
    serving = asyncio.create_task(worker_of(house, quotas=Quotas(max_run_attempts=1)).serve(stopping))
    async for event in house.runs.follow(run.id, owner_id=ALICE):
        assert event.run_id == run.id
    stopping.set()
    await serving
    ended = await house.runs.get(run.id, owner_id=ALICE)
    assert ended.state is RunState.FAILED


async def test_a_hand_back_that_comes_too_late_is_only_reported(house: Any) -> None:
    run = await started(house)
    stopping = asyncio.Event()
    broken = BrokenStore(house.run_store, "release")
    serving = asyncio.create_task(worker_of(house, until_stopped, runs=broken).serve(stopping))
    await begun(house, run)
    stopping.set()
    await serving
    assert [where for where, _ in house.incidents.heard] == ["handing a run back"]


def test_an_error_without_a_name_has_a_public_code() -> None:
    assert NetraError("x").code == "INTERNAL_ERROR"
