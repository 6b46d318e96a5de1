"""What a run looks like after each thing that can happen to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.runs.events import EventKind, updated
from netra.domain.runs.lifecycle import Ending, RunMove, retry_delay_s
from netra.domain.runs.model import Run, RunFailure, RunState
from netra.domain.runs.transitions import (
    claimed,
    finished,
    lapsed,
    numbered,
    postponed,
    recorded,
    released,
    removed,
    stopped,
)

AT = datetime(2024, 1, 1, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)


def run(state: RunState = RunState.RUNNING, **fields: Any) -> Run:
    values = {"attempts": 1, "last_seq": 4, "progress": 30, **fields}
    return Run(
        id=RunId("run-1"),
        owner_id=UserId(1),
        thread_id=ThreadId("thread-1"),
        message="?",
        created_at=AT,
        state=state,
        **values,
    )


WORD = updated(run(), agent="a", message="m", progress=1)


def test_events_are_numbered_on_from_the_last() -> None:
    told = numbered([WORD, WORD], run_id=RunId("run-1"), last_seq=4, at=AT)
    assert [(event.seq, event.at, event.data) for event in told] == [(5, AT, WORD.data), (6, AT, WORD.data)]


def test_recording_moves_the_last_number_and_nothing_else() -> None:
    change = recorded(run(), [WORD, WORD], at=AT)
    assert change.run == msgspec.structs.replace(run(), last_seq=6)


def test_a_claim_spends_an_attempt_and_keeps_the_first_start() -> None:
    first = claimed(run(RunState.QUEUED, attempts=0), at=AT)
    assert (first.state, first.attempts, first.started_at) == (RunState.RUNNING, 1, AT)
    again = claimed(msgspec.structs.replace(first, state=RunState.QUEUED), at=LATER)
    assert (again.attempts, again.started_at) == (2, AT)


def test_a_release_gives_the_attempt_back() -> None:
    back = released(run(attempts=2), now=LATER)
    assert (back.run.state, back.run.attempts, back.events) == (RunState.QUEUED, 1, ())


def test_a_released_run_that_was_told_to_stop_ends() -> None:
    ended = released(run(is_cancel_requested=True), now=LATER)
    assert (ended.run.state, ended.run.completed_at) == (RunState.CANCELLED, LATER)
    assert [(event.seq, event.is_last) for event in ended.events] == [(5, True)]


@pytest.mark.parametrize(
    ("move", "state", "progress"),
    [
        (RunMove.COMPLETE, RunState.COMPLETED, 100),
        (RunMove.FAIL, RunState.FAILED, 30),
        (RunMove.CANCEL, RunState.CANCELLED, 30),
    ],
)
def test_a_finished_run_has_its_state_instant_and_progress(move: Any, state: Any, progress: Any) -> None:
    ended = finished(run(), Ending(move=move), [WORD], at=LATER).run
    assert (ended.state, ended.completed_at, ended.progress) == (state, LATER, progress)
    assert (ended.last_seq, ended.failure) == (5, None)


def test_a_failure_without_words_is_a_failure() -> None:
    ended = finished(run(), Ending(move=RunMove.FAIL, code="X"), [], at=LATER).run
    assert ended.failure == RunFailure(code="X", message="")


def test_what_does_not_end_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="release"):
        finished(run(), Ending(move=RunMove.RELEASE), [], at=LATER)


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED])
def test_an_ended_run_takes_no_further_move(state: Any) -> None:
    for move in (
        lambda: claimed(run(state), at=AT),
        lambda: released(run(state), now=AT),
        lambda: released(run(state, is_cancel_requested=True), now=AT),
        lambda: finished(run(state), Ending(move=RunMove.COMPLETE), [], at=AT),
    ):
        with pytest.raises(LeaseLost):
            move()
    assert stopped(run(state), lease_until=None, now=AT).run == run(state)
    assert removed(run(state), at=AT) == ()


def test_stopping_asks_a_worker_and_ends_what_none_holds() -> None:
    asked = stopped(run(), lease_until=LATER, now=AT)
    assert (asked.run.is_cancel_requested, asked.run.state, asked.events) == (True, RunState.RUNNING, ())
    for ended in (
        stopped(run(), lease_until=AT, now=AT),
        stopped(run(RunState.QUEUED), lease_until=None, now=AT),
    ):
        assert (ended.run.state, [event.seq for event in ended.events]) == (RunState.CANCELLED, [5])


def test_a_lapsed_run_waits_fails_or_is_cancelled() -> None:
    again = lapsed(run(attempts=2), max_attempts=3, now=LATER)
    assert (again.run.state, again.run.attempts, again.events) == (RunState.QUEUED, 2, ())
    failed = lapsed(run(attempts=3), max_attempts=3, now=LATER)
    assert failed.run.failure is not None
    assert (failed.run.state, failed.run.failure.code) == (RunState.FAILED, "INTERNAL_ERROR")
    assert [event.kind for event in failed.events] == [EventKind.ERROR, EventKind.RESULT]
    stopped_before = run(attempts=3, is_cancel_requested=True)
    assert lapsed(stopped_before, max_attempts=3, now=LATER).run.state is RunState.CANCELLED


def test_a_postponed_run_waits_fails_under_its_own_name_or_is_cancelled() -> None:
    why = Unavailable("ClickHouse does not answer.")
    again = postponed(run(attempts=2, outages=1), why=why, max_attempts=3, now=LATER)
    assert (again.run.state, again.run.attempts, again.events) == (RunState.QUEUED, 2, ())
    assert again.run.outages == 2
    assert again.retry_at == LATER + timedelta(seconds=retry_delay_s(2))
    failed = postponed(run(attempts=3, outages=2), why=why, max_attempts=3, now=LATER)
    assert failed.run.failure == RunFailure(code="SERVICE_UNAVAILABLE", message=why.message)
    told_to_stop = run(attempts=3, outages=2, is_cancel_requested=True)
    ended = postponed(told_to_stop, why=why, max_attempts=3, now=LATER)
    assert ended.run.state is RunState.CANCELLED


def test_outages_and_lost_workers_use_up_nothing_of_each_other() -> None:
    lost = lapsed(run(attempts=5, outages=4), max_attempts=3, now=LATER)
    assert (lost.run.state, lost.run.outages) == (RunState.QUEUED, 4)
    assert lost.retry_at == LATER + timedelta(seconds=retry_delay_s(1))
    assert lapsed(run(attempts=7, outages=4), max_attempts=3, now=LATER).run.state is RunState.FAILED
    put_off = postponed(run(attempts=3), why=Unavailable("away"), max_attempts=3, now=LATER)
    assert put_off.run.state is RunState.QUEUED
    assert put_off.retry_at == LATER + timedelta(seconds=retry_delay_s(1))


def test_a_run_that_goes_with_its_thread_is_told_as_cancelled() -> None:
    (event,) = removed(run(RunState.QUEUED), at=LATER)
    assert (event.seq, event.at, event.is_last) == (5, LATER, True)


@given(st.sampled_from(RunState), st.integers(0, 9))
def test_every_ending_tells_exactly_one_last_event_after_the_others(state: Any, last_seq: Any) -> None:
    before = run(state, last_seq=last_seq)
    for change in (
        lapsed(before, max_attempts=1, now=LATER) if state is RunState.RUNNING else None,
        stopped(before, lease_until=None, now=LATER),
    ):
        if change is None:
            continue
        assert [event.seq for event in change.events] == list(range(last_seq + 1, change.run.last_seq + 1))
        has_ended = change.run.state.is_terminal and not state.is_terminal
        assert sum(event.is_last for event in change.events) == int(has_ended)
