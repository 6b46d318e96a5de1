"""The contract of `OneTimeBook`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra.domain.errors import Conflict, RateLimited, Unavailable

AT = datetime(2024, 3, 1, tzinfo=UTC)
SOON = AT + timedelta(seconds=60)


async def keep(
    stores: Any,
    key: str,
    value: bytes = b"",
    *,
    client: str = "one",
    at: datetime = AT,
    until: datetime = SOON,
    most: int = 3,
    in_all: int = 100,
) -> None:
    await stores.one_time.keep(
        key, value, client=client, at=at, until=until, max_per_client=most, max_in_all=in_all
    )


async def test_a_value_is_taken_once(stores):
    await keep(stores, "a", b"\x00value")
    assert await stores.one_time.take("b", at=AT) is None
    assert await stores.one_time.take("a", at=AT) == b"\x00value"
    assert await stores.one_time.take("a", at=AT) is None


async def test_a_value_is_gone_from_the_instant_it_ends(stores):
    await keep(stores, "a", b"1")
    await keep(stores, "b", b"2")
    assert await stores.one_time.take("a", at=SOON - timedelta(microseconds=1)) == b"1"
    assert await stores.one_time.take("b", at=SOON) is None


async def test_a_key_waits_for_one_value(stores):
    await keep(stores, "a", b"1")
    with pytest.raises(Conflict):
        await keep(stores, "a", b"2")
    assert await stores.one_time.take("a", at=AT) == b"1"
    await keep(stores, "a", b"3")
    assert await stores.one_time.take("a", at=AT) == b"3"


async def test_of_many_who_take_at_once_one_gets_it(stores):
    await keep(stores, "a", b"1")
    taken = await asyncio.gather(*(stores.one_time.take("a", at=AT) for _ in range(20)))
    assert taken.count(b"1") == 1
    assert taken.count(None) == 19


async def test_expired_values_count_for_nothing(stores):
    """Values that were never taken must not stand in the way of new ones once they have expired."""
    for number in range(3):
        await keep(stores, f"old {number}")
    with pytest.raises(RateLimited):
        await keep(stores, "too many", at=SOON - timedelta(seconds=1))
    await keep(stores, "new", b"1", at=SOON, until=SOON + timedelta(seconds=60))
    assert await stores.one_time.take("new", at=SOON) == b"1"


async def test_a_client_has_its_own_share_and_is_told_when_it_is_free_again(stores):
    await keep(stores, "first", until=SOON - timedelta(seconds=20))
    await keep(stores, "second")
    await keep(stores, "third")
    with pytest.raises(RateLimited) as refused:
        await keep(stores, "fourth")
    assert refused.value.retry_after_s == 40
    await keep(stores, "of another", client="two")
    assert await stores.one_time.take("second", at=AT) == b""
    await keep(stores, "fourth")


async def test_of_many_that_one_client_keeps_at_once_its_share_is_kept(stores):
    tries = (keep(stores, f"key {number}") for number in range(12))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [RateLimited] * 9


async def test_all_clients_together_have_a_bound_that_expired_values_do_not_use_up(stores):
    for number in range(4):
        await keep(stores, f"key {number}", client=f"client {number}", in_all=4)
    with pytest.raises(Unavailable):
        await keep(stores, "one more", in_all=4)
    await keep(stores, "later", at=SOON, until=SOON + timedelta(seconds=60), in_all=4)
