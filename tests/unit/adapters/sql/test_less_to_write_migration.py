"""Events outlive the key that bound them to their runs, and go with their thread all the same."""

from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.threads import SqlThreadStore

RUN = {
    "owner_id": 1,
    "message": "m",
    "parameters": b"{}",
    "is_cancel_requested": 0,
    "progress": 0,
    "attempts": 0,
    "last_seq": 2,
    "created_at": 0,
    "fence": 0,
    "has_made_thread": 1,
    "fingerprint": "",
    "state": "queued",
}
THREAD = {"owner_id": 1, "title": "t", "created_at": 0, "updated_at": 0, "message_count": 0}


async def test_events_stay_until_their_thread_is_deleted(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0003", path)
    for number in (1, 2):
        thread_id = f"thread-{number}"
        insert(connection, "threads", **THREAD, id=thread_id)
        insert(connection, "runs", **RUN, number=number, id=f"run-{number}", thread_id=thread_id)
        for seq in (1, 2):
            insert(connection, "run_events", run=number, seq=seq, kind="agent_update", at=0, data=b"{}")
    migrate(connection)
    known = "SELECT run, seq FROM run_events ORDER BY run, seq"
    assert connection.execute(known).fetchall() == [(1, 1), (1, 2), (2, 1), (2, 2)]
    database = SqliteDatabase(path)
    await SqlThreadStore(database, clock=clock).delete("thread-1", owner_id=1)
    assert connection.execute(known).fetchall() == [(2, 1), (2, 2)]
    connection.close()
