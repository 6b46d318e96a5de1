"""The worker's side of the runs' tables: claims, leases, fencing tokens and endings.

Every statement that writes for a claim has `HOLDS` in its WHERE: the run, its fencing token, and the state
running. No row means that the claim is lost. So a worker need not read before it writes, and each of its
transactions is one round trip.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal_column,
    select,
    union_all,
    update,
)

from netra.adapters.sql.instants import micros
from netra.adapters.sql.runs.batched_claims import ClaimRounds
from netra.adapters.sql.runs.claim_order import IS_STILL_QUEUED, chosen, is_one_of
from netra.adapters.sql.runs.lapsed_claims import held_by, lost, reaping, returning
from netra.adapters.sql.runs.run_rows import COUNTED, ENDED, HOLDS, RUN_COLUMNS, ended, run_of
from netra.adapters.sql.schema import IS_QUEUED, messages, run_events, runs
from netra.adapters.sql.transactions import ONE, Database, Query, Rows, Script, ask, ask_last, param
from netra.domain.errors import NetraError, Unavailable
from netra.domain.leases import HORIZON, lease_end
from netra.domain.runs.events import NewEvent, RunEvent
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import Claim, RunState
from netra.domain.runs.transitions import finished, numbered, postponed, released
from netra.domain.threads.model import Message
from netra.ports.clock import Clock
from netra.ports.runs import Pulse

_IS_ANY_QUEUED: Final = Query(select(runs.c.number).where(IS_QUEUED).limit(1))
_CHOSEN = chosen()
_CLAIM: Final = Query(  # implements `transitions.claimed`
    update(runs)
    .where(is_one_of(runs.c.number, select(_CHOSEN.c.number).scalar_subquery()), IS_STILL_QUEUED)
    .values(
        attempts=runs.c.attempts + 1,
        started_at=func.coalesce(runs.c.started_at, param("now")),
        fence=runs.c.fence + 1,
    )
    .returning(runs.c.number, runs.c.fence, *RUN_COLUMNS),
    sets=["state", "lease_until"],
)
_EXTEND: Final = Query(update(runs).where(*HOLDS).returning(runs.c.is_cancel_requested), sets=["lease_until"])
_HOLD: Final = Query(select(ONE).where(*HOLDS).with_for_update(), is_awaited=False)
EVENTS_PER_INSERT_MAX: Final = 8  # events inserted by one statement


def _event_insert(count: int) -> Query:
    """Return the query that locks a held run and inserts `count` events after its last one."""
    held = select(runs.c.number, runs.c.last_seq).where(*HOLDS).with_for_update().cte("held")
    data = (
        select(
            held.c.number,
            held.c.last_seq + bindparam("before", type_=Integer) + literal_column(str(nth)),
            bindparam(f"word{nth}", type_=Text),
            bindparam("at_us", type_=BigInteger),
            cast(bindparam(f"data{nth}"), LargeBinary),  # without the cast a union would make it text
        )
        for nth in range(1, count + 1)
    )
    return Query(insert(run_events).from_select(["run", "seq", "kind", "at", "data"], union_all(*data)))


_EVENT_INSERTS: Final = {count: _event_insert(count) for count in range(1, EVENTS_PER_INSERT_MAX + 1)}
_RECORD: Final = Query(
    update(runs)
    .where(*HOLDS)
    .values(last_seq=runs.c.last_seq + param("added"), progress=param("percent"))
    .returning(runs.c.last_seq)
)
_IS_HELD: Final = exists(select(ONE).where(*HOLDS))
_SAY: Final = Query(
    insert(messages).from_select(
        ["owner_id", "thread_id", "id", "role", "content", "created_at", "run_id"],
        select(
            bindparam("whose", type_=BigInteger),
            bindparam("thread_id", type_=Text),
            bindparam("message_id", type_=Text),
            bindparam("role", type_=Text),
            bindparam("content", type_=Text),
            bindparam("said_at", type_=BigInteger),
            bindparam("run_id", type_=Text),
        ).where(_IS_HELD),
    )
)
_COUNT_SAID: Final = Query(COUNTED.where(_IS_HELD))
_END: Final = Query(
    update(runs)
    .where(*HOLDS)
    .values(
        last_seq=runs.c.last_seq + param("added"),
        progress=func.coalesce(bindparam("percent", type_=SmallInteger), runs.c.progress),
    )
    .returning(runs.c.last_seq),
    sets=ENDED,
)


class SqlClaims:
    """The part of `RunStore` that workers and the reaper call."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._after_owner = 0  # owner of the last claimed run: the next claim compares the owners after it
        self._is_busy = False  # whether the last batch found runs for all lanes: then more are likely
        self._rounds = ClaimRounds(self._claimed, release=self.release)

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Claim the oldest ready run of the owner with the fewest running runs."""
        return await self._rounds.claim(lease_s=lease_s)

    async def extend(self, claim: Claim, *, lease_s: float) -> Pulse:
        """Extend the lease and return whether a cancel was requested."""
        return await self._database.write(lambda: _extending(claim, self._clock, lease_s=lease_s))

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        """Append events and set the progress."""
        return await self._database.write(lambda: _recording(claim, events, self._clock, progress=progress))

    async def finish(
        self, claim: Claim, ending: Ending, events: Sequence[NewEvent], *, answer: Message | None
    ) -> Sequence[RunEvent]:
        """End the run."""
        return await self._database.write_together(
            lambda: _finishing(claim, ending, events, self._clock, answer=answer)
        )

    async def release(self, claim: Claim) -> Sequence[RunEvent]:
        """Return the run to the queue without counting the attempt, or end it as cancelled."""
        return await self._database.write(lambda: returning(claim, self._clock, released))

    async def postpone(self, claim: Claim, why: NetraError, *, max_attempts: int) -> Sequence[RunEvent]:
        """Let the run rest before its next attempt, or end it."""
        transition = partial(postponed, why=why, max_attempts=max_attempts)
        return await self._database.write(lambda: returning(claim, self._clock, transition))

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        """Requeue or end runs whose lease has expired."""
        return await self._database.write(
            lambda: reaping(self._clock, max_attempts=max_attempts, limit=limit)
        )

    async def _claimed(self, lease_s: float, most: int) -> Sequence[Claim]:
        if not self._is_busy and not await self._database.read(_is_any_queued):
            return ()  # an idle worker's poll begins no transaction
        claims = list(await self._claimed_by_one(lease_s, most))
        is_maybe_more = _has_several_of_one(claims)
        while is_maybe_more and len(claims) < most:
            try:
                more = await self._claimed_by_one(lease_s, most - len(claims))
            except Unavailable:  # runs that are already claimed must be worked on
                break
            claims += more
            is_maybe_more = _has_several_of_one(more)
        self._is_busy = len(claims) == most
        return claims

    async def _claimed_by_one(self, lease_s: float, most: int) -> Sequence[Claim]:
        """Claim by one statement, which may leave runs behind when the queues' lengths differ."""
        after = self._after_owner
        claims = await self._database.write(
            lambda: _claiming(self._clock, lease_s=lease_s, most=most, after_owner=after)
        )
        if claims:
            self._after_owner = claims[-1].run.owner_id
        return claims


def _has_several_of_one(claims: Sequence[Claim]) -> bool:
    """Return whether a statement that found too few may have stopped before the end of a queue."""
    return len({claim.run.owner_id for claim in claims}) < len(claims)


def _is_any_queued() -> Script[bool]:
    return bool((yield ask(_IS_ANY_QUEUED)))


def _claiming(clock: Clock, *, lease_s: float, most: int, after_owner: int) -> Script[Sequence[Claim]]:
    now = clock.now()
    rows = yield ask_last(
        _CLAIM,
        now=micros(now),
        horizon=micros(now + HORIZON),
        most=most,
        after_owner=after_owner,
        from_state=RunState.QUEUED.value,
        state=RunState.RUNNING.value,
        lease_until=micros(lease_end(now=now, lease_s=lease_s)),
    )
    return [Claim(run=run_of(row[2:]), fence=row[1]) for row in sorted(rows)]


def _extending(claim: Claim, clock: Clock, *, lease_s: float) -> Script[Pulse]:
    until = micros(lease_end(now=clock.now(), lease_s=lease_s))
    rows = yield ask_last(_EXTEND, run_id=claim.run.id, held_fence=claim.fence, lease_until=until)
    if not rows:
        raise lost(claim)
    return Pulse(is_cancel_requested=rows[0][0] == 1)


def _recording(
    claim: Claim, events: Sequence[NewEvent], clock: Clock, *, progress: int
) -> Script[Sequence[RunEvent]]:
    at = clock.now()
    yield from _holding(claim, events, at=at)
    rows = yield ask_last(_RECORD, added=len(events), percent=progress, **held_by(claim))
    return _numbered(claim, events, rows, at=at)


def _finishing(
    claim: Claim, ending: Ending, events: Sequence[NewEvent], clock: Clock, *, answer: Message | None
) -> Script[Sequence[RunEvent]]:
    at = clock.now()
    values = ended(finished(claim.run, ending, (), at=at).run)
    yield from _holding(claim, events, at=at)
    if answer is not None:
        yield from _storing_answer(claim, answer)
    percent = 100 if ending.move is RunMove.COMPLETE else None
    rows = yield ask_last(_END, added=len(events), percent=percent, **values, **held_by(claim))
    return _numbered(claim, events, rows, at=at)


def _holding(claim: Claim, events: Sequence[NewEvent], *, at: datetime) -> Script[None]:
    """Lock the run if the claim holds, and append the events to it."""
    held = held_by(claim)
    if not events:  # otherwise the first insert locks it
        yield ask(_HOLD, **held)
    for before in range(0, len(events), EVENTS_PER_INSERT_MAX):
        some = events[before : before + EVENTS_PER_INSERT_MAX]
        words = {f"word{nth}": event.kind.value for nth, event in enumerate(some, 1)}
        data = {f"data{nth}": event.data for nth, event in enumerate(some, 1)}
        yield ask(_EVENT_INSERTS[len(some)], before=before, at_us=micros(at), **words, **data, **held)


def _storing_answer(claim: Claim, answer: Message) -> Script[None]:
    """Store the answer if the claim holds, and count it in its thread."""
    owned = {"whose": claim.run.owner_id, "thread_id": answer.thread_id, "said_at": micros(answer.created_at)}
    held = held_by(claim)
    yield ask(_SAY, message_id=answer.id, role=answer.role.value, content=answer.content, **owned, **held)
    yield ask(_COUNT_SAID, **owned, **held)


def _numbered(claim: Claim, events: Sequence[NewEvent], rows: Rows, *, at: datetime) -> Sequence[RunEvent]:
    """Return the events with their numbers, given the rows of the last statement."""
    if not rows:
        raise lost(claim)  # nothing was written: each statement checks whether the claim holds
    return numbered(events, run_id=claim.run.id, last_seq=rows[0][0] - len(events), at=at)
