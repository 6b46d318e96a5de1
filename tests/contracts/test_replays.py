"""The contract of `ReplayBook`."""

import asyncio

import pytest

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from netra.domain.idempotency import KeyEntry

ONE, OTHER = 1, 2
MINUTE_S, DAY_S = 60, 24 * 3600


async def begun(stores, key: str = "k", *, fingerprint: str = "f", owner: int = ONE) -> KeyEntry:
    """Begin a try that goes on."""
    entry = await stores.replays.begin(owner, key, fingerprint=fingerprint)
    assert entry.answer is None
    return entry


async def answer(stores, key: str = "k") -> bytes | None:
    return (await stores.replays.begin(ONE, key, fingerprint="f")).answer


async def test_the_first_goes_on_and_the_second_gets_its_answer(stores):
    first = await begun(stores)
    await stores.replays.keep(ONE, "k", first, answer=b'{"\xc3\xa4":1}\x00')
    assert await answer(stores) == b'{"\xc3\xa4":1}\x00'


async def test_an_empty_answer_is_an_answer(stores):
    await stores.replays.keep(ONE, "k", await begun(stores), answer=b"")
    assert await answer(stores) == b""


async def test_while_the_first_goes_on_the_second_waits(stores):
    await begun(stores)
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)


async def test_another_request_with_the_key_is_refused(stores):
    first = await begun(stores)
    with pytest.raises(IdempotencyKeyReused):
        await begun(stores, fingerprint="g")
    await stores.replays.keep(ONE, "k", first, answer=b"a")
    with pytest.raises(IdempotencyKeyReused):
        await begun(stores, fingerprint="g")


async def test_keys_belong_to_their_owners(stores):
    await begun(stores)
    await begun(stores, owner=OTHER, fingerprint="g")
    await begun(stores, "K", fingerprint="g")


async def test_of_many_at_once_one_goes_on(stores):
    results = await asyncio.gather(*(begun(stores) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(result, KeyEntry) for result in results) == 1
    assert sum(isinstance(result, IdempotencyInProgress) for result in results) == 19


async def test_after_a_try_that_was_let_go_another_of_the_same_request_goes_on(stores, clock):
    first = await begun(stores)
    await stores.replays.let_go(ONE, "k", first)
    clock.turn(1)
    second = await begun(stores)
    assert second.began_at == first.began_at
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)
    await stores.replays.keep(ONE, "k", second, answer=b"a")
    assert await answer(stores) == b"a"


async def test_after_a_try_that_was_let_go_the_key_may_be_of_another_request(stores, clock):
    await stores.replays.let_go(ONE, "k", await begun(stores))
    clock.turn(1)
    assert (await begun(stores, fingerprint="g")).began_at == clock.now()


async def test_an_answer_once_kept_stays(stores):
    first = await begun(stores)
    await stores.replays.keep(ONE, "k", first, answer=b"a")
    await stores.replays.let_go(ONE, "k", first)
    await stores.replays.keep(ONE, "k", first, answer=b"b")
    assert await answer(stores) == b"a"


async def test_what_nobody_began_is_neither_kept_nor_let_go(stores):
    other = await begun(stores, "other")
    await stores.replays.keep(ONE, "k", other, answer=b"a")
    await stores.replays.let_go(ONE, "k", other)
    await begun(stores)


async def test_a_first_that_died_is_followed_after_a_minute(stores, clock):
    first = await begun(stores)
    clock.turn(MINUTE_S - 1)
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)
    clock.turn(1)
    second = await begun(stores)
    assert second.began_at == first.began_at
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)


async def test_a_first_that_was_thought_dead_keeps_its_answer_and_does_not_end_the_second(stores, clock):
    first = await begun(stores)
    clock.turn(MINUTE_S)
    second = await begun(stores)
    await stores.replays.let_go(ONE, "k", first)
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)
    await stores.replays.keep(ONE, "k", first, answer=b"first")
    await stores.replays.keep(ONE, "k", second, answer=b"second")
    assert await answer(stores) == b"first"


async def test_a_first_that_was_thought_dead_leaves_the_key_to_another_request(stores, clock):
    first = await begun(stores, fingerprint="g")
    clock.turn(MINUTE_S)
    second = await begun(stores)
    await stores.replays.keep(ONE, "k", first, answer=b"first")
    await stores.replays.let_go(ONE, "k", first)
    with pytest.raises(IdempotencyInProgress):
        await begun(stores)
    await stores.replays.keep(ONE, "k", second, answer=b"second")
    assert await answer(stores) == b"second"


async def test_an_answer_is_kept_for_a_day(stores, clock):
    for key in ("j", "k"):
        await stores.replays.keep(ONE, key, await begun(stores, key), answer=b"a")
    clock.turn(DAY_S - 1)
    assert await answer(stores) == b"a"
    clock.turn(1)
    await stores.replays.keep(ONE, "k", await begun(stores), answer=b"b")
    await begun(stores, "j", fingerprint="h")
    assert await answer(stores) == b"b"
