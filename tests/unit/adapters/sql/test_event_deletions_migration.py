"""A shipment that was under way goes on without what was deleted of it, and blocks of no log are removed."""

from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.calls.call_blocks import packed
from netra.adapters.sql.calls.call_outbox import SqlEventOutbox
from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

BLOCK = {"level": 0, "events": 1, "bytes": 1, "first_ns": 0, "last_ns": 0}


async def test_a_shipment_goes_on_with_what_is_not_deleted(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0004", path)
    insert(connection, "event_logs", number=1, owner_id=1, workload_id="wl-1")
    insert(connection, "event_logs", number=2)
    event = Event(timestamp=clock.now(), model="m", input_tokens=1, output_tokens=1)
    payload = packed(columns_of([event]))
    for arrival, log in [(1, 1), (2, 2), (3, 3)]:  # of the last, the log is gone
        names = {"arrival": arrival, "log": log, "name": f"{arrival:032x}", "shipment": 1}
        insert(connection, "event_blocks", **BLOCK, **names, payload=payload)
    migrate(connection)
    kept = connection.execute("SELECT arrival, shipment FROM event_blocks ORDER BY arrival").fetchall()
    assert kept == [(1, 1), (2, None)]
    connection.close()
    database = SqliteDatabase(path)
    shipment = await SqlEventOutbox(database, clock=clock).lease(lease_s=1, most_events=10)
    assert shipment is not None
    assert [(one.owner_id, one.workload_id, one.arrival) for one in shipment.parcels] == [(1, "wl-1", 1)]
    database.close()
