"""Runs of before go on with what they had: what they met counts as lost workers."""

from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.stores import open_sqlite

THREAD = {
    "owner_id": 1,
    "id": "thread-1",
    "title": "t",
    "created_at": 0,
    "updated_at": 0,
    "message_count": 1,
}
RUN = {
    "id": "run-1",
    "owner_id": 1,
    "thread_id": "thread-1",
    "message": "?",
    "parameters": b"{}",
    "state": "queued",
    "is_cancel_requested": 0,
    "progress": 0,
    "attempts": 2,
    "last_seq": 0,
    "created_at": 0,
    "fence": 2,
    "has_made_thread": 1,
    "fingerprint": "",
}


async def test_a_run_of_before_has_met_no_outage(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0006", path)
    insert(connection, "threads", **THREAD)
    insert(connection, "runs", **RUN)
    migrate(connection)
    connection.close()
    async with open_sqlite(path, clock=clock) as stores:
        run = await stores.runs.get("run-1", owner_id=1)
    assert (run.attempts, run.outages) == (2, 0)
