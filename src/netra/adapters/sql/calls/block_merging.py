"""Merges the blocks and id runs of a log, so that small batches do not pile up.

When the newest `FAN_OUT` blocks of a log are small and of one level, they become one block of the next level.
So an event is rewritten only a few times, and a read meets few blocks.
"""

from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from sqlalchemy import delete, select, update

from netra.adapters.sql.calls.call_blocks import packed, unpacked
from netra.adapters.sql.calls.call_ids import digests_in, in_order
from netra.adapters.sql.schema import event_blocks, event_ids
from netra.adapters.sql.transactions import Query, Row, Script, ask, inserting, param
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.sizes import size_of

FAN_OUT: Final = 8
SMALL: Final = 2_048  # events; a block of this size is not merged any further
SMALL_BYTES: Final = 2_097_152  # bytes as columns; bounds what one merge unpacks to eight times this

_BLOCK, _RUN = event_blocks.c, event_ids.c
_NEWEST_BLOCKS: Final = Query(
    select(_BLOCK.level, _BLOCK.events, _BLOCK.arrival, _BLOCK.unpacked_bytes, _BLOCK.shipment)
    .where(_BLOCK.log == param("log"))
    .order_by(_BLOCK.arrival.desc())
    .limit(FAN_OUT)
)
_PAYLOADS: Final = Query(
    select(_BLOCK.payload)
    .where(_BLOCK.log == param("log"), _BLOCK.arrival >= param("first"), _BLOCK.shipment.is_(None))
    .order_by(_BLOCK.arrival)
    .with_for_update()
)
_BECOME: Final = Query(
    update(event_blocks).where(_BLOCK.log == param("of"), _BLOCK.arrival == param("first")),
    sets=["name", "level", "events", "bytes", "first_ns", "last_ns", "payload", "unpacked_bytes"],
)
_DROP_BLOCKS: Final = Query(
    delete(event_blocks).where(_BLOCK.log == param("log"), _BLOCK.arrival > param("first"))
)
_NEWEST_RUNS: Final = Query(
    select(_RUN.level, _RUN.ids, _RUN.number)
    .where(_RUN.log == param("log"))
    .order_by(_RUN.number.desc())
    .limit(FAN_OUT)
)
_DIGESTS: Final = Query(
    select(_RUN.digests).where(_RUN.log == param("log"), _RUN.number >= param("first")).order_by(_RUN.number)
)
_DROP_RUNS: Final = Query(delete(event_ids).where(_RUN.log == param("log"), _RUN.number >= param("first")))
INSERT_RUN: Final = inserting(event_ids, without=["number"])


def merging_blocks(log: int) -> Script[None]:
    """Merge the newest blocks of a locked log while needed; the result takes the place of the first."""
    while True:
        rows = yield ask(_NEWEST_BLOCKS, log=log)
        if not _ask_for_it(rows) or any(size >= SMALL_BYTES or at is not None for *_, size, at in rows):
            return
        first = rows[-1][2]
        payloads = yield ask(_PAYLOADS, log=log, first=first)
        if len(payloads) < FAN_OUT:  # the courier took one between the two queries
            return
        events = concatenated([unpacked(payload) for (payload,) in payloads])
        payload = packed(events)
        yield ask(_DROP_BLOCKS, log=log, first=first)
        yield ask(
            _BECOME,
            of=log,
            first=first,
            name=uuid4().hex,
            level=rows[0][0] + 1,
            events=len(events),
            bytes=len(payload),
            first_ns=int(events.at_ns.min()),
            last_ns=int(events.at_ns.max()),
            payload=payload,
            unpacked_bytes=size_of(events).bytes,
        )


def merging_ids(log: int) -> Script[None]:
    """Merge the newest id runs of a locked log; a merged run gets a new position, so caches re-read it."""
    while True:
        rows = yield ask(_NEWEST_RUNS, log=log)
        if not _ask_for_it(rows):
            return
        first = rows[-1][2]
        parts = yield ask(_DIGESTS, log=log, first=first)
        run = in_order([digests_in(digests) for (digests,) in parts])
        yield ask(_DROP_RUNS, log=log, first=first)
        yield ask(INSERT_RUN, log=log, level=rows[0][0] + 1, ids=len(run), digests=run.tobytes())


def _ask_for_it(rows: Sequence[Row]) -> bool:
    levels = {level for level, *_ in rows}
    return len(rows) == FAN_OUT and len(levels) == 1 and all(size < SMALL for _, size, *_ in rows)
