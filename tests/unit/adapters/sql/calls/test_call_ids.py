"""What a process remembers of the ids of logs: within its bounds, and never a part taken for the whole."""

from typing import Any

import numpy as np
from tests.contracts.test_event_log import event

from netra.adapters.sql.calls.call_ids import IdCache, KnownIds
from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Workload


def known(ids: int, *, position: int = 1) -> KnownIds:
    return KnownIds(position=position, runs=(np.zeros((ids, 2), np.uint64),))


class Interrupted:
    """A `Database` that lets something happen once what came last has been read."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self.read, self.scan, self.write = database.read, database.scan, database.write
        self.meanwhile: Any = None

    async def view(self, recipe: Any) -> Any:
        found = await self._database.view(recipe)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return found


async def test_ids_that_are_forgotten_while_they_are_looked_for_are_still_known(empty_store, clock):
    database = SqliteDatabase(empty_store / "netra.sqlite3")
    interrupted: Any = Interrupted(database)
    log = SqlEventLog(interrupted, clock=clock, known_ids=10)
    for workload in ("wl-1", "wl-2"):
        made = Workload(id=workload, owner_id=1, name="w", created_at=clock.now(), updated_at=clock.now())
        await SqlWorkloadStore(database).add(made, max_per_user=2)

    async def added(workload: str, *names: str) -> list[bool]:
        events = columns_of([event(id=name) for name in names])
        return (await log.append(workload, events, owner_id=1)).is_new.tolist()

    assert all(await added("wl-1", *map(str, range(8))))
    assert await added("wl-1", "0") == [False]  # they are remembered now
    assert all(await added("wl-1", "8"))  # what comes next finds a run that is not remembered yet

    async def another_log_is_written_to() -> None:
        assert all(await added("wl-2", *map(str, range(11))))
        assert await added("wl-2", "0") == [False]

    interrupted.meanwhile = another_log_is_written_to
    assert await added("wl-1", "0", "8", "9") == [False, False, True]
    assert await added("wl-1", "0", "8", "9") == [False, False, False]
    database.close()


def test_the_logs_that_were_written_to_last_are_remembered_within_a_number_of_ids():
    cache = IdCache(most=10)
    for log in (1, 2, 3):
        cache.keep(log, known(4))
    assert [len(cache.of(log)) for log in (1, 2, 3)] == [0, 4, 4]
    cache.keep(2, known(6, position=2))
    cache.keep(2, known(1, position=1))  # older than what is known
    assert [len(cache.of(log)) for log in (2, 3)] == [6, 4]
    cache.keep(4, known(30))
    assert [len(cache.of(log)) for log in (2, 3, 4)] == [0, 0, 30]  # one is always remembered
    cache.keep(5, known(1))
    assert [len(cache.of(log)) for log in (4, 5)] == [0, 1]


def test_the_number_of_remembered_logs_is_bounded_however_few_ids_they_have():
    cache = IdCache(logs_most=2)
    for log in (1, 2, 3):
        cache.keep(log, known(1))
    assert [len(cache.of(log)) for log in (1, 2, 3)] == [0, 1, 1]
