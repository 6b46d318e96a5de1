"""Lanes that claim together where one statement does not find a run for each."""

import asyncio
import shutil
from typing import Any

from tests.contracts.conftest import made_run

from netra.adapters.sql.runs.run_store import SqlRunStore
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.transactions import Recipe
from netra.domain.errors import Unavailable
from netra.domain.quotas import Quotas


class Failing(SqliteDatabase):
    """Takes `writes_left` more writes and no other."""

    writes_left = 1_000

    async def write(self, recipe: Recipe[Any]) -> Any:
        self.writes_left -= 1
        if self.writes_left < 0:
            raise Unavailable("The database cannot do this now.")
        return await super().write(recipe)


async def store_with_unequal_queues(path: Any, migrated: Any, clock: Any) -> tuple[Failing, SqlRunStore]:
    """Return a store in which one owner has ten queued runs and another has one."""
    shutil.copyfile(migrated, path)
    database = Failing(path)
    store = SqlRunStore(database, clock=clock)
    for name, owner in [*((f"a{n}", 1) for n in range(10)), ("b", 2)]:
        await store.accept(made_run(name, owner=owner, thread=f"thread-{name}"), quotas=Quotas())
    return database, store


async def test_a_second_statement_claims_what_the_first_left(tmp_path, migrated, clock):
    database, store = await store_with_unequal_queues(tmp_path / "a.sqlite3", migrated, clock)
    database.writes_left = 2
    claims = await asyncio.gather(*(store.claim(lease_s=10) for _ in range(8)))
    assert len({claim.run.id for claim in claims if claim is not None}) == 8


async def test_what_the_first_statement_claimed_is_worked_on_though_the_second_failed(
    tmp_path, migrated, clock
):
    database, store = await store_with_unequal_queues(tmp_path / "a.sqlite3", migrated, clock)
    database.writes_left = 1
    claims = await asyncio.gather(*(store.claim(lease_s=10) for _ in range(8)))
    held = {claim.run.id for claim in claims if claim is not None}
    assert len(held) == 6
    assert "run-b" in held
