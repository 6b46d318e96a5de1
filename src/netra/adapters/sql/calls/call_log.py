"""Stores the events of workloads in a table, one block per batch; `call_blocks` encodes the blocks."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import uuid4

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import insert, select

from netra.adapters.sql.calls.block_merging import INSERT_RUN, SMALL, merging_blocks, merging_ids
from netra.adapters.sql.calls.block_reading import reading, within
from netra.adapters.sql.calls.call_blocks import packed
from netra.adapters.sql.calls.call_ids import (
    DIGEST_BYTES,
    KEPT_IDS,
    Digests,
    IdCache,
    KnownIds,
    digests_of,
    in_order,
)
from netra.adapters.sql.calls.call_removal import condemning, looking_for_condemned, purging
from netra.adapters.sql.locks import locking_events_of
from netra.adapters.sql.schema import event_blocks, event_ids, event_logs
from netra.adapters.sql.transactions import Database, Query, Rows, Script, ask, inserting, param
from netra.adapters.sql.workloads import counting, getting
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, instant_of
from netra.domain.workloads.intake import first_of_each_id
from netra.domain.workloads.sizes import LogLimits, LogSize, size_of
from netra.ports.clock import Clock
from netra.ports.workloads import Appended

PURGED_BLOCKS: Final = 16  # blocks removed in one transaction; bounds how long a writer waits for it

_OWN: Final = (event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which"))

_LOG: Final = Query(select(event_logs.c.number).where(*_OWN))
_LOCKED_LOG: Final = Query(select(event_logs.c.number).where(*_OWN).with_for_update())
_INSERT_LOG: Final = Query(
    insert(event_logs).returning(event_logs.c.number), sets=["owner_id", "workload_id", "archived"]
)
_NEW_RUNS: Final = Query(
    select(event_ids.c.number, event_ids.c.digests)
    .where(event_ids.c.log == param("log"), event_ids.c.number > param("after"))
    .order_by(event_ids.c.number)
)
_INSERT_BLOCK: Final = inserting(event_blocks, without=["arrival"])


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch to add: the first event with each id, and digests if any event has an id."""

    events: Events
    is_first: npt.NDArray[np.bool_]
    digests: Digests | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a log before the transaction; `log` is None when there was no log."""

    log: int | None = None
    known: KnownIds = KnownIds()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The rows to write, provided that no ids were added since they were looked up."""

    is_new: npt.NDArray[np.bool_]
    events: Events
    size: LogSize
    payload: bytes
    digests: bytes


class SqlEventLog:
    """`EventLog` and its `EventLeftovers` over a relational database. Only a workload has a log.

    Hashing, the search for known ids and packing run in a thread before the transaction. The transaction
    checks ids added in the meantime, and writes.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        purged_blocks: int = PURGED_BLOCKS,
        known_ids: int = KEPT_IDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._purged_blocks = purged_blocks
        self._cache = IdCache(most=known_ids)

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        """Add the events whose id is new, and add them to the workload's counts."""
        if not len(events):
            return Appended(is_new=np.ones(0, np.bool_))
        batch = await asyncio.to_thread(_batch, events)
        seen = Seen() if batch.digests is None else await self._seen(workload_id, owner_id)
        draft = await asyncio.to_thread(_draft, batch, seen.known)
        now = self._clock.now()
        is_new = await self._database.write(
            lambda: _appending(workload_id, batch, draft, seen, owner_id=owner_id, now=now, limits=limits)
        )
        return Appended(is_new=is_new)

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first."""
        stored = await self._database.scan(lambda: reading(workload_id, owner_id, since=since, until=until))
        events = await asyncio.to_thread(within, stored, since=since, until=until)
        return events.sorted_by_time()

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload: hide them from readers immediately, free the space in steps."""
        await self._database.write(lambda: condemning(workload_id, owner_id))
        while await self.sweep():
            pass

    async def sweep(self) -> bool:
        """Remove a few blocks of a deleted log."""
        if not await self._database.read(looking_for_condemned):
            return False
        return await self._database.write(lambda: purging(self._purged_blocks))

    async def _seen(self, workload_id: WorkloadId, owner_id: UserId) -> Seen:
        log = await self._database.read(lambda: _looking(workload_id, owner_id))
        if log is None:
            return Seen()
        known = self._cache.of(log)
        # Reading all ids of a log is a long read and takes a turn; reading those since the last batch is
        # short.
        play = self._database.view if known.position else self._database.scan
        rows = await play(lambda: _learning(log, after=known.position))
        if rows:
            known = await asyncio.to_thread(known.with_runs, [(number, data) for number, data in rows])
            self._cache.keep(log, known)
        return Seen(log=log, known=known)


def _batch(events: Events) -> Batch:
    return Batch(
        events=events,
        is_first=first_of_each_id(events, seen=set()),
        digests=None if events.id is None else digests_of(events.id.tolist()),
    )


def _draft(batch: Batch, known: KnownIds) -> Draft:
    is_new = batch.is_first
    digests = batch.digests
    if digests is not None and batch.events.id is not None:
        has_id = np.array([one is not None for one in batch.events.id.tolist()], np.bool_)
        is_new = is_new & ~(known.has(digests) & has_id)
        digests = digests[is_new & has_id]
    events = batch.events if is_new.all() else batch.events.take(np.flatnonzero(is_new))
    return Draft(
        is_new=is_new,
        events=events,
        size=size_of(events),
        payload=packed(events) if len(events) else b"",
        digests=b"" if digests is None else in_order([digests]).tobytes(),
    )


def _looking(workload_id: WorkloadId, owner_id: UserId) -> Script[int | None]:
    rows = yield ask(_LOG, whose=owner_id, which=workload_id)
    return rows[0][0] if rows else None


def _learning(log: int, *, after: int) -> Script[Rows]:
    return (yield ask(_NEW_RUNS, log=log, after=after))


def _appending(
    workload_id: WorkloadId,
    batch: Batch,
    draft: Draft,
    seen: Seen,
    *,
    owner_id: UserId,
    now: datetime,
    limits: LogLimits | None,
) -> Script[npt.NDArray[np.bool_]]:
    yield locking_events_of(workload_id, owner_id)  # the first events create the log
    rows = yield ask(_LOCKED_LOG, whose=owner_id, which=workload_id)
    if rows:
        ((log,),) = rows
        if batch.digests is not None:
            known = seen.known if log == seen.log else KnownIds()
            later = yield ask(_NEW_RUNS, log=log, after=known.position)
            if later or log != seen.log:
                draft = _draft(batch, known.with_runs([(number, data) for number, data in later]))
    else:
        # a log is condemned in the transaction that deletes its workload
        yield from getting(workload_id, owner_id)
        ((log,),) = yield ask(_INSERT_LOG, owner_id=owner_id, workload_id=workload_id, archived=0)
        if seen.log is not None:
            draft = _draft(batch, KnownIds())
    if len(draft.events):
        yield from _storing(log, draft)
        span = draft.events.at_ns
        yield from counting(
            workload_id,
            owner_id=owner_id,
            added=draft.size,
            first_at=instant_of(int(span.min())),
            last_at=instant_of(int(span.max())),
            now=now,
            limits=limits,
        )
    return draft.is_new


def _storing(log: int, draft: Draft) -> Script[None]:
    events = draft.events
    yield ask(
        _INSERT_BLOCK,
        log=log,
        name=uuid4().hex,
        level=0,
        events=len(events),
        bytes=len(draft.payload),
        first_ns=int(events.at_ns.min()),
        last_ns=int(events.at_ns.max()),
        shipment=None,
        payload=draft.payload,
        unpacked_bytes=draft.size.bytes,
    )
    ids = len(draft.digests) // DIGEST_BYTES
    if ids:
        yield ask(INSERT_RUN, log=log, level=0, ids=ids, digests=draft.digests)
    if len(events) < SMALL:
        yield from merging_blocks(log)
        if ids:
            yield from merging_ids(log)
