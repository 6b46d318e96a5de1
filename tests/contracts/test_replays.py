"""The contract of `ReplayBook`."""

import asyncio

import pytest

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused

ONE, OTHER = 1, 2
DAY_S = 24 * 3600


async def test_the_first_goes_on_and_the_second_gets_its_answer(stores):
    assert await stores.replays.begin(ONE, "k", fingerprint="f") is None
    await stores.replays.keep(ONE, "k", answer=b'{"\xc3\xa4":1}\x00')
    assert await stores.replays.begin(ONE, "k", fingerprint="f") == b'{"\xc3\xa4":1}\x00'


async def test_an_empty_answer_is_an_answer(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    await stores.replays.keep(ONE, "k", answer=b"")
    assert await stores.replays.begin(ONE, "k", fingerprint="f") == b""


async def test_while_the_first_goes_on_the_second_waits(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    with pytest.raises(IdempotencyInProgress):
        await stores.replays.begin(ONE, "k", fingerprint="f")


async def test_another_request_with_the_key_is_refused(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    with pytest.raises(IdempotencyKeyReused):
        await stores.replays.begin(ONE, "k", fingerprint="g")
    await stores.replays.keep(ONE, "k", answer=b"a")
    with pytest.raises(IdempotencyKeyReused):
        await stores.replays.begin(ONE, "k", fingerprint="g")


async def test_keys_belong_to_their_owners(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    assert await stores.replays.begin(OTHER, "k", fingerprint="g") is None
    assert await stores.replays.begin(ONE, "K", fingerprint="g") is None


async def test_of_many_at_once_one_goes_on(stores):
    tries = (stores.replays.begin(ONE, "k", fingerprint="f") for _ in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, IdempotencyInProgress) for result in results) == 19


async def test_a_dropped_request_may_be_tried_again(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    await stores.replays.drop(ONE, "k")
    assert await stores.replays.begin(ONE, "k", fingerprint="g") is None


async def test_an_answer_once_kept_is_not_dropped(stores):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    await stores.replays.keep(ONE, "k", answer=b"a")
    await stores.replays.drop(ONE, "k")
    assert await stores.replays.begin(ONE, "k", fingerprint="f") == b"a"


async def test_what_nobody_began_is_neither_kept_nor_dropped(stores):
    await stores.replays.keep(ONE, "k", answer=b"a")
    await stores.replays.drop(ONE, "k")
    assert await stores.replays.begin(ONE, "k", fingerprint="f") is None


async def test_a_first_that_died_is_forgotten_after_a_minute(stores, clock):
    await stores.replays.begin(ONE, "k", fingerprint="f")
    clock.turn(59)
    with pytest.raises(IdempotencyInProgress):
        await stores.replays.begin(ONE, "k", fingerprint="f")
    clock.turn(1)
    assert await stores.replays.begin(ONE, "k", fingerprint="g") is None


async def test_an_answer_is_kept_for_a_day(stores, clock):
    for key in ("j", "k"):
        await stores.replays.begin(ONE, key, fingerprint="f")
        await stores.replays.keep(ONE, key, answer=b"a")
    clock.turn(DAY_S - 1)
    assert await stores.replays.begin(ONE, "k", fingerprint="f") == b"a"
    clock.turn(1)
    assert await stores.replays.begin(ONE, "k", fingerprint="g") is None
    await stores.replays.keep(ONE, "k", answer=b"b")
    assert await stores.replays.begin(ONE, "j", fingerprint="h") is None
    assert await stores.replays.begin(ONE, "k", fingerprint="g") == b"b"
