"""The one table, designed for one query: a workload of one owner, a time span, oldest first.

A missing value is -1, NaN, an empty chain or NULL, as in the domain's columns, so that numbers pass
unchanged. `filled` is a bit mask of the optional columns in an event's batch: a read asks only for columns
that some batch fills. Rows that were accepted together share `batch` and `arrival`, which increases in the
order of acceptance; `place` is their order within the batch. An insert is one block with a unique name:
ClickHouse remembers the names of recent inserts and does not store a name twice.
"""

from datetime import timedelta
from typing import Final

from netra.adapters.clickhouse.vendor import Client

TABLE: Final = "workload_events"
DAY: Final = timedelta(days=1)

LABELS: Final = ("provider", "status", "currency", "template", "feature", "tool")  # low cardinality
NAMES: Final = ("session", "prompt_hash", "retry_of")  # up to one value per event
INTEGERS: Final = ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens", "max_output_tokens")
NEW_LABELS: Final = ("service_tier", "region", "variant")
NEW_NAMES: Final = ("charges", "labels")  # JSON objects as text
NEW_INTEGERS: Final = ("cache_write_1h_tokens", "cache_write_12h_tokens")
FLOATS: Final = ("latency_ms", "ttft_ms", "cost", "deadline_s")
FLAGS: Final = ("offline", "streaming", "accepted")
OPTIONAL: Final = (
    "id",
    *LABELS,
    *NAMES,
    *INTEGERS,
    *FLOATS,
    *FLAGS,
    "prefixes",
    *NEW_LABELS,
    *NEW_NAMES,
    *NEW_INTEGERS,
)  # names are only added at the end: bit n of `filled` is name n

_NUMBER: Final = "CODEC(T64, ZSTD(1))"
_ARRIVAL: Final = "arrival UInt64 CODEC(Delta, ZSTD(1))"
# number of inserts whose names are remembered
_REMEMBERED: Final = "non_replicated_deduplication_window = 10000"


def prepare(client: Client, *, kept_for: timedelta | None) -> None:
    """Create the table if missing, and set the removal of events `kept_for` after their arrival."""
    client.command(_table())
    for column in (_ARRIVAL, *_new_columns()):  # upgrades an older table
        client.command(f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS {column}")
    client.command(f"ALTER TABLE {TABLE} MODIFY SETTING {_REMEMBERED}")
    days = None if kept_for is None else max(kept_for // DAY, 1)
    present = str(client.command(f"SELECT engine_full FROM system.tables WHERE {_IS_OURS}"))  # noqa: S608 (constants)
    if days is not None and f"toIntervalDay({days})" not in present:
        client.command(f"ALTER TABLE {TABLE} MODIFY TTL received_at + INTERVAL {days} DAY")
    if days is None and " TTL " in present:
        client.command(f"ALTER TABLE {TABLE} REMOVE TTL")


_IS_OURS: Final = f"database = currentDatabase() AND name = '{TABLE}'"


def _new_columns() -> list[str]:
    return [
        *(f"{name} LowCardinality(Nullable(String))" for name in NEW_LABELS),
        *(f"{name} Nullable(String)" for name in NEW_NAMES),
        *(f"{name} Int64 DEFAULT -1 {_NUMBER}" for name in NEW_INTEGERS),
    ]


def _table() -> str:
    columns = [
        "owner_id Int64",
        "workload_id String",
        "at_ns Int64 CODEC(Delta, ZSTD(1))",
        "place UInt32 CODEC(Delta, ZSTD(1))",
        "batch UUID",
        _ARRIVAL,
        "received_at DateTime DEFAULT now()",
        "filled UInt32",
        "model LowCardinality(String)",
        f"input_tokens Int64 {_NUMBER}",
        f"output_tokens Int64 {_NUMBER}",
        "id Nullable(String)",
        *(f"{name} LowCardinality(Nullable(String))" for name in LABELS),
        *(f"{name} Nullable(String)" for name in NAMES),
        *(f"{name} Int64 DEFAULT -1 {_NUMBER}" for name in INTEGERS),
        *(f"{name} Float64 DEFAULT nan" for name in FLOATS),
        *(f"{name} Int8 DEFAULT -1" for name in FLAGS),
        "prefix_hashes Array(Int64)",
        "prefix_block_tokens Int32 DEFAULT 512",
        *_new_columns(),
        "at DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(at_ns, 'UTC')",  # for readers of the table
    ]
    return (
        f"CREATE TABLE IF NOT EXISTS {TABLE} ({', '.join(columns)}) "
        "ENGINE = MergeTree ORDER BY (owner_id, workload_id, at_ns) "
        # delivered events are deleted from the outbox, so they must survive a power failure
        f"SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, {_REMEMBERED}"
    )
