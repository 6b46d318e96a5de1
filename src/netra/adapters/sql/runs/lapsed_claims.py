"""Runs that leave their worker without an ending: returned to the queue, or lapsed.

The row is locked and read, a pure transition computes the run's next state, and that is stored with its
events, all in one transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import select, update

from netra.adapters.sql.instants import micros, micros_or_none
from netra.adapters.sql.runs.run_rows import CHANGED, HOLDS, RUN_COLUMNS, adding_events, changed, run_of
from netra.adapters.sql.schema import IS_LIVE, IS_RUNNING, runs
from netra.adapters.sql.transactions import Query, Script, ask, param
from netra.domain.errors import LeaseLost
from netra.domain.leases import HORIZON
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Claim, Run
from netra.domain.runs.transitions import Change, lapsed
from netra.ports.clock import Clock

_HELD: Final = Query(select(*RUN_COLUMNS, runs.c.number).where(*HOLDS).with_for_update())
_CHANGE: Final = Query(update(runs).where(*HOLDS), sets=CHANGED)
_HAS_PASSED: Final = (runs.c.lease_until <= param("now")) | (runs.c.lease_until > param("horizon"))
_LAPSED: Final = Query(
    select(*RUN_COLUMNS, runs.c.number, runs.c.fence)
    .where(IS_LIVE, IS_RUNNING, _HAS_PASSED)  # both conditions: the index covers live runs
    .order_by(runs.c.lease_until, runs.c.number)
    .limit(param("most"))
    .with_for_update(skip_locked=True)
)


class Transition(Protocol):
    """The next state of a run that its worker gives up."""

    def __call__(self, run: Run, *, now: datetime) -> Change:
        """Return the change of the run at `now`."""
        ...


def returning(claim: Claim, clock: Clock, transition: Transition) -> Script[Sequence[RunEvent]]:
    """Give up a held run. Raises `LeaseLost`."""
    rows = yield ask(_HELD, **held_by(claim))
    if not rows:
        raise lost(claim)
    change = transition(run_of(rows[0]), now=clock.now())
    yield from _changing(change, rows[0][-1], fence=claim.fence)
    return change.events


def reaping(clock: Clock, *, max_attempts: int, limit: int) -> Script[Sequence[RunEvent]]:
    """Take runs from their workers, those with the longest-expired leases first."""
    now = clock.now()
    ended: list[RunEvent] = []
    for row in (yield ask(_LAPSED, now=micros(now), horizon=micros(now + HORIZON), most=limit)):
        number, fence = row[-2:]
        change = lapsed(run_of(row), max_attempts=max_attempts, now=now)
        yield from _changing(change, number, fence=fence)
        ended.extend(change.events)
    return tuple(ended)


def held_by(claim: Claim) -> dict[str, object]:
    """Return the parameters of `HOLDS`."""
    return {"run_id": claim.run.id, "held_fence": claim.fence}


def lost(claim: Claim) -> LeaseLost:
    """Return the error for a write by a claim that no longer holds."""
    return LeaseLost(f"The claim on run {claim.run.id!r} no longer holds.")


def _changing(change: Change, number: int, *, fence: int) -> Script[None]:
    """Store the new state of a running run whose row this transaction has locked."""
    values = changed(change.run, lease_until=micros_or_none(change.retry_at))
    yield ask(_CHANGE, run_id=change.run.id, held_fence=fence, **values)
    yield from adding_events(number, change.events)
