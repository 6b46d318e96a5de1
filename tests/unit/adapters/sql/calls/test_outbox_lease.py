"""A lease that finds nothing any more: what waited was deleted between the look and the lease."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from netra.adapters.sql.calls.call_log import SqlEventLog
from netra.adapters.sql.calls.call_outbox import SqlEventOutbox
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.transactions import Recipe
from netra.adapters.sql.workloads import SqlWorkloadStore
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload

T = TypeVar("T")
AT = datetime(2024, 1, 1, tzinfo=UTC)


class Interrupted(SqliteDatabase):
    """After a read something else is done, once."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read(self, recipe: Recipe[T]) -> T:
        found = await super().read(recipe)
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        return found


@pytest.mark.parametrize("has_one", [False, True])
async def test_whoever_gets_no_shipment_holds_no_lease(empty_store, clock, has_one):
    database = Interrupted(empty_store / "netra.sqlite3")
    workloads, log = SqlWorkloadStore(database), SqlEventLog(database, clock=clock)
    outbox = SqlEventOutbox(database, clock=clock)

    async def put(name: str) -> None:
        made = Workload(id=name, owner_id=1, name=name, created_at=AT, updated_at=AT)
        await workloads.add(made, max_per_user=9)
        sent = Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1)
        await log.append(name, columns_of([sent]), owner_id=1)

    async def lease(held: int | None = None):
        return await outbox.lease(lease_s=30, most_events=10, held=held)

    held = None
    if has_one:
        await put("wl-0")
        shipment = await lease()
        await outbox.delivered(shipment)
        held = shipment.fence
    await put("wl-1")
    database.meanwhile = lambda: workloads.delete("wl-1", owner_id=1)
    assert await lease(held) is None
    await put("wl-2")
    another = await lease()
    assert another is not None
    assert [parcel.workload_id for parcel in another.parcels] == ["wl-2"]
    database.close()
