"""The archive of events in ClickHouse: shipments in, columns out, both as Arrow blocks."""

import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from netra.adapters.clickhouse.arrow_blocks import columns_in, events_of
from netra.adapters.clickhouse.engine import DEADLINE_S, ClickHouse
from netra.adapters.clickhouse.schema import TABLE
from netra.adapters.clickhouse.search import found_bad, inserted
from netra.adapters.clickhouse.vendor import LOST, Client, arrow
from netra.domain.errors import Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, empty_events, nanoseconds
from netra.domain.workloads.joining import concatenated
from netra.ports.call_outbox import Parcel, Refused, Shipment
from netra.ports.clock import Clock

INSERT_S: Final = 20.0  # seconds; shorter than the courier's lease
READ_BYTES: Final = 4 << 30  # bytes of the server's memory that one read may use
# seconds; then the bad events found so far are returned, and the next attempt finds the others
SEARCH_S: Final = 8.0
_NS_MIN: Final = -(2**63)
_NS_MAX: Final = 2**63 - 1

_OWN: Final = "owner_id = {owner_id:Int64} AND workload_id = {workload_id:String}"
_NOT_WAITING: Final = "arrival NOT IN (SELECT arrayJoin(JSONExtract({without:String}, 'Array(UInt64)')))"

# Statements are constants; values are sent as typed parameters.
_FILLED: Final = f"SELECT groupBitOr(filled) AS filled FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_IS_STORED: Final = f"SELECT count() FROM {TABLE} WHERE {_OWN} AND batch = {{batch:UUID}}"  # noqa: S608
_DELETE: Final = f"DELETE FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_IN_SPAN: Final = f"{_OWN} AND at_ns >= {{since_ns:Int64}} AND at_ns < {{until_ns:Int64}}"

_INSERT: Final[Mapping[str, object]] = {
    # rows; high enough that an insert is one part: all or nothing, under one name
    "min_insert_block_size_rows": 1 << 40,
    "min_insert_block_size_bytes": 0,
    "async_insert": 0,
    "insert_deduplicate": 1,
    "max_execution_time": INSERT_S,
}
_READ: Final[Mapping[str, object]] = {
    "output_format_arrow_low_cardinality_as_dictionary": 1,
    "output_format_arrow_string_as_string": 1,
}

Values = Mapping[str, object]


class ClickHouseEventArchive:
    """`EventArchive` over ClickHouse."""

    def __init__(
        self,
        engine: ClickHouse,
        *,
        clock: Clock,
        read_s: float = DEADLINE_S,
        read_bytes: int = READ_BYTES,
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._bounds: Values = {"max_execution_time": read_s, "max_memory_usage": read_bytes}

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        """Store the shipment, or store nothing and return events that ClickHouse rejects."""
        return await self.engine.run(
            lambda client: _put(client, shipment, now_s=self._clock.monotonic_s), deadline_s=INSERT_S
        )

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None,
        until: datetime | None,
        without: Sequence[int],
    ) -> Events:
        """Return the events of a time span, oldest first."""
        values: Values = {
            "owner_id": owner_id,
            "workload_id": workload_id,
            "since_ns": _NS_MIN if since is None else max(nanoseconds(since), _NS_MIN),
            "until_ns": _NS_MAX if until is None else min(nanoseconds(until), _NS_MAX),
            "without": msgspec.json.encode(list(without)).decode(),
        }
        return await self.engine.run(lambda client: _read(client, values, self._bounds))

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload."""
        values: Values = {"owner_id": owner_id, "workload_id": workload_id}
        await self.engine.run(lambda client: client.command(_DELETE, values))


def _put(client: Client, shipment: Shipment, *, now_s: Callable[[], float]) -> Sequence[Refused]:
    """Insert the shipment as one deduplicated block, or find the events that are rejected."""
    parcels = shipment.parcels
    if not any(len(parcel.events) for parcel in parcels):
        return ()
    until_s = now_s() + SEARCH_S
    name = blake2b("/".join(parcel.name for parcel in parcels).encode(), digest_size=16).hexdigest()
    reason = inserted(client, TABLE, parcels, settings={**_INSERT, "insert_deduplication_token": name})
    if reason is None or _is_stored(client, parcels):
        return ()
    refused = found_bad(client, parcels, fence=shipment.fence, has_time=lambda: now_s() < until_s)
    if not refused:
        raise Unavailable(f"ClickHouse rejects a batch without rejecting any of its events alone: {reason}")
    return refused


def _is_stored(client: Client, parcels: Sequence[Parcel]) -> bool:
    """Return whether an earlier attempt stored the shipment; constraints may have changed since."""
    one = next(parcel for parcel in parcels if len(parcel.events))
    own = {"owner_id": one.owner_id, "workload_id": one.workload_id, "batch": str(UUID(one.name))}
    return client.command(_IS_STORED, own) == len(one.events)


def _read(client: Client, values: Values, bounds: Values) -> Events:
    own = {name: values[name] for name in ("owner_id", "workload_id")}
    with _answered(client, _FILLED, own, bounds) as blocks:
        filled = [block.column("filled")[0].as_py() for block in blocks]
    columns = columns_in(filled[0] if filled else 0)
    with _answered(client, _selected(columns), values, bounds) as blocks:
        parts = [events_of(block) for block in blocks]
    return concatenated(parts) if parts else empty_events()


def _selected(columns: tuple[str, ...]) -> str:
    order = "ORDER BY at_ns, arrival, place"
    return f"SELECT {', '.join(columns)} FROM {TABLE} WHERE {_IN_SPAN} AND {_NOT_WAITING} {order}"  # noqa: S608 (names of the schema)


@contextmanager
def _answered(
    client: Client, statement: str, values: Values, bounds: Values
) -> Generator[Iterator[Any]]:  # Any: Arrow's blocks
    """Open the answer to a statement; its blocks are yielded as they arrive."""
    with client.raw_stream(statement, values, settings={**_READ, **bounds}, fmt="ArrowStream") as stream:
        yield _blocks(stream)


def _blocks(stream: io.IOBase) -> Iterator[Any]:
    """Yield the blocks that have rows. Raises the driver's errors when the answer is incomplete."""
    try:
        for block in arrow.ipc.open_stream(stream):
            if block.num_rows:
                yield block
    except LOST as error:
        raise OperationalError("the answer ended before it was complete") from error
    except arrow.ArrowInvalid as error:  # an error message in the middle of an answer is not valid Arrow
        raise DatabaseError("the answer is not an Arrow stream") from error
