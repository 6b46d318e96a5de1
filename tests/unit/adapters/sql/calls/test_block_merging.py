"""Small batches become one block, unless their columns are large: a merge unpacks them all."""

from datetime import UTC, datetime

import pytest

from netra.adapters.sql.calls.block_merging import FAN_OUT, SMALL_BYTES
from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase, connect
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload
from netra.domain.workloads.sizes import size_of

AT = datetime(2024, 1, 1, tzinfo=UTC)
MANY = 10_000


@pytest.mark.parametrize(
    ("events", "hashes", "blocks"), [(1, 1, 1), (SMALL_BYTES // 8 // MANY + 1, MANY, FAN_OUT)]
)
async def test_batches_are_merged_by_what_they_unpack_to(empty_store, clock, events, hashes, blocks):
    path = empty_store / "netra.sqlite3"
    database = SqliteDatabase(path)
    made = Workload(id="wl-1", owner_id=1, name="w", created_at=AT, updated_at=AT)
    await SqlWorkloadStore(database).add(made, max_per_user=1)
    log = SqlEventLog(database, clock=clock)
    row = Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1, prefix_hashes=[7] * hashes)
    batch = columns_of([row] * events)
    for _ in range(FAN_OUT):
        await log.append("wl-1", batch, owner_id=1)
    database.close()
    connection = connect(path, wait_s=1)
    found = connection.execute(
        "SELECT count(*), sum(events), sum(unpacked_bytes) FROM event_blocks"
    ).fetchall()
    stored = connection.execute("SELECT prefix_hashes FROM workloads").fetchall()
    connection.close()
    assert found[0][:2] == (blocks, FAN_OUT * events)
    assert stored == [(FAN_OUT * events * hashes,)]
    assert found[0][2] >= 8 * FAN_OUT * events * hashes
    assert blocks == 1 or size_of(batch).bytes >= SMALL_BYTES
