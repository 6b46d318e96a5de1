"""Runs in tables that leave their worker without its ending: what it hands back, and what lapsed.

The row is locked and read, a pure transition says what the run is now, and that is stored with its
events, all in one transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import select, update

from netra.adapters.sql.instants import micros, micros_or_none
from netra.adapters.sql.runs.run_rows import CHANGED, HOLDS, RUN_COLUMNS, changed, run_of, telling
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
    .where(IS_LIVE, IS_RUNNING, _HAS_PASSED)  # both: there is an index of live ones
    .order_by(runs.c.lease_until, runs.c.number)
    .limit(param("most"))
    .with_for_update(skip_locked=True)
)


class Transition(Protocol):
    """What a run becomes that its worker lets go of."""

    def __call__(self, run: Run, *, now: datetime) -> Change:
        """Return the run as it is then."""
        ...


def returning(claim: Claim, clock: Clock, transition: Transition) -> Script[Sequence[RunEvent]]:
    """Let go of a run that is held. Raises `LeaseLost`."""
    rows = yield ask(_HELD, **held_by(claim))
    if not rows:
        raise lost(claim)
    change = transition(run_of(rows[0]), now=clock.now())
    yield from _changing(change, rows[0][-1], fence=claim.fence)
    return change.events


def reaping(clock: Clock, *, max_attempts: int, limit: int) -> Script[Sequence[RunEvent]]:
    """Take the longest lapsed runs from whoever had them."""
    now = clock.now()
    told: list[RunEvent] = []
    for row in (yield ask(_LAPSED, now=micros(now), horizon=micros(now + HORIZON), most=limit)):
        number, fence = row[-2:]
        change = lapsed(run_of(row), max_attempts=max_attempts, now=now)
        yield from _changing(change, number, fence=fence)
        told.extend(change.events)
    return tuple(told)


def held_by(claim: Claim) -> dict[str, object]:
    """Return what `HOLDS` compares with."""
    return {"run_id": claim.run.id, "held_fence": claim.fence}


def lost(claim: Claim) -> LeaseLost:
    """Return the refusal of a write by a claim that is over."""
    return LeaseLost(f"The claim on run {claim.run.id!r} no longer holds.")


def _changing(change: Change, number: int, *, fence: int) -> Script[None]:
    """Store a run that was running until now and whose row this transaction has locked."""
    values = changed(change.run, lease_until=micros_or_none(change.rests_until))
    yield ask(_CHANGE, run_id=change.run.id, held_fence=fence, **values)
    yield from telling(number, change.events)
