"""The contract of `KnownAddressStore`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra.domain.users.model import NewUser, Role

AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def two_users(stores: Any) -> None:
    for name in ("ada", "bob"):
        await stores.users.add(
            NewUser(
                email=f"{name}@example.com", name=name, password_hash=None, role=Role.MEMBER, created_at=AT
            )
        )


async def remember(
    stores: Any,
    digest: str,
    *,
    user: int = 1,
    at: datetime = AT,
    until: datetime = AT + DAY,
    most: int = 3,
) -> None:
    await stores.known_addresses.remember(user, digest, at=at, until=until, max_per_user=most)


@pytest.mark.usefixtures("two_users")
async def test_a_digest_is_known_until_the_instant_it_expires(stores):
    assert not await stores.known_addresses.is_known("a", at=AT)
    await remember(stores, "a")
    assert await stores.known_addresses.is_known("a", at=AT + DAY - timedelta(microseconds=1))
    assert not await stores.known_addresses.is_known("a", at=AT + DAY)
    assert not await stores.known_addresses.is_known("b", at=AT)


@pytest.mark.usefixtures("two_users")
async def test_a_digest_that_is_remembered_again_lasts_longer(stores):
    await remember(stores, "a")
    await remember(stores, "a", until=AT + 2 * DAY)
    assert await stores.known_addresses.is_known("a", at=AT + DAY)


@pytest.mark.usefixtures("two_users")
async def test_of_too_many_those_that_expire_first_are_forgotten(stores):
    await remember(stores, "of bob", user=2)
    for day, digest in enumerate("abc", 1):
        await remember(stores, digest, until=AT + day * DAY)
    await remember(stores, "a", until=AT + 4 * DAY)
    await remember(stores, "d", until=AT + 5 * DAY)
    known = [await stores.known_addresses.is_known(digest, at=AT) for digest in "abcd"]
    assert known == [True, False, True, True]
    assert await stores.known_addresses.is_known("of bob", at=AT)


@pytest.mark.usefixtures("two_users")
async def test_expired_digests_take_no_room(stores):
    for digest in "abc":
        await remember(stores, digest)
    await remember(stores, "d", at=AT + DAY, until=AT + 2 * DAY, most=1)
    assert await stores.known_addresses.is_known("d", at=AT + DAY)
    assert not await stores.known_addresses.is_known("a", at=AT)


@pytest.mark.usefixtures("two_users")
async def test_of_many_at_once_no_more_are_kept_than_the_bound(stores):
    await asyncio.gather(*(remember(stores, f"{number % 6}") for number in range(12)))
    known = [await stores.known_addresses.is_known(f"{number}", at=AT) for number in range(6)]
    assert known.count(True) == 3
