"""Compute the run and the events after each transition.

Pure functions: a store reads a run, calls one of them and writes the result in the same transaction.
The store checks leases and fencing tokens; `lifecycle` decides which transitions are allowed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from netra.domain.errors import LeaseLost, NetraError
from netra.domain.ids import RunId
from netra.domain.runs.events import NewEvent, RunEvent, cancelled, failed
from netra.domain.runs.lifecycle import (
    Ending,
    LapseDecision,
    RunMove,
    StopDecision,
    after,
    on_lapse,
    on_stop,
    retry_delay_s,
)
from netra.domain.runs.model import Run, RunFailure, RunState


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The new state of a run and its new events."""

    run: Run
    events: tuple[RunEvent, ...] = ()
    retry_at: datetime | None = None  # end of the retry delay; None if the run may be claimed immediately


def numbered(
    events: Sequence[NewEvent], *, run_id: RunId, last_seq: int, at: datetime
) -> tuple[RunEvent, ...]:
    """Return `events` numbered from `last_seq` + 1."""
    return tuple(
        RunEvent(run_id=run_id, seq=seq, kind=event.kind, at=at, data=event.data)
        for seq, event in enumerate(events, last_seq + 1)
    )


def recorded(run: Run, events: Sequence[NewEvent], *, at: datetime) -> Change:
    """Return the run with `events` appended to its stream."""
    new = numbered(events, run_id=run.id, last_seq=run.last_seq, at=at)
    return Change(run=msgspec.structs.replace(run, last_seq=run.last_seq + len(new)), events=new)


def claimed(run: Run, *, at: datetime) -> Run:
    """Return the claimed run: one more attempt, `started_at` set by the first."""
    return msgspec.structs.replace(
        run,
        state=moved(run, RunMove.CLAIM),
        attempts=run.attempts + 1,
        started_at=at if run.started_at is None else run.started_at,
    )


def released(run: Run, *, now: datetime) -> Change:
    """Return the released run with its attempt refunded; a cancel request ends it instead."""
    if run.is_cancel_requested:
        return finished(run, Ending(move=RunMove.CANCEL), [cancelled(run)], at=now)
    state = moved(run, RunMove.RELEASE)
    return Change(run=msgspec.structs.replace(run, state=state, attempts=run.attempts - 1))


def finished(run: Run, ending: Ending, events: Sequence[NewEvent], *, at: datetime) -> Change:
    """Return the run in the terminal state of `ending`. Raises `LeaseLost` when it has already ended."""
    state = moved(run, ending.move)
    if not state.is_terminal:
        raise ValueError(f"{ending.move} does not end a run")
    change = recorded(run, events, at=at)
    ended = msgspec.structs.replace(
        change.run,
        state=state,
        progress=100 if state is RunState.COMPLETED else run.progress,
        completed_at=at,
        result=ending.result,
        headline=ending.headline,
        failure=None if ending.code is None else RunFailure(code=ending.code, message=ending.message or ""),
    )
    return Change(run=ended, events=change.events)


def stopped(run: Run, *, lease_until: datetime | None, now: datetime) -> Change:
    """Return the run after a cancel request."""
    decision = on_stop(run, lease_until=lease_until, now=now)
    if decision is StopDecision.NOTHING:
        return Change(run=run)
    if decision is StopDecision.ASK_WORKER:
        return Change(run=msgspec.structs.replace(run, is_cancel_requested=True))
    return finished(run, Ending(move=RunMove.CANCEL), [cancelled(run)], at=now)


def lapsed(run: Run, *, max_attempts: int, now: datetime) -> Change:
    """Return the run after its lease expired."""
    error = NetraError(
        f"Failed after {run.attempts} attempts: the last worker stopped before it was done.",
        attempts=run.attempts,
    )
    return _given_up(run, why=error, spent=run.attempts - run.outages, most=max_attempts, now=now)


def postponed(run: Run, *, why: NetraError, max_attempts: int, now: datetime) -> Change:
    """Return the run after an attempt lost to an outage; without attempts left it fails with `why`."""
    met = msgspec.structs.replace(run, outages=run.outages + 1)
    return _given_up(met, why=why, spent=met.outages, most=max_attempts, now=now)


def _given_up(run: Run, *, why: NetraError, spent: int, most: int, now: datetime) -> Change:
    decision = on_lapse(run, spent=spent, most=most)
    if decision is LapseDecision.REQUEUE:
        requeued = msgspec.structs.replace(run, state=moved(run, RunMove.REQUEUE))
        return Change(run=requeued, retry_at=now + timedelta(seconds=retry_delay_s(spent)))
    if decision is LapseDecision.CANCEL:
        return finished(run, Ending(move=RunMove.CANCEL), [cancelled(run)], at=now)
    ending = Ending(move=RunMove.FAIL, code=why.code, message=why.message)
    return finished(run, ending, failed(run, why), at=now)


def removed(run: Run, *, at: datetime) -> tuple[RunEvent, ...]:
    """Return the last events of a run that is deleted with its thread; empty if it had ended."""
    if run.state.is_terminal:
        return ()
    return finished(run, Ending(move=RunMove.CANCEL), [cancelled(run)], at=at).events


def moved(run: Run, move: RunMove) -> RunState:
    """Return the state after `move`. Raises `LeaseLost` when the run's state does not allow it."""
    state = after(run.state, move)
    if state is None:
        raise LeaseLost(f"Run {run.id!r} is {run.state}; it can no longer {move}.")
    return state
