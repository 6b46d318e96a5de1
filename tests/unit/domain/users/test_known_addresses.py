"""From where an account is known."""

from typing import Any

import pytest

from netra.adapters.memory.known_addresses import MemoryKnownAddressStore
from netra.domain.users.known_addresses import KNOWN_LIFETIME, KNOWN_PER_USER_MAX, KnownAddressService
from netra.domain.users.model import AddUser, User
from netra.domain.users.service import UserService


@pytest.fixture
def known(house: Any) -> KnownAddressService:
    return KnownAddressService(store=MemoryKnownAddressStore(), clock=house.clock)


@pytest.fixture
async def ada(users: UserService) -> User:
    return await users.add(AddUser(email="ada@example.com", name="Ada"))


async def test_an_address_is_known_to_the_account_that_signed_in_from_it(
    known: KnownAddressService, ada: User
) -> None:
    await known.remember(ada, "192.0.2.1")
    assert await known.is_known(" ADA@example.com", "192.0.2.1")
    assert await known.is_known("ada@example.com", "::ffff:192.0.2.1")
    assert not await known.is_known("ada@example.com", "192.0.2.2")
    assert not await known.is_known("bob@example.com", "192.0.2.1")


async def test_an_ipv6_address_makes_its_whole_64_known(known: KnownAddressService, ada: User) -> None:
    await known.remember(ada, "2001:db8:1:2::1")
    assert await known.is_known("ada@example.com", "2001:db8:1:2:ffff::9")
    assert not await known.is_known("ada@example.com", "2001:db8:1:3::1")


async def test_an_address_is_forgotten_after_its_lifetime_or_beyond_the_bound(
    house: Any, known: KnownAddressService, ada: User
) -> None:
    for number in range(KNOWN_PER_USER_MAX + 1):
        await known.remember(ada, f"192.0.2.{number}")
        house.clock.turn(1)
    assert not await known.is_known("ada@example.com", "192.0.2.0")
    assert await known.is_known("ada@example.com", "192.0.2.1")
    house.clock.turn(KNOWN_LIFETIME.total_seconds())
    assert not await known.is_known("ada@example.com", f"192.0.2.{KNOWN_PER_USER_MAX}")
