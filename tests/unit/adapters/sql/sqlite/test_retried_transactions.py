"""A transaction that is played again does all of it anew: a recipe makes its script at every call."""

from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from netra.adapters.sql.identity.users import SqlUserStore
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase
from netra.adapters.sql.transactions import Recipe
from netra.domain.users.model import Identity, NewUser, Role

IDENTITY = Identity(issuer="https://id.example", subject="7")

T = TypeVar("T")


class ReadsTwice(SqliteDatabase):
    """A database that loses the connection of each first try at a read just before its end."""

    async def read(self, recipe: Recipe[T]) -> T:
        await super().read(recipe)
        return await super().read(recipe)


@pytest.fixture
async def users(empty_store: Path) -> AsyncGenerator[SqlUserStore]:
    with closing(ReadsTwice(empty_store / "netra.sqlite3")) as database:
        yield SqlUserStore(database)


async def test_a_user_is_found_by_a_second_try(users: SqlUserStore) -> None:
    user = await users.add(
        NewUser(
            email="ada@example.com",
            name="Ada",
            password_hash=None,
            role=Role.MEMBER,
            created_at=datetime(2024, 1, 1, tzinfo=UTC),
            identity=IDENTITY,
        )
    )
    assert await users.find(user.id) == user
    assert await users.find_by_email(user.email) == user
    assert await users.find_by_identity(IDENTITY) == user
