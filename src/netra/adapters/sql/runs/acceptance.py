"""Accepts a run: checks its idempotency key and the quotas, and inserts all of its rows."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, case, func, insert, null, select, update

from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking_runs_of
from netra.adapters.sql.runs.run_rows import (
    NO_PARAMETERS,
    RUN_COLUMNS,
    adding_message,
    changed,
    inserting_message,
    run_of,
)
from netra.adapters.sql.schema import IS_LIVE, IS_QUEUED, run_events, runs, threads
from netra.adapters.sql.transactions import ONE, Query, Script, Step, ask, inserting, param
from netra.domain.idempotency import check_fingerprint, has_expired
from netra.domain.quotas import Quotas
from netra.domain.runs.admission import RunLoad, check_room
from netra.domain.runs.model import Accepted, Run
from netra.domain.runs.transitions import recorded
from netra.ports.runs import NewRun

_IN_THREAD: Final = runs.c.thread_id == param("thread_id")

_mine = (
    select(
        func.count().label("live"),
        func.count(case((_IN_THREAD, ONE))).label("in_thread"),
        func.count(case((_IN_THREAD & IS_QUEUED, ONE))).label("waiting_in_thread"),
    )
    .select_from(runs)
    .where(runs.c.owner_id == param("owner_id"), IS_LIVE)
    .subquery("mine")
)
_first = runs.alias("first")
_IS_FIRST = and_(
    _first.c.owner_id == param("owner_id"),
    _first.c.idempotency_key == param("key"),
    _first.c.idempotency_key.is_not(None),
)
_SIZE = (
    select(threads.c.message_count)
    .where(threads.c.owner_id == param("owner_id"), threads.c.id == param("thread_id"))
    .scalar_subquery()
)
_FACTS = (_SIZE, *_mine.c)
_FIRST = (*(_first.c[column.name] for column in RUN_COLUMNS), _first.c.fingerprint, _first.c.has_made_thread)
_ALL_LIVE = select(func.count()).select_from(runs).where(IS_LIVE).scalar_subquery()
_ROOM = Query(select(null(), *_FACTS, *_FIRST).select_from(_mine.outerjoin(_first, _IS_FIRST)))
_ROOM_IN_ALL = Query(select(_ALL_LIVE, *_FACTS, *_FIRST).select_from(_mine.outerjoin(_first, _IS_FIRST)))
_FORGET_KEY = Query(
    update(runs).where(runs.c.owner_id == param("whose"), runs.c.idempotency_key == param("key")),
    sets=["idempotency_key"],
)
_INSERT_THREAD = inserting(threads)
_INSERT_RUN = inserting(runs, without=["number"])
_INSERT_EVENT = Query(
    insert(run_events).values(
        run=select(runs.c.number).where(runs.c.id == param("run_id")).scalar_subquery(),
        seq=param("nth"),
        kind=param("word"),
        at=param("at_us"),
        data=param("event_data"),
    )
)


class LiveCeiling:
    """A cached upper bound on the number of live runs; avoids a COUNT per accepted run.

    Each run accepted here increments it. Live runs are counted again when the bound reaches the limit, and
    after as many acceptances as 1/64 of the count or of the room below the limit, whichever is greater, so
    the cost does not depend on the queue's length. Runs accepted by other processes are included then.
    """

    def __init__(self) -> None:
        self._counted = 0
        self._since: int | None = None

    def is_worth_counting(self, *, limit: int) -> bool:
        """Return whether a count is due: the bound may be far off, or it reaches the limit."""
        since, counted = self._since, self._counted
        if since is None or counted + since >= limit:
            return True
        return since * 64 >= max(counted, limit - counted)

    def raised(self, *, counted: int | None) -> int:
        """Return the bound before one more run is added; exact when `counted` was just read."""
        if counted is not None:
            self._counted, self._since = counted, 0
        since = self._since or 0
        self._since = since + 1
        return self._counted + since


def accepting(new: NewRun, *, quotas: Quotas, ceiling: LiveCeiling) -> Script[Accepted]:
    """Store run, thread, question and first event, or return the earlier run of the same key."""
    owner_id = new.run.owner_id
    yield locking_runs_of(owner_id)  # guards keys, quotas and new threads
    query = _ROOM_IN_ALL if ceiling.is_worth_counting(limit=quotas.max_live_runs) else _ROOM
    (row,) = yield ask(query, owner_id=owner_id, thread_id=new.run.thread_id, key=new.idempotency_key)
    all_live, size, owner_live, thread_live, thread_waiting, *first = row
    if first[0] is not None:
        *earlier, _, _ = first
        if not has_expired(run_of(tuple(earlier)).created_at, now=new.run.created_at):
            return _replayed(new, first)
        yield ask(_FORGET_KEY, whose=owner_id, key=new.idempotency_key, idempotency_key=None)
    load = RunLoad(
        thread_messages=size or 0,
        thread_live_runs=thread_live,
        thread_waiting_runs=thread_waiting,
        owner_live_runs=owner_live,
        all_live_runs=ceiling.raised(counted=all_live),
    )
    check_room(load, quotas=quotas)
    return (yield from _storing(new, has_made_thread=size is None))


def _replayed(new: NewRun, first: Sequence[Any]) -> Accepted:
    *row, fingerprint, has_made_thread = first
    check_fingerprint(fingerprint, key=new.idempotency_key or "", fingerprint=new.fingerprint)
    return Accepted(run=run_of(tuple(row)), thread_created=has_made_thread == 1, is_replay=True)


def _storing(new: NewRun, *, has_made_thread: bool) -> Script[Accepted]:
    """Insert all rows; awaits no rows."""
    change = recorded(new.run, [new.first_event], at=new.run.created_at)
    (event,) = change.events
    if has_made_thread:
        yield _making_thread(new)
        yield inserting_message(new.question, owner_id=new.run.owner_id)
    else:
        yield from adding_message(new.question, owner_id=new.run.owner_id)
    yield ask(_INSERT_RUN, **_row(new, change.run, has_made_thread=has_made_thread))
    yield ask(
        _INSERT_EVENT,
        run_id=new.run.id,
        nth=event.seq,
        word=event.kind.value,
        at_us=micros(event.at),
        event_data=event.data,
    )
    return Accepted(run=change.run, thread_created=has_made_thread)


def _making_thread(new: NewRun) -> Step:
    """Return the step that inserts the thread with its question."""
    return ask(
        _INSERT_THREAD,
        owner_id=new.run.owner_id,
        id=new.run.thread_id,
        title=new.thread_title,
        created_at=micros(new.run.created_at),
        updated_at=micros(max(new.run.created_at, new.question.created_at)),
        message_count=1,
    )


def _row(new: NewRun, run: Run, *, has_made_thread: bool) -> dict[str, object]:
    return {
        "id": run.id,
        "owner_id": run.owner_id,
        "thread_id": run.thread_id,
        "message": run.message,
        "workload_id": run.workload_id,
        "parameters": msgspec.json.encode(run.parameters) if run.parameters else NO_PARAMETERS,
        "client_ref": run.client_ref,
        "created_at": micros(run.created_at),
        "fence": 0,
        "has_made_thread": int(has_made_thread),
        "idempotency_key": new.idempotency_key,
        "fingerprint": new.fingerprint,
        **changed(run, lease_until=None),
    }
