"""The state machine of a run: one transition table and its rules. Stores only apply it.

A run is queued, claimed under a lease, and ends once. Facts outside the state, such as an expired lease
or exhausted attempts, are arguments.
"""

import enum
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.leases import has_passed
from netra.domain.runs.model import Headline, Run, RunState

RETRY_DELAY_S: Final = 1.0
RETRY_DELAY_S_MAX: Final = 30.0


class RunMove(enum.StrEnum):
    """A transition of a run."""

    CLAIM = "claim"
    RELEASE = "release"  # returned by a worker that shuts down; costs no attempt
    REQUEUE = "requeue"  # the attempt failed and more are left
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
    """Return the state after `move`, or None if `state` does not allow it.

    >>> after(RunState.QUEUED, RunMove.CLAIM)
    <RunState.RUNNING: 'running'>
    >>> after(RunState.COMPLETED, RunMove.CANCEL) is None
    True
    """
    return _TABLE.get((state, move))


class StopDecision(enum.StrEnum):
    """The effect of a cancel request on a run in its present state."""

    NOTHING = "nothing"  # the run has ended
    END_NOW = "end_now"  # no worker holds it
    ASK_WORKER = "ask_worker"  # set the flag; the worker ends the run within a heartbeat


def on_stop(run: Run, *, lease_until: datetime | None, now: datetime) -> StopDecision:
    """Decide how to cancel `run`, whose claim, if any, is valid until `lease_until`."""
    if run.state.is_terminal:
        return StopDecision.NOTHING
    if run.state is RunState.QUEUED or has_passed(lease_until, now=now):
        return StopDecision.END_NOW
    return StopDecision.ASK_WORKER


class LapseDecision(enum.StrEnum):
    """The fate of a run after a failed attempt: its lease expired, or a dependency is down."""

    REQUEUE = "requeue"
    FAIL = "fail"
    CANCEL = "cancel"


def retry_delay_s(spent: int) -> float:
    """Return the retry delay in seconds after `spent` attempts lost for the same cause.

    Backs off exponentially, so that a run that crashes workers does not crash them in quick succession.

    >>> [retry_delay_s(spent) for spent in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 30.0]
    """
    return min(RETRY_DELAY_S * 2.0 ** (spent - 1), RETRY_DELAY_S_MAX)


def on_lapse(run: Run, *, spent: int, most: int) -> LapseDecision:
    """Decide whether a lapsed run is retried or fails; `spent` counts its attempts lost for the same cause.

    Lost workers and outages are counted separately, each against its own limit. A requested cancel takes
    precedence.
    """
    if run.is_cancel_requested:
        return LapseDecision.CANCEL
    return LapseDecision.FAIL if spent >= most else LapseDecision.REQUEUE


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a claim: the terminal state and its data."""

    move: RunMove
    result: msgspec.Raw | None = None
    headline: Headline | None = None
    code: str | None = None
    message: str | None = None
