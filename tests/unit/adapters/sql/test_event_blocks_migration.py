"""Events that were rows move into blocks: all of them, in order, and with their ids known."""

import numpy as np
import pytest
from tests.contracts.test_event_log import shown
from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.stores import SqliteSchema
from netra.domain.errors import Unavailable
from netra.domain.workloads.columns import Events as Columns
from netra.domain.workloads.columns import Labels, Prefixes

HASHES = np.array([1, -5, 2**62], "<i8")
FULL = {
    "model": "m",
    "input_tokens": 5,
    "output_tokens": 6,
    "id": "a",
    "cached_input_tokens": 0,
    "latency_ms": 1.5,
    "session": "s",
    "offline": 1,
    "prefix_hashes": HASHES.tobytes(),
    "prefix_block_tokens": 16,
}
BARE = {"model": "n", "input_tokens": 1, "output_tokens": 2}


async def test_events_move_from_rows_into_blocks(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0002", path)
    insert(connection, "event_logs", owner_id=1, workload_id="wl-1", fields="id", next_number=2)
    insert(connection, "event_logs", owner_id=1, workload_id="wl-2", fields="", next_number=0)
    insert(connection, "log_events", log=1, at_ns=2_001, number=0, **FULL)
    insert(connection, "log_events", log=1, at_ns=1_000, number=1, **BARE)
    migrate(connection)
    connection.close()
    database = SqliteDatabase(path)
    log = SqlEventLog(database, clock=clock)
    found = await log.read("wl-1", owner_id=1)
    wanted = Columns(
        at_ns=np.array([1_000, 2_001]),
        model=Labels(codes=np.array([0, 1], np.int32), names=("n", "m")),
        input_tokens=np.array([1, 5]),
        output_tokens=np.array([2, 6]),
        id=np.array([None, "a"], np.object_),
        cached_input_tokens=np.array([-1, 0]),
        latency_ms=np.array([np.nan, 1.5]),
        session=Labels(codes=np.array([-1, 0], np.int32), names=("s",)),
        offline=np.array([-1, 1], np.int8),
        prefixes=Prefixes(
            hashes=HASHES.astype(np.int64),
            offsets=np.array([0, 0, 3]),
            block_tokens=np.array([512, 16], np.int32),
        ),
    )
    assert shown(found) == shown(wanted)
    assert (await log.append("wl-1", wanted, owner_id=1)).is_new.tolist() == [True, False]
    assert len(await log.read("wl-2", owner_id=1)) == 0
    database.close()


def test_no_script_is_written_for_a_database_whose_events_would_have_to_move(tmp_path):
    path = tmp_path / "a.sqlite3"
    at_revision("0002", path).close()
    with pytest.raises(Unavailable, match="netra migrate"):
        SqliteSchema(path).script()
