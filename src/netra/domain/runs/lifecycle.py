"""The run's state machine: one table, and the functions that read it. Stores apply it, nobody else decides.

A run is queued, claimed under a lease, and ends once. Whatever cannot be told by the state alone
(a lease that has run out, attempts that are used up) is an argument.
"""

import enum
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.leases import has_passed
from netra.domain.runs.model import Run, RunState

REST_S: Final = 1.0
REST_S_MAX: Final = 30.0


class Move(enum.StrEnum):
    """What can happen to a run."""

    CLAIM = "claim"
    RELEASE = "release"  # handed back by a worker that is ending; no attempt is spent
    REQUEUE = "requeue"  # its attempt came to nothing and it has some left
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


_TABLE: dict[tuple[RunState, Move], RunState] = {
    (RunState.QUEUED, Move.CLAIM): RunState.RUNNING,
    (RunState.QUEUED, Move.FAIL): RunState.FAILED,
    (RunState.QUEUED, Move.CANCEL): RunState.CANCELLED,
    (RunState.RUNNING, Move.RELEASE): RunState.QUEUED,
    (RunState.RUNNING, Move.REQUEUE): RunState.QUEUED,
    (RunState.RUNNING, Move.COMPLETE): RunState.COMPLETED,
    (RunState.RUNNING, Move.FAIL): RunState.FAILED,
    (RunState.RUNNING, Move.CANCEL): RunState.CANCELLED,
}


def after(state: RunState, move: Move) -> RunState | None:
    """Return the state that `move` leads to, or None when it may not be made from `state`.

    >>> after(RunState.QUEUED, Move.CLAIM)
    <RunState.RUNNING: 'running'>
    >>> after(RunState.COMPLETED, Move.CANCEL) is None
    True
    """
    return _TABLE.get((state, move))


class StopDecision(enum.StrEnum):
    """What a request to cancel does to a run in its present state."""

    NOTHING = "nothing"  # it has ended
    END_NOW = "end_now"  # nobody works on it
    ASK_WORKER = "ask_worker"  # set the flag; the worker ends it within a heartbeat


def on_stop(run: Run, *, lease_until: datetime | None, now: datetime) -> StopDecision:
    """Return how to cancel `run`, whose claim (if any) holds until `lease_until`."""
    if run.state.is_terminal:
        return StopDecision.NOTHING
    if run.state is RunState.QUEUED or has_passed(lease_until, now=now):
        return StopDecision.END_NOW
    return StopDecision.ASK_WORKER


class LapseDecision(enum.StrEnum):
    """What becomes of a run whose attempt came to nothing: its lease ran out, or what it needs is away."""

    REQUEUE = "requeue"
    FAIL = "fail"
    CANCEL = "cancel"


def rest_s(spent: int) -> float:
    """Return how long a run rests once so many attempts came to nothing in the same way, s.

    A run that kills its workers must not kill them one after another, and an outage takes a while.

    >>> [rest_s(spent) for spent in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 30.0]
    """
    return min(REST_S * 2.0 ** (spent - 1), REST_S_MAX)


def on_lapse(run: Run, *, spent: int, most: int) -> LapseDecision:
    """Return what is done with `run`, of whose attempts `spent` came to nothing in the way of the last.

    Lost workers and outages are counted apart: neither uses up what the other may. A cancel that was asked
    for is kept.
    """
    if run.is_cancel_requested:
        return LapseDecision.CANCEL
    return LapseDecision.FAIL if spent >= most else LapseDecision.REQUEUE


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a claim ends: the terminal state, and what goes with it."""

    move: Move
    result: msgspec.Raw | None = None
    code: str | None = None
    message: str | None = None
