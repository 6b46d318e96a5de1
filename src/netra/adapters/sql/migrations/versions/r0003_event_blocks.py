"""Events in blocks, a batch each, in place of a row each; where they wait for an archive, and their ids.

Spelled out rather than read from the schema, which goes on changing. The events that are there move
over, so this step cannot be printed as a script for a database that has any.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

import numpy as np
from alembic import context, op
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)

from netra.adapters.sql.calls.call_blocks import packed
from netra.adapters.sql.calls.call_ids import digests_of, in_order
from netra.domain.errors import Unavailable
from netra.domain.workloads.columns import Events, Labels, Prefixes

revision = "0003"
down_revision = "0002"

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
MOVED_ROWS = 10_000
LABELS = (
    "model provider status currency session template feature tool prompt_hash retry_of".split()  # noqa: SIM905
)
FLOATS = ("latency_ms", "ttft_ms", "cost", "deadline_s")
FLAGS = ("offline", "streaming", "accepted")


def upgrade() -> None:
    """Make the tables, move the events, drop what held them."""
    _make_blocks()
    _make_ids()
    _make_courier()
    _make_dead_events()
    op.add_column("event_logs", Column("archived", BigInteger, nullable=False, server_default="0"))
    if not context.is_offline_mode():
        _move_events()
    elif context.get_starting_revision_argument() is not None:
        raise Unavailable("This step moves events, which no script can do: run `netra migrate` itself.")
    op.drop_table("log_events")
    op.drop_column("event_logs", "fields")
    op.drop_column("event_logs", "next_number")


def _make_blocks() -> None:
    op.create_table(
        "event_blocks",
        Column("arrival", NUMBER, autoincrement=True, nullable=False),
        Column("log", BigInteger, nullable=False),
        Column("name", Text, nullable=False),
        Column("level", SmallInteger, nullable=False),
        Column("events", Integer, nullable=False),
        Column("bytes", Integer, nullable=False),
        Column("first_ns", BigInteger, nullable=False),
        Column("last_ns", BigInteger, nullable=False),
        Column("shipment", BigInteger),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("arrival", name="pk_event_blocks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_blocks_log_arrival", "event_blocks", ["log", "arrival"])
    op.create_index("ix_event_blocks_shipment_arrival", "event_blocks", ["shipment", "arrival"])
    op.create_index("ix_event_blocks_events_bytes", "event_blocks", ["events", "bytes"])


def _make_ids() -> None:
    op.create_table(
        "event_ids",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("log", BigInteger, nullable=False),
        Column("level", SmallInteger, nullable=False),
        Column("ids", Integer, nullable=False),
        Column("digests", LargeBinary, nullable=False),
        PrimaryKeyConstraint("number", name="pk_event_ids"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_ids_log_number", "event_ids", ["log", "number"])


def _make_courier() -> None:
    op.create_table(
        "event_courier",
        Column("id", SmallInteger, autoincrement=False, nullable=False),
        Column("fence", BigInteger, nullable=False),
        Column("lease_until", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_event_courier"),
    )
    op.execute("INSERT INTO event_courier (id, fence, lease_until) VALUES (1, 0, 0)")


def _make_dead_events() -> None:
    op.create_table(
        "dead_events",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("workload_id", Text, nullable=False),
        Column("event_id", Text),
        Column("reason", Text, nullable=False),
        Column("died_at", BigInteger, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("number", name="pk_dead_events"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_dead_events_owner_id_workload_id_number", "dead_events", ["owner_id", "workload_id", "number"]
    )


def _move_events() -> None:
    bound = op.get_bind()
    for log in bound.execute(text("SELECT number FROM event_logs")).scalars().all():
        for rows in _slices(log):
            events = _events_of(rows)
            payload = packed(events)
            block = {
                "log": log,
                "name": uuid4().hex,
                "events": len(events),
                "bytes": len(payload),
                "first_ns": int(events.at_ns.min()),
                "last_ns": int(events.at_ns.max()),
                "payload": payload,
            }
            bound.execute(_INSERT_BLOCK, block)
            ids = [row["id"] for row in rows if row["id"] is not None]
            run = in_order([digests_of(ids)]).tobytes()
            bound.execute(_INSERT_IDS, {"log": log, "ids": len(ids), "digests": run})


_INSERT_BLOCK = text(
    "INSERT INTO event_blocks (log, name, level, events, bytes, first_ns, last_ns, payload)"
    " VALUES (:log, :name, 0, :events, :bytes, :first_ns, :last_ns, :payload)"
)
_INSERT_IDS = text("INSERT INTO event_ids (log, level, ids, digests) VALUES (:log, 0, :ids, :digests)")
_SLICE = text(
    "SELECT * FROM log_events WHERE log = :log AND number >= :first AND number < :last ORDER BY number"
)
_LAST = text("SELECT next_number FROM event_logs WHERE number = :log")


def _slices(log: int) -> Iterator[list[dict[str, Any]]]:
    """Yield a log's rows in the order they came."""
    bound = op.get_bind()
    last = bound.execute(_LAST, {"log": log}).scalar_one()
    for edges in pairwise([*range(0, last, MOVED_ROWS), last]):
        slice_of = {"log": log, "first": edges[0], "last": edges[1]}
        if rows := [dict(row) for row in bound.execute(_SLICE, slice_of).mappings()]:
            yield rows


def _events_of(rows: list[dict[str, Any]]) -> Events:
    columns: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in {"log", "number", "prefix_hashes", "prefix_block_tokens"}:
            continue
        if all(value is None for value in values):
            continue
        columns[name] = _column(name, values)
    if any(row["prefix_hashes"] for row in rows):
        columns["prefixes"] = _prefixes(rows)
    return Events(**columns)


def _column(name: str, values: list[Any]) -> Any:
    if name in LABELS:
        names = {one: code for code, one in enumerate(dict.fromkeys(v for v in values if v is not None))}
        codes = np.array([-1 if value is None else names[value] for value in values], np.int32)
        return Labels(codes=codes, names=tuple(names))
    if name == "id":
        return np.array([*values, None], np.object_)[:-1]
    if name in FLOATS:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    dtype = np.int8 if name in FLAGS else np.int64
    return np.array([-1 if value is None else value for value in values], dtype)


def _prefixes(rows: list[dict[str, Any]]) -> Prefixes:
    blobs = [bytes(row["prefix_hashes"] or b"") for row in rows]
    lengths = np.array([0, *(len(blob) // 8 for blob in blobs)], np.int64)
    tokens = [row["prefix_block_tokens"] for row in rows]
    return Prefixes(
        hashes=np.frombuffer(b"".join(blobs), "<i8").astype(np.int64),
        offsets=np.cumsum(lengths),
        block_tokens=np.array([512 if one is None else one for one in tokens], np.int32),
    )
