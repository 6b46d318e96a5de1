"""The contract of `OneTimeBook`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import Conflict

AT = datetime(2024, 3, 1, tzinfo=UTC)
SOON = AT + timedelta(seconds=60)


async def test_a_value_is_taken_once(stores):
    await stores.one_time.keep("a", b"\x00value", until=SOON)
    assert await stores.one_time.take("b", at=AT) is None
    assert await stores.one_time.take("a", at=AT) == b"\x00value"
    assert await stores.one_time.take("a", at=AT) is None


async def test_a_value_is_gone_from_the_instant_it_ends(stores):
    await stores.one_time.keep("a", b"1", until=SOON)
    await stores.one_time.keep("b", b"2", until=SOON)
    assert await stores.one_time.take("a", at=SOON - timedelta(microseconds=1)) == b"1"
    assert await stores.one_time.take("b", at=SOON) is None


async def test_a_key_waits_for_one_value(stores):
    await stores.one_time.keep("a", b"1", until=SOON)
    with pytest.raises(Conflict):
        await stores.one_time.keep("a", b"2", until=SOON)
    assert await stores.one_time.take("a", at=AT) == b"1"
    await stores.one_time.keep("a", b"3", until=SOON)
    assert await stores.one_time.take("a", at=AT) == b"3"


async def test_of_many_who_take_at_once_one_gets_it(stores):
    await stores.one_time.keep("a", b"1", until=SOON)
    taken = await asyncio.gather(*(stores.one_time.take("a", at=AT) for _ in range(20)))
    assert taken.count(b"1") == 1
    assert taken.count(None) == 19
