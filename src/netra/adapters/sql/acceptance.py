"""Letting a run in: the key it may have come with before, the room there is, and all its rows at once."""

from typing import Final

import msgspec
from sqlalchemy import case, func, insert, select

from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.run_rows import NO_PARAMETERS, RUN_COLUMNS, changed, run_of, saying, telling
from netra.adapters.sql.schema import HAS_KEY, IS_LIVE, IS_QUEUED, runs, threads
from netra.adapters.sql.script import ONE, Query, Script, ask, inserting, param
from netra.domain.idempotency import check_fingerprint
from netra.domain.quotas import Quotas
from netra.domain.runs.admission import Load, check_room
from netra.domain.runs.model import Accepted, Run
from netra.domain.runs.transitions import recorded
from netra.ports.runs import NewRun

_IN_THREAD: Final = runs.c.thread_id == param("thread_id")

_WITH_KEY = Query(
    select(*RUN_COLUMNS, runs.c.fingerprint, runs.c.has_made_thread).where(
        runs.c.owner_id == param("owner_id"), runs.c.idempotency_key == param("key"), HAS_KEY
    )
)
_THREAD_SIZE = Query(
    select(threads.c.message_count)
    .where(threads.c.owner_id == param("owner_id"), threads.c.id == param("thread_id"))
    .with_for_update()
)
_LIVE_OF_OWNER = Query(
    select(func.count(), func.count(case((_IN_THREAD, ONE))), func.count(case((_IN_THREAD & IS_QUEUED, ONE))))
    .select_from(runs)
    .where(runs.c.owner_id == param("owner_id"), IS_LIVE)
)
_LIVE = Query(select(func.count()).select_from(runs).where(IS_LIVE))
_INSERT_THREAD = inserting(threads)
_INSERT_RUN = Query(
    insert(runs).returning(runs.c.number),
    sets=[name for name in runs.c.keys() if name != "number"],  # noqa: SIM118 (not a dict)
)


class LiveCeiling:
    """A number that the count of live runs has not passed, kept so that it need not be counted every time.

    Each run accepted here raises it. It is counted anew when a sixty-fourth of it was accepted since
    (so counting costs the same whatever the queue's length) and whenever it reaches the limit. Runs
    accepted by other processes are seen at the next count.
    """

    def __init__(self) -> None:
        self._counted = 0
        self._since: int | None = None

    def bounding(self, *, limit: int) -> Script[int]:
        """Return the ceiling; exact where it decides."""
        since = self._since
        if since is None or since * 64 >= self._counted or self._counted + since >= limit:
            ((self._counted,),) = yield ask(_LIVE)
            since = 0
        self._since = since + 1
        return self._counted + since


def accepting(new: NewRun, *, quotas: Quotas, ceiling: LiveCeiling) -> Script[Accepted]:
    """Store run, thread, question and first event, or return the run that the key made before."""
    yield locking(f"runs of {new.run.owner_id}")  # for keys, quotas and new threads
    first = yield from _first_with_key(new)
    if first is not None:
        return first
    size = yield from _admitted(new.run, quotas=quotas, ceiling=ceiling)
    if size is None:
        yield from _making_thread(new)
    yield from saying(new.question, owner_id=new.run.owner_id)
    change = recorded(new.run, [new.first_event], at=new.run.created_at)
    ((number,),) = yield ask(_INSERT_RUN, **_row(new, change.run, has_made_thread=size is None))
    yield from telling(number, change.events)
    return Accepted(run=change.run, thread_created=size is None)


def _first_with_key(new: NewRun) -> Script[Accepted | None]:
    if new.idempotency_key is None:
        return None
    rows = yield ask(_WITH_KEY, owner_id=new.run.owner_id, key=new.idempotency_key)
    if not rows:
        return None
    *row, fingerprint, has_made_thread = rows[0]
    check_fingerprint(fingerprint, key=new.idempotency_key, fingerprint=new.fingerprint)
    return Accepted(run=run_of(tuple(row)), thread_created=has_made_thread == 1, is_replay=True)


def _admitted(run: Run, *, quotas: Quotas, ceiling: LiveCeiling) -> Script[int | None]:
    """Return how many messages the thread holds, None when there is no such thread yet."""
    whose = {"owner_id": run.owner_id, "thread_id": run.thread_id}
    found = yield ask(_THREAD_SIZE, **whose)
    size: int | None = found[0][0] if found else None
    ((owner_live, thread_live, thread_waiting),) = yield ask(_LIVE_OF_OWNER, **whose)
    load = Load(
        thread_messages=size or 0,
        thread_live_runs=thread_live,
        thread_waiting_runs=thread_waiting,
        owner_live_runs=owner_live,
        all_live_runs=(yield from ceiling.bounding(limit=quotas.max_live_runs)),
    )
    check_room(load, quotas=quotas)
    return size


def _making_thread(new: NewRun) -> Script[None]:
    at_us = micros(new.run.created_at)
    yield ask(
        _INSERT_THREAD,
        owner_id=new.run.owner_id,
        id=new.run.thread_id,
        title=new.thread_title,
        created_at=at_us,
        updated_at=at_us,
        message_count=0,
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
