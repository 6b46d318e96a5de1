"""What processes ask of Redis at once goes together, and whoever publishes waits for no answer."""

import asyncio
from datetime import UTC, datetime

import pytest
import redis
from tests.contracts.shared import over_redis
from tests.servers.redis_server import RedisServer

from netra.domain.quotas import LimitName, RequestRateLimits
from netra.domain.runs.events import EventKind, RunEvent

GENERAL = LimitName.GENERAL
AT = datetime(2024, 3, 1, tzinfo=UTC)


def event(seq: int, *, run_id: str = "run-1") -> RunEvent:
    return RunEvent(run_id=run_id, seq=seq, kind=EventKind.UPDATE, at=AT, data=b"{}")


def calls_of(server: RedisServer, command: str) -> int:
    with redis.Redis.from_url(server.url) as client:
        return client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]


@pytest.mark.system
async def test_admissions_at_once_share_a_trip_and_each_gets_its_own_answer(own_redis):
    async with over_redis(own_redis.url, rates=RequestRateLimits(general=3)) as (shared, _):
        await shared.limiter.admit(GENERAL, "first")  # the script is there
        before = calls_of(own_redis, "evalsha")
        keys = [f"key-{number % 8}" for number in range(40)]
        said = await asyncio.gather(*(shared.limiter.admit(GENERAL, key) for key in keys))
        assert calls_of(own_redis, "evalsha") - before == 1
        for key in set(keys):
            own = [one for asked, one in zip(keys, said, strict=True) if asked == key]
            assert [one.allowed for one in own] == [True, True, True, False, False]
            assert [one.remaining for one in own] == [2, 1, 0, 0, 0]


@pytest.mark.system
async def test_who_leaves_before_the_answer_takes_nobody_elses(own_redis):
    async with over_redis(own_redis.url, rates=RequestRateLimits(general=3)) as (shared, _):
        leaving = asyncio.create_task(shared.limiter.admit(GENERAL, "gone"))
        staying = asyncio.create_task(shared.limiter.admit(GENERAL, "here"))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await asyncio.wait_for(staying, 10)).remaining == 2
        assert leaving.cancelled()


@pytest.mark.system
async def test_publishing_waits_for_no_answer_and_what_waited_arrives_in_order(own_redis):
    async with (
        over_redis(own_redis.url, prefix="trips") as (one, _),
        over_redis(own_redis.url, prefix="trips") as (other, _),
        other.feed.subscribe("run-1") as reader,
    ):
        before = calls_of(own_redis, "publish")
        own_redis.pause()
        try:
            async with asyncio.timeout(10):  # a third of the time that Redis has here
                for seq in range(1, 201):
                    await one.feed.publish([event(seq)])
        finally:
            own_redis.resume()
        heard: list[int] = []
        while len(heard) < 200:
            more = await reader.next(timeout_s=10)
            assert more
            heard += [some.seq for some in more]
        assert heard == list(range(1, 201))
        assert calls_of(own_redis, "publish") - before == 200


@pytest.mark.system
async def test_what_is_published_last_is_out_before_the_process_is(own_redis):
    async with (
        over_redis(own_redis.url, prefix="last") as (other, _),
        other.feed.subscribe("run-1") as reader,
    ):
        async with over_redis(own_redis.url, prefix="last") as (one, _):
            await one.feed.publish([event(1)])
        assert [some.seq for some in await reader.next(timeout_s=10)] == [1]
