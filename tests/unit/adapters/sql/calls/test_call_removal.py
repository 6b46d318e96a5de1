"""Removing a log: gone for readers at once, from the disk a slice at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase, connect
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload

AT = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("events", [0, 1, 9, 10, 11, 35])
async def test_a_log_of_any_length_is_removed_from_the_disk(empty_store, clock, events):
    path = empty_store / "netra.sqlite3"
    database = SqliteDatabase(path)
    log = SqlEventLog(database, clock=clock, purged_blocks=2)
    for name in ("wl-1", "wl-2"):
        made = Workload(id=name, owner_id=1, name=name, created_at=AT, updated_at=AT)
        await SqlWorkloadStore(database).add(made, max_per_user=2)
    sent = [
        Event(timestamp=AT + timedelta(seconds=n // 3), model="m", input_tokens=1, output_tokens=1)
        for n in range(events)
    ]
    for one in sent:
        await log.append("wl-1", columns_of([one]), owner_id=1)
    await log.append("wl-2", columns_of(sent), owner_id=1)
    await log.delete("wl-1", owner_id=1)
    assert len(await log.read("wl-1", owner_id=1)) == 0
    assert len(await log.read("wl-2", owner_id=1)) == events
    database.close()
    connection = connect(path, wait_s=1)
    ((left,),) = connection.execute("SELECT coalesce(sum(events), 0) FROM event_blocks").fetchall()
    ((logs,),) = connection.execute("SELECT count(*) FROM event_logs").fetchall()
    connection.close()
    assert (left, logs) == (events, int(events > 0))


async def test_what_a_deletion_left_goes_by_itself_and_nothing_else_does(empty_store, clock):
    path = empty_store / "netra.sqlite3"
    database = SqliteDatabase(path)
    log, workloads = SqlEventLog(database, clock=clock, purged_blocks=2), SqlWorkloadStore(database)
    for name in ("wl-1", "wl-2"):
        await workloads.add(
            Workload(id=name, owner_id=1, name=name, created_at=AT, updated_at=AT), max_per_user=2
        )
        for n in range(5):
            sent = Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1, id=str(n))
            await log.append(name, columns_of([sent]), owner_id=1)
    assert not await log.sweep()
    await workloads.delete("wl-1", owner_id=1)  # and then the process was killed
    while await log.sweep():
        pass
    assert len(await log.read("wl-2", owner_id=1)) == 5
    database.close()
    connection = connect(path, wait_s=1)
    counts = [
        connection.execute(f"SELECT count(DISTINCT log) FROM {table}").fetchall()  # noqa: S608 (constants)
        for table in ("event_blocks", "event_ids")
    ]
    assert (counts, connection.execute("SELECT count(*) FROM event_logs").fetchall()) == (
        [[(1,)], [(1,)]],
        [(1,)],
    )
    connection.close()
