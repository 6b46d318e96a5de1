"""A run ends once, and only by moves the table knows."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.runs.lifecycle import LapseDecision, RunMove, StopDecision, after, on_lapse, on_stop
from netra.domain.runs.model import TERMINAL, Run, RunState

NOW = datetime(2024, 1, 1, tzinfo=UTC)
RUN = Run(id=RunId("r"), owner_id=UserId(1), thread_id=ThreadId("t"), message="m", created_at=NOW)


@given(st.lists(st.sampled_from(RunMove)))
def test_no_sequence_of_moves_leaves_a_terminal_state(moves: list[RunMove]) -> None:
    state = RunState.QUEUED
    for move in moves:
        reached = after(state, move)
        assert not (state in TERMINAL and reached is not None)
        state = reached or state


def test_every_live_state_can_end_each_way_but_only_work_completes() -> None:
    assert after(RunState.RUNNING, RunMove.COMPLETE) is RunState.COMPLETED
    assert after(RunState.QUEUED, RunMove.COMPLETE) is None
    for state in (RunState.QUEUED, RunState.RUNNING):
        assert after(state, RunMove.FAIL) is RunState.FAILED
        assert after(state, RunMove.CANCEL) is RunState.CANCELLED


def test_live_states_are_one_public_status_with_finer_phases() -> None:
    running = msgspec.structs.replace(RUN, state=RunState.RUNNING)
    cancelling = msgspec.structs.replace(running, is_cancel_requested=True)
    assert [run.state.status for run in (RUN, running, cancelling)] == ["processing"] * 3
    assert [run.phase for run in (RUN, running, cancelling)] == ["queued", "running", "cancelling"]
    assert {state.status for state in TERMINAL} == {"completed", "failed", "cancelled"}


@pytest.mark.parametrize(
    ("state", "lease_s", "decision"),
    [
        (RunState.QUEUED, None, StopDecision.END_NOW),
        (RunState.RUNNING, 5, StopDecision.ASK_WORKER),
        (RunState.RUNNING, 0, StopDecision.END_NOW),
        (RunState.RUNNING, None, StopDecision.END_NOW),
        (RunState.COMPLETED, None, StopDecision.NOTHING),
        (RunState.CANCELLED, 5, StopDecision.NOTHING),
    ],
)
def test_a_stop_asks_the_worker_only_while_its_lease_holds(
    state: RunState, lease_s: int | None, decision: StopDecision
) -> None:
    lease_until = None if lease_s is None else NOW + timedelta(seconds=lease_s)
    run = msgspec.structs.replace(RUN, state=state)
    assert on_stop(run, lease_until=lease_until, now=NOW) is decision


@pytest.mark.parametrize(
    ("spent", "cancel", "decision"),
    [
        (1, False, LapseDecision.REQUEUE),
        (3, False, LapseDecision.FAIL),
        (1, True, LapseDecision.CANCEL),
        (3, True, LapseDecision.CANCEL),
    ],
)
def test_a_lapsed_run_is_tried_again_until_its_attempts_are_used(
    spent: int, cancel: bool, decision: LapseDecision
) -> None:
    run = msgspec.structs.replace(RUN, state=RunState.RUNNING, attempts=9, is_cancel_requested=cancel)
    assert on_lapse(run, spent=spent, most=3) is decision
