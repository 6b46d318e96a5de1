"""Stores workloads in a table."""

from datetime import datetime

from sqlalchemy import case, delete, func, or_, select, update

from netra.adapters.sql.calls.call_removal import condemning
from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.locks import locking, locking_events_of
from netra.adapters.sql.paging import PageQueries, owned, paged
from netra.adapters.sql.schema import workloads
from netra.adapters.sql.telemetry_staging import forgetting_telemetry
from netra.adapters.sql.transactions import Database, Query, Row, Script, Step, ask, inserting, param
from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import Page, PageRequest, Position
from netra.domain.workloads.model import Workload
from netra.domain.workloads.sizes import LogLimits, LogSize, check_room

_OWN = (workloads.c.owner_id == param("whose"), workloads.c.id == param("workload_id"))
_FIRST, _LAST = workloads.c.first_event_at, workloads.c.last_event_at

_GET = Query(select(*workloads.c).where(*_OWN))
_COUNT = Query(select(func.count()).select_from(workloads).where(workloads.c.owner_id == param("whose")))
_PAGES = PageQueries(owned(workloads), table=workloads)
_INSERT = inserting(workloads)
_DELETE = Query(delete(workloads).where(*_OWN).returning(workloads.c.id))
_RENAME = Query(update(workloads).where(*_OWN).values(name=param("text")).returning(*workloads.c))
_COUNTED = Query(
    update(workloads)
    .where(*_OWN)
    .values(
        event_count=workloads.c.event_count + param("events"),
        prefix_hashes=workloads.c.prefix_hashes + param("hashes"),
        bytes=workloads.c.bytes + param("size"),
        first_event_at=case(
            (or_(_FIRST.is_(None), param("first_at") < _FIRST), param("first_at")), else_=_FIRST
        ),
        last_event_at=case((or_(_LAST.is_(None), param("last_at") > _LAST), param("last_at")), else_=_LAST),
        updated_at=param("now"),
    )
    .returning(workloads.c.event_count, workloads.c.prefix_hashes, workloads.c.bytes)
)
_UNCOUNTED = Query(
    update(workloads)
    .where(*_OWN)
    .values(
        event_count=workloads.c.event_count - param("events"),
        prefix_hashes=workloads.c.prefix_hashes - param("hashes"),
        bytes=workloads.c.bytes - param("size"),
    )
)


class SqlWorkloadStore:
    """`WorkloadStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, workload: Workload, *, max_per_user: int) -> Workload:
        """Store a new workload, or return the existing one with its id."""
        return await self._database.write(lambda: _adding(workload, max_per_user=max_per_user))

    async def get(self, workload_id: WorkloadId, *, owner_id: UserId) -> Workload:
        """Return the workload with its current counts."""
        return await self._database.read(lambda: getting(workload_id, owner_id))

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Workload]:
        """Return workloads, newest first."""
        asked = {"owner_id": owner_id}
        return await self._database.view(
            lambda: paged(_PAGES, request, asked, made=_workload, position=_position)
        )

    async def rename(self, workload_id: WorkloadId, *, owner_id: UserId, name: str) -> Workload:
        """Set the name."""
        return await self._database.write(lambda: _renaming(workload_id, owner_id, name=name))

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload and hide its events from every reader."""
        await self._database.write(lambda: _deleting(workload_id, owner_id))


def counting(
    workload_id: WorkloadId,
    *,
    owner_id: UserId,
    added: LogSize,
    first_at: datetime,
    last_at: datetime,
    now: datetime,
    limits: LogLimits | None,
) -> Script[None]:
    """Add new events to the counts, as part of a transaction. Raises `ValidationFailed` above `limits`."""
    counted = yield ask(
        _COUNTED,
        whose=owner_id,
        workload_id=workload_id,
        events=added.events,
        hashes=added.prefix_hashes,
        size=added.bytes,
        first_at=micros(first_at),
        last_at=micros(last_at),
        now=micros(now),
    )
    for events, hashes, size in counted:
        check_room(LogSize(events=events, prefix_hashes=hashes, bytes=size), limits=limits)


def uncounting(workload_id: WorkloadId, *, owner_id: UserId, removed: LogSize) -> Step:
    """Return the step that subtracts removed events from the counts."""
    return ask(
        _UNCOUNTED,
        whose=owner_id,
        workload_id=workload_id,
        events=removed.events,
        hashes=removed.prefix_hashes,
        size=removed.bytes,
    )


def _adding(workload: Workload, *, max_per_user: int) -> Script[Workload]:
    yield locking(f"workloads of {workload.owner_id}")  # prevents a race past the limit
    if rows := (yield ask(_GET, whose=workload.owner_id, workload_id=workload.id)):
        return _workload(rows[0])
    ((owned_already,),) = yield ask(_COUNT, whose=workload.owner_id)
    if owned_already >= max_per_user:
        message = f"you have {owned_already} workloads, the limit is {max_per_user}"
        raise ValidationFailed.of("workloads", "too_many", message)
    yield ask(
        _INSERT,
        owner_id=workload.owner_id,
        id=workload.id,
        name=workload.name,
        created_at=micros(workload.created_at),
        updated_at=micros(workload.updated_at),
        event_count=workload.event_count,
        first_event_at=micros_or_none(workload.first_event_at),
        last_event_at=micros_or_none(workload.last_event_at),
        prefix_hashes=workload.prefix_hashes,
        bytes=workload.bytes,
    )
    return workload


def getting(workload_id: WorkloadId, owner_id: UserId) -> Script[Workload]:
    """Return the workload, as part of a transaction. Raises `NotFound`."""
    rows = yield ask(_GET, whose=owner_id, workload_id=workload_id)
    if not rows:
        raise NotFound("workload", workload_id)
    return _workload(rows[0])


def _renaming(workload_id: WorkloadId, owner_id: UserId, *, name: str) -> Script[Workload]:
    rows = yield ask(_RENAME, whose=owner_id, workload_id=workload_id, text=name)
    if not rows:
        raise NotFound("workload", workload_id)
    return _workload(rows[0])


def _deleting(workload_id: WorkloadId, owner_id: UserId) -> Script[None]:
    # or a concurrent batch would create a log without a workload
    yield locking_events_of(workload_id, owner_id)
    yield from condemning(workload_id, owner_id)
    if not (yield ask(_DELETE, whose=owner_id, workload_id=workload_id)):
        raise NotFound("workload", workload_id)
    yield from forgetting_telemetry(workload_id, owner_id)


def _workload(row: Row) -> Workload:
    owner_id, workload_id, name, created_at, updated_at, event_count, first_at, last_at, hashes, size = row
    return Workload(
        id=workload_id,
        owner_id=owner_id,
        name=name,
        created_at=instant(created_at),
        updated_at=instant(updated_at),
        event_count=event_count,
        first_event_at=instant_or_none(first_at),
        last_event_at=instant_or_none(last_at),
        prefix_hashes=hashes,
        bytes=size,
    )


def _position(workload: Workload) -> Position:
    return Position(at=workload.created_at, id=workload.id)
