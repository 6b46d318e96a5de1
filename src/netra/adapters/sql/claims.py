"""A worker's half of the runs in tables: claims, leases, fences, and what becomes of lapsed ones.

Every statement that writes for a claim has `HOLDS` in its WHERE: the run, its fence, and that it is
running. No row means that the claim is lost.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, exists, insert, select, update

from netra.adapters.sql.instants import micros, micros_or_none
from netra.adapters.sql.run_rows import CHANGED, HOLDS, RUN_COLUMNS, changed, run_of, saying, telling
from netra.adapters.sql.schema import IS_QUEUED, IS_RUNNING, is_live, run_events, runs
from netra.adapters.sql.script import ONE, Database, Query, Script, ask, ask_last, param
from netra.domain.errors import LeaseLost
from netra.domain.runs.events import NewEvent, RunEvent
from netra.domain.runs.lifecycle import Ending
from netra.domain.runs.model import Claim, Run
from netra.domain.runs.transitions import Change, claimed, finished, lapsed, numbered, released
from netra.domain.threads.model import Message
from netra.ports.clock import Clock
from netra.ports.runs import Pulse

# In its thread a run is claimed only when all before it have ended, as far as the statement can see. So
# two claims at once cannot take two runs of one thread, and no lock is needed beyond the row's.
_older = runs.alias("older")
_IS_FIRST_IN_THREAD: Final = ~exists().where(
    _older.c.owner_id == runs.c.owner_id,
    _older.c.thread_id == runs.c.thread_id,
    is_live(_older.c.state),
    _older.c.number < runs.c.number,
)
_IS_RESTED: Final = runs.c.lease_until.is_(None) | (runs.c.lease_until <= param("now"))
_IS_ANY_QUEUED: Final = Query(select(runs.c.number).where(IS_QUEUED).limit(1))
_OLDEST: Final = Query(
    select(*RUN_COLUMNS, runs.c.fence)
    .where(IS_QUEUED, _IS_RESTED, _IS_FIRST_IN_THREAD)
    .order_by(runs.c.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CLAIM: Final = Query(
    update(runs).where(runs.c.id == param("run_id"), IS_QUEUED),
    sets=["state", "attempts", "started_at", "fence", "lease_until"],
)
_EXTEND: Final = Query(update(runs).where(*HOLDS).returning(runs.c.is_cancel_requested), sets=["lease_until"])
_HOLD: Final = Query(select(ONE).where(*HOLDS).with_for_update(), is_awaited=False)
_TELL: Final = Query(
    insert(run_events).from_select(
        ["run", "seq", "kind", "at", "data"],
        select(
            runs.c.number,
            runs.c.last_seq + bindparam("nth", type_=Integer),
            bindparam("word", type_=Text),
            bindparam("at_us", type_=BigInteger),
            bindparam("said", type_=LargeBinary),
        ).where(*HOLDS),
    )
)
_RECORD: Final = Query(
    update(runs)
    .where(*HOLDS)
    .values(last_seq=runs.c.last_seq + param("added"), progress=param("percent"))
    .returning(runs.c.last_seq)
)
_HELD: Final = Query(select(*RUN_COLUMNS, runs.c.number).where(*HOLDS).with_for_update())
_CHANGE: Final = Query(update(runs).where(*HOLDS), sets=CHANGED)
_LAPSED: Final = Query(
    select(*RUN_COLUMNS, runs.c.number, runs.c.fence)
    .where(IS_RUNNING, runs.c.lease_until <= param("now"))
    .order_by(runs.c.lease_until, runs.c.number)
    .limit(param("most"))
    .with_for_update(skip_locked=True)
)


class SqlClaims:
    """The part of `RunStore` that workers and the reaper call."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._is_busy = False  # whether the last claim found a run: then there are mostly more

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Claim the oldest queued run that does not rest and that no live run of its thread precedes."""
        if not self._is_busy and not await self._database.read(_is_any_queued):
            return None  # an idle worker's poll begins no transaction
        claim = await self._database.write(lambda: _claiming(self._clock, lease_s=lease_s))
        self._is_busy = claim is not None
        return claim

    async def extend(self, claim: Claim, *, lease_s: float) -> Pulse:
        """Move the lease's end and say whether a cancel was asked for."""
        return await self._database.write(lambda: _extending(claim, self._clock, lease_s=lease_s))

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        """Append events and set the progress."""
        return await self._database.write(lambda: _recording(claim, events, self._clock, progress=progress))

    async def finish(
        self, claim: Claim, ending: Ending, events: Sequence[NewEvent], *, answer: Message | None
    ) -> Sequence[RunEvent]:
        """End the run."""
        return await self._database.write(
            lambda: _finishing(claim, ending, events, self._clock, answer=answer)
        )

    async def release(self, claim: Claim) -> None:
        """Hand the run back without having spent an attempt."""
        await self._database.write(lambda: _releasing(claim))

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        """Requeue or end runs whose lease has run out."""
        return await self._database.write(
            lambda: _reaping(self._clock, max_attempts=max_attempts, limit=limit)
        )


def _is_any_queued() -> Script[bool]:
    return bool((yield ask(_IS_ANY_QUEUED)))


def _claiming(clock: Clock, *, lease_s: float) -> Script[Claim | None]:
    now = clock.now()
    rows = yield ask(_OLDEST, now=micros(now))
    if not rows:
        return None
    run, fence = claimed(run_of(rows[0]), at=now), rows[0][-1] + 1
    yield ask(
        _CLAIM,
        run_id=run.id,
        state=run.state.value,
        attempts=run.attempts,
        started_at=micros(run.started_at or now),
        fence=fence,
        lease_until=micros(now + timedelta(seconds=lease_s)),
    )
    return Claim(run=run, fence=fence)


def _extending(claim: Claim, clock: Clock, *, lease_s: float) -> Script[Pulse]:
    until = micros(clock.now() + timedelta(seconds=lease_s))
    rows = yield ask_last(_EXTEND, run_id=claim.run.id, held_fence=claim.fence, lease_until=until)
    if not rows:
        raise _lost(claim)
    return Pulse(is_cancel_requested=rows[0][0] == 1)


def _recording(
    claim: Claim, events: Sequence[NewEvent], clock: Clock, *, progress: int
) -> Script[Sequence[RunEvent]]:
    at = clock.now()
    held = {"run_id": claim.run.id, "held_fence": claim.fence}
    yield ask(_HOLD, **held)
    for nth, event in enumerate(events, 1):
        yield ask(_TELL, nth=nth, word=event.kind.value, at_us=micros(at), said=event.data, **held)
    rows = yield ask_last(_RECORD, added=len(events), percent=progress, **held)
    if not rows:
        raise _lost(claim)  # and nothing was told: each of the statements asks whether the claim holds
    return numbered(events, run_id=claim.run.id, last_seq=rows[0][0] - len(events), at=at)


def _finishing(
    claim: Claim, ending: Ending, events: Sequence[NewEvent], clock: Clock, *, answer: Message | None
) -> Script[Sequence[RunEvent]]:
    run, number = yield from _held(claim)
    change = finished(run, ending, events, at=clock.now())
    yield from _changing(change, number, fence=claim.fence)
    if answer is not None:
        yield from saying(answer, owner_id=run.owner_id)
    return change.events


def _releasing(claim: Claim) -> Script[None]:
    run, number = yield from _held(claim)
    yield from _changing(Change(run=released(run)), number, fence=claim.fence)


def _reaping(clock: Clock, *, max_attempts: int, limit: int) -> Script[Sequence[RunEvent]]:
    now = clock.now()
    told: list[RunEvent] = []
    for row in (yield ask(_LAPSED, now=micros(now), most=limit)):
        number, fence = row[-2:]
        change = lapsed(run_of(row), max_attempts=max_attempts, now=now)
        yield from _changing(change, number, fence=fence)
        told.extend(change.events)
    return tuple(told)


def _held(claim: Claim) -> Script[tuple[Run, int]]:
    """Return the run, locked until the transaction is over, and its row's number."""
    rows = yield ask(_HELD, run_id=claim.run.id, held_fence=claim.fence)
    if not rows:
        raise _lost(claim)
    return run_of(rows[0]), rows[0][-1]


def _changing(change: Change, number: int, *, fence: int) -> Script[None]:
    """Store a run that was running until now and whose row this transaction has locked."""
    values = changed(change.run, lease_until=micros_or_none(change.rests_until))
    yield ask(_CHANGE, run_id=change.run.id, held_fence=fence, **values)
    yield from telling(number, change.events)


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost(f"The claim on run {claim.run.id!r} no longer holds.")
