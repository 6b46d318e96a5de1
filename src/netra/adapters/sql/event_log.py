"""Events of workloads in a table, as columns in and out; `event_columns` turns one into the other."""

import asyncio
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import delete, insert, select, tuple_, update

from netra.adapters.sql.event_columns import events_of, fields_of, reading, rows_of, writing
from netra.adapters.sql.locks import locking
from netra.adapters.sql.schema import event_logs, log_events
from netra.adapters.sql.script import Database, Query, Script, ask, insert_all, param
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, concatenated, empty_events, nanoseconds
from netra.ports.workloads import Appended

READ_ROWS: Final = 1_000  # events that are rows at the same time: these few stay in the processor's cache
PURGED_ROWS: Final = 20_000  # events removed in one transaction, so that no writer waits long for it
LOOKED_UP: Final = 500  # ids in one question; engines bound the parameters of a statement
_NS_MIN: Final = -(2**63)
_NS_MAX: Final = 2**63 - 1

_OWN: Final = (event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which"))
_IN_LOG: Final = log_events.c.log == param("log")
_KEY: Final = tuple_(log_events.c.at_ns, log_events.c.number)

_LOG = Query(
    select(event_logs.c.number, event_logs.c.fields, event_logs.c.next_number).where(*_OWN).with_for_update()
)
_SEEN_LOG = Query(select(event_logs.c.number, event_logs.c.fields, event_logs.c.next_number).where(*_OWN))
_INSERT_LOG = Query(
    insert(event_logs).returning(event_logs.c.number),
    sets=["owner_id", "workload_id", "fields", "next_number"],
)
_GROW_LOG = Query(
    update(event_logs).where(event_logs.c.number == param("log")), sets=["fields", "next_number"]
)
_KNOWN = Query(
    select(log_events.c.id).where(
        _IN_LOG,
        log_events.c.id.in_([param(f"id_{place}") for place in range(LOOKED_UP)]),
    )
)
_CONDEMN = Query(update(event_logs).where(*_OWN), sets=["owner_id", "workload_id"])
_CONDEMNED = Query(select(event_logs.c.number).where(event_logs.c.owner_id.is_(None)).limit(1))
_EDGE = Query(
    select(log_events.c.at_ns, log_events.c.number)
    .where(_IN_LOG)
    .order_by(log_events.c.at_ns, log_events.c.number)
    .limit(1)
    .offset(param("skipped"))
)
_PURGE = Query(delete(log_events).where(_IN_LOG, tuple_(param("edge_at_ns"), param("edge_number")) > _KEY))
_FORGET = Query(delete(event_logs).where(event_logs.c.number == param("log")))


class SqlEventLog:
    """`EventLog` over a relational database."""

    def __init__(self, database: Database, *, purged_rows: int = PURGED_ROWS) -> None:
        self._database = database
        self._purged_rows = purged_rows

    async def append(self, workload_id: WorkloadId, events: Events, *, owner_id: UserId) -> Appended:
        """Add the events whose id is new."""
        is_first = await asyncio.to_thread(_first_ones, events)
        return await self._database.write(
            lambda: _appending(workload_id, events, is_first, owner_id=owner_id)
        )

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first."""
        since_ns = _NS_MIN if since is None else max(nanoseconds(since), _NS_MIN)
        until_ns = _NS_MAX if until is None else min(nanoseconds(until), _NS_MAX)
        return await self._database.scan(
            lambda: _reading(workload_id, owner_id, since_ns=since_ns, until_ns=until_ns)
        )

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload: for readers at once, from the disk slice by slice."""
        await self._database.write(lambda: _condemning(workload_id, owner_id))
        while await self._database.write(lambda: _purging(self._purged_rows)):
            pass


def _appending(
    workload_id: WorkloadId, events: Events, is_first: npt.NDArray[np.bool_], *, owner_id: UserId
) -> Script[Appended]:
    yield locking(f"events of {owner_id} in {workload_id}")  # the first ones make the log
    rows = yield ask(_LOG, whose=owner_id, which=workload_id)
    known: set[str] = set()
    if rows:
        ((log, fields, next_number),) = rows
        known = yield from _known(log, events)
    else:
        fields, next_number = "", 0
        ((log,),) = yield ask(
            _INSERT_LOG, owner_id=owner_id, workload_id=workload_id, fields=fields, next_number=0
        )
    is_new = is_first & _unknown(events, known)
    if not is_new.any():
        return Appended(is_new=is_new)
    new = events if is_new.all() else events.take(np.flatnonzero(is_new))
    filled = fields_of(new)
    yield insert_all(writing(filled), rows_of(new)(log, next_number))
    filled = filled.union(fields.split())
    yield ask(_GROW_LOG, log=log, fields=" ".join(sorted(filled)), next_number=next_number + len(new))
    return Appended(is_new=is_new)


def _known(log: int, events: Events) -> Script[set[str]]:
    ids = [] if events.id is None else [event_id for event_id in events.id if event_id is not None]
    known: set[str] = set()
    for start in range(0, len(ids), LOOKED_UP):
        some = ids[start : start + LOOKED_UP]
        places = {f"id_{place}": some[min(place, len(some) - 1)] for place in range(LOOKED_UP)}
        known.update(event_id for (event_id,) in (yield ask(_KNOWN, log=log, **places)))
    return known


def _reading(workload_id: WorkloadId, owner_id: UserId, *, since_ns: int, until_ns: int) -> Script[Events]:
    rows = yield ask(_SEEN_LOG, whose=owner_id, which=workload_id)
    if not rows:
        return empty_events()
    ((log, stored_fields, _),) = rows
    fields = frozenset(stored_fields.split())
    last_at_ns, last_number = since_ns, -1
    parts: list[Events] = []
    while True:
        rows = yield ask(
            reading(fields),
            log=log,
            last_at_ns=last_at_ns,
            last_number=last_number,
            until_ns=until_ns,
            most=READ_ROWS,
        )
        if rows:
            parts.append(events_of(rows, fields))
            last_at_ns, last_number = rows[-1][:2]
        if len(rows) < READ_ROWS:
            return concatenated(parts) if parts else empty_events()


def _condemning(workload_id: WorkloadId, owner_id: UserId) -> Script[None]:
    yield ask(_CONDEMN, whose=owner_id, which=workload_id, owner_id=None, workload_id=None)


def _purging(most: int) -> Script[bool]:
    """Remove some events of a condemned log; return whether there is more to remove."""
    found = yield ask(_CONDEMNED)
    if not found:
        return False
    ((log,),) = found
    edge = yield ask(_EDGE, log=log, skipped=most)
    at_ns, number = edge[0] if edge else (_NS_MAX, _NS_MAX)
    yield ask(_PURGE, log=log, edge_at_ns=at_ns, edge_number=number)
    if not edge:
        yield ask(_FORGET, log=log)
    return True


def _first_ones(events: Events) -> npt.NDArray[np.bool_]:
    """Return which events are the first with their id in the batch; those without one always are."""
    is_first = np.ones(len(events), np.bool_)
    seen: set[str] = set()
    for index, event_id in enumerate(() if events.id is None else events.id):
        if event_id is None:
            continue
        is_first[index] = event_id not in seen
        seen.add(event_id)
    return is_first


def _unknown(events: Events, known: set[str]) -> npt.NDArray[np.bool_]:
    if events.id is None or not known:
        return np.ones(len(events), np.bool_)
    return np.array([event_id not in known for event_id in events.id], np.bool_)
