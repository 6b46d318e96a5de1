"""Reads the blocks of a log, a few at a time, from one snapshot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import select

from netra.adapters.sql.calls.call_blocks import unpacked
from netra.adapters.sql.schema import event_blocks, event_logs
from netra.adapters.sql.transactions import Query, Script, ask, param
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, empty_events, nanoseconds
from netra.domain.workloads.joining import concatenated

BLOCKS_READ: Final = 64  # blocks fetched by one query
_NS_MIN: Final = -(2**63)
_NS_MAX: Final = 2**63 - 1

_LOG: Final = Query(
    select(event_logs.c.number, event_logs.c.archived).where(
        event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which")
    )
)
_BLOCKS: Final = Query(
    select(
        event_blocks.c.arrival,
        event_blocks.c.first_ns,
        event_blocks.c.last_ns,
        event_blocks.c.payload,
    )
    .where(event_blocks.c.log == param("log"), event_blocks.c.arrival > param("after"))
    .order_by(event_blocks.c.arrival)
    .limit(BLOCKS_READ)
)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The blocks of a log in arrival order; payloads only of those that overlap the time span."""

    arrivals: Sequence[int] = ()
    payloads: Sequence[bytes] = ()
    archived: int = 0


def reading(
    workload_id: WorkloadId, owner_id: UserId, *, since: datetime | None, until: datetime | None
) -> Script[Stored]:
    """Return the blocks that hold events of a time span."""
    since_ns, until_ns = span_of(since, until)
    rows = yield ask(_LOG, whose=owner_id, which=workload_id)
    if not rows:
        return Stored()
    ((log, archived),) = rows
    arrivals: list[int] = []
    payloads: list[bytes] = []
    while True:
        rows = yield ask(_BLOCKS, log=log, after=arrivals[-1] if arrivals else 0)
        for arrival, first_ns, last_ns, payload in rows:
            arrivals.append(arrival)
            if first_ns < until_ns and last_ns >= since_ns:
                payloads.append(payload)
        if len(rows) < BLOCKS_READ:
            return Stored(arrivals=arrivals, payloads=payloads, archived=archived)


def within(stored: Stored, *, since: datetime | None, until: datetime | None) -> Events:
    """Return the events within the span, in arrival order."""
    since_ns, until_ns = span_of(since, until)
    parts: list[Events] = []
    for payload in stored.payloads:
        events = unpacked(payload)
        is_in = (events.at_ns >= since_ns) & (events.at_ns < until_ns)
        parts.append(events if is_in.all() else events.take(np.flatnonzero(is_in)))
    return concatenated(parts) if parts else empty_events()


def span_of(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return the span in nanoseconds since 1970, UTC."""
    since_ns = _NS_MIN if since is None else max(nanoseconds(since), _NS_MIN)
    until_ns = _NS_MAX if until is None else min(nanoseconds(until), _NS_MAX)
    return since_ns, until_ns
