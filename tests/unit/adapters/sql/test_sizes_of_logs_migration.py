"""Workloads from before their sizes were counted go on, and count what comes."""

from datetime import UTC, datetime

from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.stores import open_sqlite
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

WORKLOAD = {"owner_id": 1, "id": "wl-1", "name": "w", "created_at": 0, "updated_at": 0, "event_count": 0}


async def test_a_workload_of_before_counts_what_comes(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0007", path)
    insert(connection, "workloads", **WORKLOAD)
    migrate(connection)
    connection.close()
    sent = Event(
        timestamp=datetime(2024, 1, 1, tzinfo=UTC),
        model="m",
        input_tokens=1,
        output_tokens=1,
        prefix_hashes=[1, 2],
    )
    async with open_sqlite(path, clock=clock) as stores:
        before = await stores.workloads.get("wl-1", owner_id=1)
        await stores.event_log.append("wl-1", columns_of([sent]), owner_id=1)
        after = await stores.workloads.get("wl-1", owner_id=1)
    assert (before.prefix_hashes, before.bytes) == (0, 0)
    assert (after.prefix_hashes, after.event_count) == (2, 1)
    assert after.bytes > 0
