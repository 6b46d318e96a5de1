"""The run's state machine: one table, and the functions that read it. Stores apply it, nobody else decides.

A run is queued, claimed under a lease, and ends once. Whatever cannot be told by the state alone
(a lease that has run out, attempts that are used up) is an argument.
"""

import enum
from datetime import datetime, timedelta
from typing import Final

import msgspec

from netra.domain.runs.model import Run, RunState

REST_S: Final = 1.0
REST_S_MAX: Final = 30.0
LEASE_S_MAX: Final = 60.0  # the longest lease that a worker may ask for, s
CLOCK_SKEW_S: Final = 5.0  # how far the clocks of two processes of one store may differ, s
# An end further ahead than this was set before the clock was set back.
HORIZON: Final = timedelta(seconds=LEASE_S_MAX + CLOCK_SKEW_S)


class RunMove(enum.StrEnum):
    """What can happen to a run."""

    CLAIM = "claim"
    RELEASE = "release"  # handed back by a worker that is ending; no attempt is spent
    REQUEUE = "requeue"  # its attempt came to nothing and it has some left
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


_TABLE: dict[tuple[RunState, RunMove], RunState] = {
    (RunState.QUEUED, RunMove.CLAIM): RunState.RUNNING,
    (RunState.QUEUED, RunMove.FAIL): RunState.FAILED,
    (RunState.QUEUED, RunMove.CANCEL): RunState.CANCELLED,
    (RunState.RUNNING, RunMove.RELEASE): RunState.QUEUED,
    (RunState.RUNNING, RunMove.REQUEUE): RunState.QUEUED,
    (RunState.RUNNING, RunMove.COMPLETE): RunState.COMPLETED,
    (RunState.RUNNING, RunMove.FAIL): RunState.FAILED,
    (RunState.RUNNING, RunMove.CANCEL): RunState.CANCELLED,
}


def after(state: RunState, move: RunMove) -> RunState | None:
    """Return the state that `move` leads to, or None when it may not be made from `state`.

    >>> after(RunState.QUEUED, RunMove.CLAIM)
    <RunState.RUNNING: 'running'>
    >>> after(RunState.COMPLETED, RunMove.CANCEL) is None
    True
    """
    return _TABLE.get((state, move))


def lease_end(*, now: datetime, lease_s: float) -> datetime:
    """Return when a lease taken at `now` ends. Raises `ValueError` for one longer than `LEASE_S_MAX`."""
    if lease_s > LEASE_S_MAX:
        raise ValueError(f"A lease lasts at most {LEASE_S_MAX:g} s, not {lease_s:g} s.")
    return now + timedelta(seconds=lease_s)


def has_passed(until: datetime | None, *, now: datetime) -> bool:
    """Return whether a lease or a rest is over.

    One that ends beyond `HORIZON` is over too: no lease is that long, so the clock was set back since,
    and nobody may wait until it has caught up.
    """
    return until is None or not now < until <= now + HORIZON


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

    move: RunMove
    result: msgspec.Raw | None = None
    code: str | None = None
    message: str | None = None
