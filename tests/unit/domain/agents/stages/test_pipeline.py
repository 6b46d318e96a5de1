"""The five agents in their order, with and without something to work on, and how they are stopped."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.unit.domain.agents.opened import words_of

from netra.domain.agents.guard.guard import unsupported
from netra.domain.agents.model import Question
from netra.domain.agents.stages.pipeline import AgentPipeline
from netra.domain.decisions.model import (
    DecidedOn,
    DecidedSavings,
    Decision,
    DecisionKey,
    DecisionState,
    DismissalReason,
)
from netra.domain.errors import ValidationFailed, WorkStopped
from netra.domain.ids import RunId, UserId
from netra.domain.optimization.metrics import NO_LANGUAGE_MODEL
from netra.domain.optimization.result import Advice, DecisionMade
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import columns_of, empty_events

STAGES = [
    ("TriageSubAgent", 0, 10),
    ("DataSubAgent", 10, 35),
    ("OptimizationsCoreSubAgent", 35, 85),
    ("ActionsToMeetGoalsSubAgent", 85, 95),
    ("ReportingSubAgent", 95, 100),
]


def payload(advice: Advice) -> dict[str, Any]:
    return {
        name: getattr(advice, name) for name in ("recommendations", "metrics", "actions", "supply_config")
    }


def stages(desk: Any) -> list[tuple[str, int, int]]:
    return [(stage["agent"], stage["progress"], stage["until"]) for stage in desk.watch.stages]


async def test_a_workload_nobody_made_gets_word_of_what_to_send(desk: Any) -> None:
    advice = await desk.ask(
        "Optimize my AI workload for cost efficiency",
        workload_id="wl-123",
        priority="cost",
        constraints=["gpu_memory", "latency"],
    )
    assert advice.recommendations == ()
    assert advice.metrics.requests == 0
    assert advice.metrics.data_sufficiency.sufficient is False
    assert advice.metrics.goals.constraints == ("gpu_memory", "latency")
    assert advice.metrics.language_model == NO_LANGUAGE_MODEL
    assert "no workload wl-123" in advice.report
    assert "POST /api/workloads" in advice.report
    assert "netra workloads import" in advice.report
    assert [action.title for action in advice.actions] == ["Make a workload", "Send its events"]


async def test_an_empty_workload_is_told_where_to_send_its_events(desk: Any) -> None:
    made = await desk.workload()
    advice = await desk.ask("make it cheaper")
    assert "POST /api/workloads/wl-shop/events" in advice.report
    assert [action.order for action in advice.actions] == [1]
    assert advice.metrics.workload_id == made


async def test_nobody_s_account_is_told_how_to_begin(desk: Any) -> None:
    advice = await desk.ask("make it cheaper")
    assert advice.metrics.data_sufficiency.reason == "there is no workload"


async def test_someone_else_s_workload_does_not_exist(desk: Any, calls: Any) -> None:
    await desk.workload(calls(3), owner=UserId(2))
    advice = await desk.ask("make it cheaper", workload_id="wl-shop")
    assert advice.metrics.data_sufficiency.reason == "there is no workload of this id"


async def test_one_of_several_workloads_must_be_named(desk: Any, calls: Any) -> None:
    await desk.workload(calls(3), name="shop")
    await desk.workload(name="desk")
    advice = await desk.ask("make it cheaper")
    assert "wl-shop (shop, 3 events)" in advice.report
    assert "wl-desk (desk, 0 events)" in advice.report
    assert advice.metrics.workloads_total == 2
    assert advice.recommendations == ()


async def test_of_very_many_workloads_the_newest_are_listed(desk: Any) -> None:
    for number in range(23):
        await desk.workload(name=f"n{number}")
    advice = await desk.ask("make it cheaper")
    assert len(advice.metrics.workloads) == 20
    assert "lists all" in advice.report
    assert unsupported(advice.report, payload(advice)) == ()


async def test_a_workload_named_in_the_message_is_the_one(desk: Any, calls: Any) -> None:
    await desk.workload(calls(3), name="shop-front")
    await desk.workload(name="desk")
    advice = await desk.ask("make the shop front cheaper")
    assert advice.metrics.workload_id == "wl-shop-front"
    assert advice.metrics.requests == 3


async def test_the_only_workload_need_not_be_named(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    advice = await desk.ask("make it cheaper")
    # 60 calls of 1,000 tokens at $10 and 100 at $40 a million
    assert advice.metrics.bill_usd == pytest.approx(60 * 0.014)


async def test_every_stage_says_what_it_does_in_its_range(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    await desk.ask("make it cheaper")
    assert stages(desk) == STAGES
    assert all(stage["message"] for stage in desk.watch.stages)
    assert all(0 <= done <= 1 for done, _ in desk.watch.checkpoints)


async def test_the_stages_are_the_same_with_nothing_to_work_on(desk: Any) -> None:
    await desk.ask("make it cheaper")
    assert stages(desk) == STAGES


async def test_nothing_to_work_on_starts_no_thread(desk: Any) -> None:
    before = threading.active_count()
    await desk.ask("make it cheaper", workload_id="wl-123")
    assert threading.active_count() == before


async def test_events_at_hand_get_the_answer_of_a_stored_workload(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    stored = await desk.ask("make it 20 % cheaper")
    question = Question(owner_id=UserId(0), message="make it 20 % cheaper")
    at_hand = await desk.advisor.answer_events(question, columns_of(calls(60)), desk.watch)
    assert at_hand.metrics.workload_id is None
    assert msgspec.json.encode(at_hand.recommendations) == msgspec.json.encode(stored.recommendations)
    assert at_hand.report == stored.report


async def test_a_file_without_a_call_is_asked_for_calls(desk: Any) -> None:
    question = Question(owner_id=UserId(0), message="make it cheaper")
    advice = await desk.advisor.answer_events(question, empty_events(), desk.watch)
    assert words_of(advice).startswith("The log holds no calls")
    assert stages(desk) == STAGES


async def test_the_same_question_gets_the_same_bytes(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    first, second = await desk.ask("make it cheaper"), await desk.ask("make it cheaper")
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


async def test_a_watch_that_says_stop_ends_the_work(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    desk.watch = StoppingWatch("Looking for")
    with pytest.raises(WorkStopped):
        await desk.ask("make it cheaper")


async def test_a_cancelled_answer_stops_its_thread(desk: Any, calls: Any) -> None:
    await desk.workload(calls(60))
    watch = desk.watch = GatedWatch()
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor()
    loop.set_default_executor(threads)
    asked = asyncio.ensure_future(desk.ask("make it cheaper"))
    await asyncio.to_thread(watch.reached.wait)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    watch.gate.set()
    threads.shutdown()  # waits for the thread's end
    loop.set_default_executor(ThreadPoolExecutor())  # the loop is every test's
    assert len(watch.checkpoints) == 1


class StoppingWatch:
    """Stops the work at the first checkpoint that says `word`."""

    def __init__(self, word: str) -> None:
        self._word = word

    async def start_stage(self, **stage: Any) -> None:
        pass

    async def skip_stages(self, *stages: Any) -> None:
        pass

    def checkpoint(self, done: float, doing: str) -> None:
        if self._word in doing:
            raise WorkStopped("enough")


class GatedWatch:
    """Holds the work at its first checkpoint until the gate is opened."""

    def __init__(self) -> None:
        self.reached, self.gate = threading.Event(), threading.Event()
        self.checkpoints: list[str] = []

    async def start_stage(self, **stage: Any) -> None:
        pass

    async def skip_stages(self, *stages: Any) -> None:
        pass

    def checkpoint(self, done: float, doing: str) -> None:
        self.checkpoints.append(doing)
        self.reached.set()
        self.gate.wait()


async def test_a_workload_larger_than_an_analysis_may_read_fails_before_it_is_read(
    desk: Any, calls: Any
) -> None:
    await desk.workload(calls(3))
    pipeline = AgentPipeline(
        advisor=desk.advisor,
        workloads=desk.workloads,
        decisions=desk.decisions,
        log=desk.log,
        clock=desk.clock,
        quotas=Quotas(max_events_per_workload=2),
    )
    question = Question(owner_id=UserId(1), message="make it cheaper")
    with pytest.raises(ValidationFailed, match="holds 3 events, and an analysis reads at most 2"):
        await pipeline.answer(question, desk.watch)


async def test_the_next_answer_shows_what_was_decided_about_each_recommendation(
    desk: Any, calls: Any
) -> None:
    workload_id = await desk.workload(calls(50))
    question = Question(owner_id=UserId(1), message="make it cheaper")
    first = await desk.pipeline.answer(question, desk.watch)
    assert [one.decision for one in first.recommendations] == [None] * len(first.recommendations) != []
    shown = DecidedOn(run_id=RunId("run-1"), kind="x", action="y", savings=DecidedSavings(usd_in_window=1.0))
    now = desk.clock.now()
    dismissed = Decision(
        workload_id=workload_id,
        owner_id=UserId(1),
        key=DecisionKey(first.recommendations[0].key),
        state=DecisionState.DISMISSED,
        on=shown,
        at=now,
        until=now + timedelta(days=1),
        reason=DismissalReason.EFFORT,
    )
    await desk.decisions.put(dismissed, replaces=None, max_per_workload=9)
    decision, *others = [
        one.decision for one in (await desk.pipeline.answer(question, desk.watch)).recommendations
    ]
    assert decision == DecisionMade(
        state=DecisionState.DISMISSED, at=now, reason=DismissalReason.EFFORT, until=now + timedelta(days=1)
    )
    assert others == [None] * (len(first.recommendations) - 1)
    reopened = msgspec.structs.replace(dismissed, state=DecisionState.OPEN)
    await desk.decisions.put(reopened, replaces=None, max_per_workload=9)
    assert await desk.pipeline.answer(question, desk.watch) == first
