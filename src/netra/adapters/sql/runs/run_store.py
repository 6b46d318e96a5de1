"""Stores runs in tables: reading and stopping here, the rest in `acceptance` and `claims`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update

from netra.adapters.sql.instants import instant_or_none
from netra.adapters.sql.runs.acceptance import LiveCeiling, accepting
from netra.adapters.sql.runs.claims import SqlClaims
from netra.adapters.sql.runs.run_listing import listing
from netra.adapters.sql.runs.run_rows import CHANGED, RUN_COLUMNS, adding_events, changed, event_of, run_of
from netra.adapters.sql.schema import IS_LIVE, IS_QUEUED, literal, run_events, runs
from netra.adapters.sql.transactions import Database, Query, Script, ask, param
from netra.domain.errors import NotFound
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.events import RunEvent
from netra.domain.runs.listing import EVERY_RUN, RunFilter
from netra.domain.runs.model import Accepted, Run
from netra.domain.runs.transitions import stopped
from netra.ports.clock import Clock
from netra.ports.runs import NewRun

LIVE_MAX: Final = 100
_SEQ_MAX: Final = 2**31 - 1  # above any run's last event; readers may pass any number

_OWNED: Final = runs.c.owner_id == param("owner_id")
_IN_THREAD: Final = runs.c.thread_id == param("thread_id")
_OWN: Final = (runs.c.id == param("run_id"), _OWNED)


_GET = Query(select(*RUN_COLUMNS).where(*_OWN))
_NUMBER = Query(select(runs.c.number).where(*_OWN))
_LIVE = Query(select(runs.c.id).where(_OWNED, IS_LIVE).order_by(runs.c.number).limit(LIVE_MAX))
_LIVE_IN_THREAD = Query(
    select(runs.c.id).where(_OWNED, _IN_THREAD, IS_LIVE).order_by(runs.c.number).limit(LIVE_MAX)
)
_EVENTS = Query(
    select(run_events.c.seq, run_events.c.kind, run_events.c.at, run_events.c.data)
    .where(
        run_events.c.run == select(runs.c.number).where(*_OWN).scalar_subquery(),
        run_events.c.seq > param("after"),
    )
    .order_by(run_events.c.seq)
    .limit(param("most"))
)
_TO_STOP = Query(select(*RUN_COLUMNS, runs.c.lease_until, runs.c.number).where(*_OWN).with_for_update())
_STOP = Query(update(runs).where(runs.c.number == param("run_number")), sets=CHANGED)
_asked: Final = runs.alias("asked")
_QUEUE_POSITION = Query(
    select(
        select(func.count())
        .select_from(runs)
        .where(IS_QUEUED, runs.c.number <= _asked.c.number)
        .correlate(_asked)
        .scalar_subquery()
    ).where(
        _asked.c.id == param("run_id"),
        _asked.c.owner_id == param("owner_id"),
        _asked.c.state == literal("queued"),
    )
)
_WAITING = Query(select(func.count()).select_from(runs).where(IS_QUEUED))


class SqlRunStore(SqlClaims):
    """`RunStore` over a relational database; leases are timed by `clock`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        super().__init__(database, clock=clock)
        self._ceiling = LiveCeiling()

    async def accept(self, new: NewRun, *, quotas: Quotas) -> Accepted:
        """Store run, thread, question and first event, or return the earlier run of the same key."""
        return await self._database.write(lambda: accepting(new, quotas=quotas, ceiling=self._ceiling))

    async def get(self, run_id: RunId, *, owner_id: UserId) -> Run:
        """Return the run."""
        return await self._database.read(lambda: _getting(run_id, owner_id))

    async def page(
        self, *, owner_id: UserId, request: PageRequest, chosen: RunFilter = EVERY_RUN
    ) -> Page[Run]:
        """Return the runs that `chosen` admits, without their results, newest first."""
        reads = self._database.view if chosen.text is None else self._database.scan
        return await reads(lambda: listing(owner_id, request, chosen))

    async def live(self, *, owner_id: UserId, thread_id: ThreadId | None = None) -> Sequence[RunId]:
        """Return the ids of runs that have not ended, oldest first."""
        return await self._database.read(lambda: _living(owner_id, thread_id))

    async def events(
        self, run_id: RunId, *, owner_id: UserId, after: int, limit: int = 1_000
    ) -> Sequence[RunEvent]:
        """Return events with `seq` above `after`, in order."""
        return await self._database.read(
            lambda: _following(run_id, owner_id, after=min(max(after, 0), _SEQ_MAX), limit=limit)
        )

    async def stop(self, run_id: RunId, *, owner_id: UserId) -> tuple[Run, Sequence[RunEvent]]:
        """Cancel the run, or request that its worker cancels it."""
        return await self._database.write(lambda: _stopping(run_id, owner_id, clock=self._clock))

    async def queue_position(self, run_id: RunId, *, owner_id: UserId) -> int | None:
        """Return the run's position among all queued runs, or None."""
        return await self._database.read(lambda: _positioned(run_id, owner_id))

    async def waiting(self) -> int:
        """Return how many runs are queued."""
        return await self._database.read(_waiting)

    async def clock(self) -> datetime:
        """Return the store's current time, by which leases are judged."""
        return self._clock.now()


def _getting(run_id: RunId, owner_id: UserId) -> Script[Run]:
    rows = yield ask(_GET, run_id=run_id, owner_id=owner_id)
    if not rows:
        raise NotFound("run", run_id)
    return run_of(rows[0])


def _living(owner_id: UserId, thread_id: ThreadId | None) -> Script[Sequence[RunId]]:
    query = _LIVE if thread_id is None else _LIVE_IN_THREAD
    rows = yield ask(query, owner_id=owner_id, thread_id=thread_id)
    return tuple(run_id for (run_id,) in rows)


def _following(run_id: RunId, owner_id: UserId, *, after: int, limit: int) -> Script[Sequence[RunEvent]]:
    rows = yield ask(_EVENTS, run_id=run_id, owner_id=owner_id, after=after, most=limit)
    if not rows and not (yield ask(_NUMBER, run_id=run_id, owner_id=owner_id)):
        raise NotFound("run", run_id)
    return tuple(event_of(run_id, row) for row in rows)


def _stopping(run_id: RunId, owner_id: UserId, *, clock: Clock) -> Script[tuple[Run, Sequence[RunEvent]]]:
    rows = yield ask(_TO_STOP, run_id=run_id, owner_id=owner_id)
    if not rows:
        raise NotFound("run", run_id)
    run, (lease_until, number) = run_of(rows[0]), rows[0][-2:]
    change = stopped(run, lease_until=instant_or_none(lease_until), now=clock.now())
    if change.run != run:
        kept = None if change.run.state.is_terminal else lease_until
        yield ask(_STOP, run_number=number, **changed(change.run, lease_until=kept))
        yield from adding_events(number, change.events)
    return change.run, change.events


def _positioned(run_id: RunId, owner_id: UserId) -> Script[int | None]:
    rows = yield ask(_QUEUE_POSITION, run_id=run_id, owner_id=owner_id)
    return int(rows[0][0]) if rows else None


def _waiting() -> Script[int]:
    ((count,),) = yield ask(_WAITING)
    return int(count)
