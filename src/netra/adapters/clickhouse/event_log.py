"""Events of workloads in ClickHouse, as blocks of columns in and out."""

import asyncio
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import numpy as np
import numpy.typing as npt

from netra.adapters.clickhouse.blocks import arrow_of, columns_in, events_of
from netra.adapters.clickhouse.engine import DEADLINE_S, ClickHouse
from netra.adapters.clickhouse.schema import TABLE
from netra.adapters.clickhouse.vendor import Client, arrow
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, concatenated, empty_events, nanoseconds
from netra.ports.workloads import Appended

LOCKS: Final = 64  # appends to one workload wait for each other; two workloads rarely do
PARAMETER_BYTES: Final = 48_000  # a server takes 128 KiB a field by default; escaping may double it
_NS_MIN: Final = -(2**63)
_NS_MAX: Final = 2**63 - 1

_OWN: Final = "owner_id = {owner_id:Int64} AND workload_id = {workload_id:String}"
_IN_BATCH: Final = (
    f"{_OWN} AND at_ns BETWEEN {{first_ns:Int64}} AND {{last_ns:Int64}} AND batch = {{batch:UUID}}"
)
_ASKED: Final = "SELECT cityHash64(arrayJoin(JSONExtract({ids:String}, 'Array(String)')))"

# Statements are constants; values come to the server as typed parameters.
_KNOWN: Final = f"SELECT DISTINCT id FROM {TABLE} WHERE {_OWN} AND id_hash IN ({_ASKED}) AND id IS NOT NULL"  # noqa: S608
_LOST: Final = (  # the ids of a batch that an insert before it had
    f"SELECT id FROM (SELECT id, batch FROM {TABLE} WHERE {_OWN} AND id IS NOT NULL AND id_hash IN"  # noqa: S608
    f" (SELECT id_hash FROM {TABLE} WHERE {_IN_BATCH})"
    " ORDER BY _block_number, place LIMIT 1 BY id) WHERE batch != {batch:UUID}"
)
_WITHDRAW: Final = (
    f"DELETE FROM {TABLE} WHERE {_IN_BATCH} AND has(JSONExtract({{ids:String}}, 'Array(String)'), id)"  # noqa: S608
)
_FILLED: Final = f"SELECT groupBitOr(filled) AS filled FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_DELETE: Final = f"DELETE FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_IN_SPAN: Final = f"{_OWN} AND at_ns >= {{since_ns:Int64}} AND at_ns < {{until_ns:Int64}}"

_ONE_BLOCK: Final[Mapping[str, object]] = {  # so that a batch is one part, and its insert all or nothing
    "min_insert_block_size_rows": 1 << 40,
    "min_insert_block_size_bytes": 0,
    "async_insert": 0,
    "max_execution_time": DEADLINE_S,
}
_READ: Final[Mapping[str, object]] = {
    "output_format_arrow_low_cardinality_as_dictionary": 1,
    "output_format_arrow_string_as_string": 1,
    "max_execution_time": DEADLINE_S,
}

Values = Mapping[str, object]


class ClickHouseEventLog:
    """`EventLog` over ClickHouse.

    ClickHouse has no unique keys. Ids that are known are left out before a batch is inserted; when
    another process inserts the same id at the same moment, the insert that committed first has it, which
    both see the same way, and the other withdraws its row. A read leaves out what a process that
    died in between did not withdraw.
    """

    def __init__(self, engine: ClickHouse) -> None:
        self._engine = engine
        self._locks = [asyncio.Lock() for _ in range(LOCKS)]

    async def append(self, workload_id: WorkloadId, events: Events, *, owner_id: UserId) -> Appended:
        """Add the events whose id is new."""
        async with self._locks[hash((owner_id, workload_id)) % LOCKS]:
            work = partial(_append, workload_id=workload_id, events=events, owner_id=owner_id)
            return await self._engine.run(work)

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first."""
        values: Values = {
            "owner_id": owner_id,
            "workload_id": workload_id,
            "since_ns": _NS_MIN if since is None else max(nanoseconds(since), _NS_MIN),
            "until_ns": _NS_MAX if until is None else min(nanoseconds(until), _NS_MAX),
        }
        return await self._engine.run(lambda client: _read(client, values))

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload."""
        values: Values = {"owner_id": owner_id, "workload_id": workload_id}
        await self._engine.run(lambda client: client.command(_DELETE, values))


def _append(client: Client, *, workload_id: WorkloadId, events: Events, owner_id: UserId) -> Appended:
    own: Values = {"owner_id": owner_id, "workload_id": workload_id}
    ids = () if events.id is None else [event_id for event_id in events.id if event_id is not None]
    known = {found for some in _asked(ids) for found in _ids(client, _KNOWN, {**own, "ids": some})}
    is_new = _new_ones(events, known)
    places = np.flatnonzero(is_new)
    if not len(places):
        return Appended(is_new=is_new)
    new, batch = events.take(places), uuid4()
    names, block = arrow_of(new, places, workload_id=workload_id, owner_id=owner_id, batch=batch)
    client.raw_insert(TABLE, names, block, settings=_ONE_BLOCK, fmt="ArrowStream")
    lost = _withdrawn(client, _batch_of(new, batch, own)) if ids else set[str]()
    return Appended(is_new=is_new & _new_ones(events, lost) if lost else is_new)


def _batch_of(new: Events, batch: UUID, own: Values) -> Values:
    return {**own, "batch": str(batch), "first_ns": int(new.at_ns.min()), "last_ns": int(new.at_ns.max())}


def _withdrawn(client: Client, values: Values) -> set[str]:
    """Return the ids of the batch that another process had inserted first; its rows of them are gone."""
    lost = _ids(client, _LOST, values)
    for some in _asked(lost):
        client.command(_WITHDRAW, {**values, "ids": some})
    return lost


def _read(client: Client, values: Values) -> Events:
    own = {name: values[name] for name in ("owner_id", "workload_id")}
    with _answered(client, _FILLED, own) as blocks:
        filled = [block.column("filled")[0].as_py() for block in blocks]
    columns = columns_in(filled[0] if filled else 0)
    parts: list[Events] = []
    hashes: list[npt.NDArray[np.uint64]] = []
    with _answered(client, _selected(columns), values) as blocks:
        for block in blocks:
            parts.append(events_of(block.drop_columns("id_hash") if "id" in columns else block))
            if "id" in columns:
                hashes.append(block.column("id_hash").to_numpy().copy())
    events = concatenated(parts) if parts else empty_events()
    return _without_repeats(events, np.concatenate(hashes)) if hashes else events


def _selected(columns: tuple[str, ...]) -> str:
    asked = (*columns, "id_hash") if "id" in columns else columns
    order = "ORDER BY at_ns, _block_number, place"
    return f"SELECT {', '.join(asked)} FROM {TABLE} WHERE {_IN_SPAN} {order}"  # noqa: S608 (names of the schema)


def _without_repeats(events: Events, hashes: npt.NDArray[np.uint64]) -> Events:
    """Leave out rows whose id another row of the read has; looks closer only where hashes repeat."""
    ids = () if events.id is None else events.id
    has_id = np.array([event_id is not None for event_id in ids], np.bool_)
    if not has_id.any() or len(np.unique(hashes[has_id])) == has_id.sum():
        return events
    return events.take(np.flatnonzero(_new_ones(events, set())))


def _new_ones(events: Events, known: set[str]) -> npt.NDArray[np.bool_]:
    """Return which events have no id, or one that is not known nor earlier in the batch."""
    is_new = np.ones(len(events), np.bool_)
    seen = set(known)
    for index, event_id in enumerate(() if events.id is None else events.id):
        if event_id is None:
            continue
        is_new[index] = event_id not in seen
        seen.add(event_id)
    return is_new


def _ids(client: Client, statement: str, values: Values) -> set[str]:
    with _answered(client, statement, values) as blocks:
        return {event_id for block in blocks for event_id in block.column("id").to_pylist()}


def _asked(ids: Iterable[str]) -> Iterator[str]:
    """Yield the ids as JSON lists, each short enough for one parameter."""
    some: list[str] = []
    room = PARAMETER_BYTES
    for event_id in ids:
        size = len(msgspec.json.encode(event_id)) + 1
        if size > room and some:
            yield msgspec.json.encode(some).decode()
            some, room = [], PARAMETER_BYTES
        some.append(event_id)
        room -= size
    if some:
        yield msgspec.json.encode(some).decode()


@contextmanager
def _answered(
    client: Client, statement: str, values: Values
) -> Generator[Iterator[Any]]:  # Any: Arrow's blocks
    """Open the answer to a statement, block by block as they come."""
    with client.raw_stream(statement, values, settings=_READ, fmt="ArrowStream") as stream:
        reader = arrow.ipc.open_stream(stream)
        yield (block for block in reader if block.num_rows)
