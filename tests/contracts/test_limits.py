"""The contract of `RateLimiter`."""

import asyncio
from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.shared import REDIS, over_redis

from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.domain.quotas import LimitName, RequestRateLimits

AGENT, GENERAL, WEBSOCKET = LimitName.AGENT, LimitName.GENERAL, LimitName.WEBSOCKET
RATES = RequestRateLimits(agent=3, general=2, websocket=0)


@pytest.fixture(params=["local", REDIS])
async def limiter(request, clock):
    if request.param == "local":
        yield LocalRateLimiter(RATES, clock=clock)
        return
    url = request.getfixturevalue("redis_url")
    async with over_redis(url, clock=clock, rates=RATES) as (shared, _):
        yield shared.limiter


async def test_as_many_as_the_limit_are_admitted(limiter):
    said = [await limiter.admit(AGENT, "k") for _ in range(5)]
    assert [one.allowed for one in said] == [True, True, True, False, False]
    assert [one.remaining for one in said] == [2, 1, 0, 0, 0]
    assert {one.limit for one in said} == {3}


async def test_many_at_once_are_not_more(limiter):
    said = await asyncio.gather(*(limiter.admit(AGENT, "k") for _ in range(50)))
    assert sum(one.allowed for one in said) == 3


async def test_keys_and_names_are_counted_apart(limiter):
    for _ in range(2):
        assert (await limiter.admit(GENERAL, "k")).allowed
    assert not (await limiter.admit(GENERAL, "k")).allowed
    assert (await limiter.admit(GENERAL, "j")).allowed
    assert (await limiter.admit(AGENT, "k")).allowed


async def test_the_window_slides_with_each_request(limiter, clock):
    await limiter.admit(GENERAL, "k")
    clock.turn(40)
    await limiter.admit(GENERAL, "k")
    clock.turn(21)
    assert (await limiter.admit(GENERAL, "k")).allowed
    assert not (await limiter.admit(GENERAL, "k")).allowed


async def test_what_is_refused_is_not_counted(limiter, clock):
    for _ in range(2):
        await limiter.admit(GENERAL, "k")
    for _ in range(6):
        clock.turn(10)
        assert not (await limiter.admit(GENERAL, "k")).allowed
    clock.turn(1)
    assert (await limiter.admit(GENERAL, "k")).allowed


async def test_a_refusal_says_when_to_come_back_and_that_is_true(limiter, clock):
    assert (await limiter.admit(GENERAL, "k")).retry_after_s == 0
    clock.turn(12.5)
    assert (await limiter.admit(GENERAL, "k")).retry_after_s == 48
    refused = await limiter.admit(GENERAL, "k")
    clock.turn(refused.retry_after_s - 1)
    assert not (await limiter.admit(GENERAL, "k")).allowed
    clock.turn(1)
    assert (await limiter.admit(GENERAL, "k")).allowed


async def test_the_reset_is_when_all_room_is_back_in_unix_seconds(limiter, clock):
    now_s = int(clock.now().timestamp())
    assert (await limiter.admit(GENERAL, "k")).reset_at_s == now_s + 60
    clock.turn(10)
    assert (await limiter.admit(GENERAL, "k")).reset_at_s == now_s + 70
    assert (await limiter.admit(GENERAL, "k")).reset_at_s == now_s + 70


async def test_a_limit_of_zero_is_none(limiter):
    said = [await limiter.admit(WEBSOCKET, "k") for _ in range(100)]
    assert all(one.allowed and one.retry_after_s == 0 for one in said)


async def test_the_live_limits_are_published(limiter):
    published = limiter.published()
    given = {"authentication": 5, "agent": 3, "websocket": 0, "general": 2}
    assert published == {**given, "simulate": 60, "ingest": 600}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 70)), max_size=40))
def test_no_minute_admits_more_than_the_limit_and_none_is_refused_below_it(clock_type, steps):
    clock = clock_type()
    limiter = LocalRateLimiter(RATES, clock=clock)
    admitted = {key: deque[float]() for key in "ab"}

    async def run() -> None:
        for key, wait_s in steps:
            clock.turn(wait_s)
            now_s = clock.monotonic_s()
            recent = sum(now_s - at_s <= 60 for at_s in admitted[key])
            said = await limiter.admit(AGENT, key)
            assert said.allowed is (recent < 3)
            if said.allowed:
                admitted[key].append(now_s)

    asyncio.run(run())
