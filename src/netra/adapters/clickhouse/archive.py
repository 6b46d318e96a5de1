"""The archive of events in ClickHouse: shipments in, columns out, both as Arrow blocks."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import msgspec
import numpy as np
from clickhouse_connect.driver.exceptions import ClickHouseError

from netra.adapters.clickhouse.blocks import arrow_of, columns_in, events_of
from netra.adapters.clickhouse.engine import DEADLINE_S, ClickHouse
from netra.adapters.clickhouse.schema import TABLE
from netra.adapters.clickhouse.vendor import Client, arrow, refusal_of
from netra.domain.errors import Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, concatenated, empty_events, nanoseconds
from netra.ports.clock import Clock
from netra.ports.outbox import Parcel, Refused, Shipment

INSERT_S: Final = 20.0  # less than the courier's lease
READ_BYTES: Final = 4 << 30  # of the server's memory that one read may take
PUT_S: Final = 10.0  # after which a search for bad rows lets others look at the lease
_NS_MIN: Final = -(2**63)
_NS_MAX: Final = 2**63 - 1

_OWN: Final = "owner_id = {owner_id:Int64} AND workload_id = {workload_id:String}"
_NOT_WAITING: Final = "arrival NOT IN (SELECT arrayJoin(JSONExtract({without:String}, 'Array(UInt64)')))"

# Statements are constants; values come to the server as typed parameters.
_FILLED: Final = f"SELECT groupBitOr(filled) AS filled FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_DELETE: Final = f"DELETE FROM {TABLE} WHERE {_OWN}"  # noqa: S608
_IN_SPAN: Final = f"{_OWN} AND at_ns >= {{since_ns:Int64}} AND at_ns < {{until_ns:Int64}}"

_INSERT: Final[Mapping[str, object]] = {
    "min_insert_block_size_rows": 1 << 40,  # so that it is one part, all or nothing, under one name
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
Insert = Callable[[Sequence[Parcel], str, int], str | None]  # parcels, name, place of the first row


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
        self._settled: dict[str, str | None] = {}  # pieces of the shipment under way: why refused, if so

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        """Store the shipment and return the events that ClickHouse will not have.

        What became of pieces is remembered, so that a search for many bad rows goes on at the next try.
        """
        until_s = self._clock.monotonic_s() + PUT_S

        def insert(client: Client, parcels: Sequence[Parcel], name: str, first_place: int) -> str | None:
            if name not in self._settled:
                if self._clock.monotonic_s() > until_s:
                    raise Unavailable("ClickHouse refuses many events; the search for them goes on.")
                self._settled[name] = _inserted(client, parcels, name=name, first_place=first_place)
            return self._settled[name]

        refused = await self.engine.run(
            lambda client: _put(partial(insert, client), shipment.parcels), deadline_s=INSERT_S
        )
        self._settled.clear()
        return refused

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


def _put(insert: Insert, parcels: Sequence[Parcel]) -> Sequence[Refused]:
    """Insert all together; when the server will not have some of it, halve until what it refuses is found."""
    if insert(parcels, _name(*(parcel.name for parcel in parcels)), 0) is None:
        return ()
    refused: list[Refused] = []
    pieces = [(number, 0, len(parcel.events)) for number, parcel in enumerate(parcels)]
    while pieces:
        number, first, last = pieces.pop(0)
        parcel = parcels[number]
        piece = msgspec.structs.replace(parcel, events=parcel.events.take(np.arange(first, last)))
        reason = insert([piece], _name(parcel.name, str(first), str(last)), first)
        if reason is not None and last - first == 1:
            refused.append(Refused(parcel=number, place=first, reason=reason))
        elif reason is not None:
            middle = (first + last) // 2
            pieces[:0] = [(number, first, middle), (number, middle, last)]
    return refused


def _inserted(client: Client, parcels: Sequence[Parcel], *, name: str, first_place: int) -> str | None:
    """Insert a block once, whoever tries how often; return why it cannot be stored, None when it is."""
    try:
        columns, block = arrow_of(parcels, first_place=first_place)
        settings = {**_INSERT, "insert_deduplication_token": name}
        client.raw_insert(TABLE, columns, block, settings=settings, fmt="ArrowStream")
    except UnicodeEncodeError as error:
        return f"a text cannot be stored: {error.reason}"
    except ClickHouseError as error:
        reason = refusal_of(error)
        if reason is None:
            raise
        return reason
    return None


def _name(*parts: str) -> str:
    return blake2b("/".join(parts).encode(), digest_size=16).hexdigest()


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
    """Open the answer to a statement, block by block as they come."""
    with client.raw_stream(statement, values, settings={**_READ, **bounds}, fmt="ArrowStream") as stream:
        reader = arrow.ipc.open_stream(stream)
        yield (block for block in reader if block.num_rows)
