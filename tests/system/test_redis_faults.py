"""Several processes over one Redis that is killed, flushed, frozen and cut off under them."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
import redis.asyncio
import uvloop
from tests.contracts.shared import PATIENCE_S, local, over_redis
from tests.servers.process import HOST
from tests.servers.proxy import proxied
from tests.waiting import happens, until

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.redis.connection import Shared
from netra.adapters.redis.link import ANSWER_S
from netra.domain.errors import Unavailable
from netra.domain.ids import SessionId, UserId
from netra.domain.quotas import LimitName, RequestRateLimits
from netra.domain.runs.events import EventKind, RunEvent
from netra.domain.users.model import Principal, UserSession
from netra.ports.clock import Clock

pytestmark = pytest.mark.system

GENERAL = LimitName.GENERAL
RATES = RequestRateLimits(general=10)
AT = datetime(2024, 3, 1, tzinfo=UTC)
SESSION = UserSession(id="ses-1", user_id=1, created_at=AT, expires_at=AT + timedelta(days=1))
PRINCIPAL = Principal(user_id=1, session_id="ses-1", expires_at=AT + timedelta(hours=1))
SOON_S = 0.25
STALL_S = 2.0  # for how long a busy machine may leave a process alone


@asynccontextmanager
async def two_processes(
    url: str,
    *,
    ports: tuple[int, int] | None = None,
    clock: Clock | None = None,
    answer_s: float = ANSWER_S,
    prefix: str | None = None,
) -> AsyncGenerator[list[Shared]]:
    """Open what two processes share; `ports` are theirs when they come by proxies.

    A stepped `clock` rehearses minutes, and when Redis is tried again.
    """
    prefix = prefix or f"test-{uuid4().hex}"
    behind = local(SystemClock())  # sessions are one store, whatever the process
    async with AsyncExitStack() as stack:
        opened = []
        for number in range(2):
            address = url if ports is None else f"redis://{HOST}:{ports[number]}/0"
            stand_ins = local(clock or SystemClock(), rates=RATES)
            stand_ins = replace(stand_ins, sessions=behind.sessions)
            shared, _ = await stack.enter_async_context(
                over_redis(
                    address,
                    clock=clock,
                    prefix=prefix,
                    stand_ins=stand_ins,
                    answer_s=answer_s,
                )
            )
            opened.append(shared)
        yield opened


def event(seq: int, *, data: bytes = b"{}") -> RunEvent:
    return RunEvent(run_id="run-1", seq=seq, kind=EventKind.UPDATE, at=AT, data=data)


async def carries(one: Shared, other: Shared, *, within_s: float = SOON_S) -> bool:
    """Return whether an event comes from one process to the other."""
    async with other.feed.subscribe("run-1") as reader:
        await one.feed.publish([event(1)])
        return bool(await reader.next(timeout_s=within_s))


async def is_one_window(one: Shared, other: Shared) -> bool:
    """Return whether both processes count together."""
    key = uuid4().hex
    said = [await shared.limiter.admit(GENERAL, key) for shared in (one, other)]
    return [admission.remaining for admission in said] == [9, 8]


async def test_processes_share_events_bells_tickets_limits_and_endings(redis_url):
    async with two_processes(redis_url, answer_s=PATIENCE_S) as (one, other):
        assert await carries(one, other, within_s=PATIENCE_S)
        assert await is_one_window(one, other)
        waiting = asyncio.create_task(other.bell.wait(timeout_s=2 * PATIENCE_S))
        await one.bell.notify()
        await happens(waiting, "the ring of a bell")
        ticket = await one.tickets.issue(PRINCIPAL)
        found = await asyncio.gather(*(shared.tickets.redeem(ticket) for shared in (one, other) * 5))
        assert found.count(PRINCIPAL) == 1


async def test_a_session_is_dead_in_every_process_from_the_moment_its_end_returns(redis_url):
    async with two_processes(redis_url) as (one, other):

        async def lives_and_ends(number: int) -> None:
            name = f"ses-{number}"
            await one.sessions.add(msgspec.structs.replace(SESSION, id=name, user_id=number))
            reading = [
                asyncio.create_task(other.sessions.is_live(name, user_id=number, at=AT)) for _ in range(20)
            ]
            assert await other.sessions.is_live(name, user_id=number, at=AT)
            if number % 2:
                await one.sessions.end_all(number, at=AT)
            else:
                await one.sessions.end(name, at=AT)
            assert not await other.sessions.is_live(name, user_id=number, at=AT)
            await asyncio.gather(*reading)
            assert not await other.sessions.is_live(name, user_id=number, at=AT)

        for first in range(0, 50, 10):
            await asyncio.gather(*(lives_and_ends(number) for number in range(first, first + 10)))


class Asked(MemorySessionStore):
    """Sessions in memory, and how often one of them was asked for."""

    times = 0

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        self.times += 1
        return await super().is_live(session_id, user_id=user_id, at=at)


async def test_a_process_that_hears_asks_the_store_of_a_session_only_now_and_then(redis_url):
    asked = Asked(MemoryUserStore())
    await asked.add(SESSION)
    stand_ins = replace(local(SystemClock()), sessions=asked)
    async with over_redis(redis_url, stand_ins=stand_ins) as (shared, _):

        async def is_remembered() -> bool:
            before = asked.times
            return await shared.sessions.is_live("ses-1", user_id=1, at=AT) and asked.times == before

        await until(is_remembered, "a session that is remembered")


async def test_an_end_that_others_cannot_hear_of_waits_until_they_have_forgotten(own_redis):
    async with (
        proxied(own_redis.port) as near,
        proxied(own_redis.port) as far,
        two_processes(own_redis.url, ports=(near.port, far.port)) as (one, other),
    ):
        await one.sessions.add(SESSION)
        assert await other.sessions.is_live("ses-1", user_id=1, at=AT)
        near.hold()  # the one who ends it cannot reach Redis, the other can
        await one.sessions.end("ses-1", at=AT)
        assert not await other.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_an_end_reaches_a_process_that_redis_has_given_up_and_that_does_not_know_it(own_redis):
    async with (
        proxied(own_redis.port) as far,
        two_processes(own_redis.url, ports=(own_redis.port, far.port)) as (one, other),
        redis.asyncio.Redis.from_url(own_redis.url) as client,
    ):
        await one.sessions.add(SESSION)
        await until(lambda: carries(one, other), "an event from one to the other")
        assert await other.sessions.is_live("ses-1", user_id=1, at=AT)
        far.hold()
        await client.client_kill_filter(_type="pubsub")
        await one.sessions.end("ses-1", at=AT)
        assert not await other.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_a_flush_revives_no_session(own_redis):
    async with two_processes(own_redis.url) as (one, other):
        await one.sessions.add(SESSION)
        await one.sessions.end("ses-1", at=AT)
        own_redis.flush()
        assert not await other.sessions.is_live("ses-1", user_id=1, at=AT)


async def admitted(*asked: Shared, times: int = 1) -> int:
    """Return how many of some questions of one key, in turn, are admitted."""
    said = [await shared.limiter.admit(GENERAL, "k") for shared in asked * times]
    return sum(one.allowed for one in said)


@pytest.mark.parametrize("fault", ["flush", "restart"])
async def test_after_redis_lost_its_memory_one_window_admits_the_limit_once_more(own_redis, clock, fault):
    async with two_processes(own_redis.url, clock=clock, answer_s=PATIENCE_S) as (one, other):
        assert await admitted(one, other, times=10) == 10
        if fault == "flush":
            own_redis.flush()
        else:
            own_redis.kill()
            own_redis.start()
            clock.turn(2)  # in case the loss opened a circuit
        assert await admitted(one, other, times=10) == 10
        clock.turn(61)
        assert await admitted(other, one, times=10) == 10


async def test_a_flush_of_the_scripts_alone_costs_no_decision(own_redis, clock):
    async with (
        two_processes(own_redis.url, clock=clock, answer_s=PATIENCE_S) as (one, other),
        redis.asyncio.Redis.from_url(own_redis.url) as client,
    ):
        assert await admitted(one, other, times=2) == 4
        for _ in range(20):
            asked = [asyncio.create_task(admitted(each)) for each in (one, other)]
            await client.script_flush()
            await asyncio.gather(*asked)
        assert (await one.limiter.admit(GENERAL, "k")).retry_after_s == 61
        clock.turn(61)
        assert await admitted(one, other, times=10) == 10


async def test_in_a_silence_each_process_admits_up_to_the_limit_and_redis_forgets_nothing(own_redis, clock):
    async with two_processes(own_redis.url, clock=clock, answer_s=STALL_S) as (one, other):
        assert await admitted(one, other, times=3) == 6
        own_redis.pause()
        assert await admitted(one, other, times=20) == 14
        own_redis.resume()
        clock.turn(2)
        assert await admitted(one, other, times=20) <= 4


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_a_request_repeated_over_a_new_connection_counts_once(own_redis, clock, fault):
    async with (
        proxied(own_redis.port) as near,
        proxied(own_redis.port) as far,
        two_processes(own_redis.url, ports=(near.port, far.port), clock=clock, answer_s=STALL_S) as (
            one,
            other,
        ),
    ):
        assert await admitted(one, other, times=2) == 4
        if fault == "reset":
            near.reset()
        else:
            near.cut_after = 3
        assert await admitted(one, other) == 2
        assert await admitted(one, other, times=10) == 4


async def test_a_server_clock_that_was_set_back_refuses_for_two_windows_at_most(own_redis, clock):
    async with over_redis(own_redis.url, clock=clock, rates=RATES) as (shared, _):
        for back_s in (59, 3_600):
            clock.turn(61)
            assert await admitted(shared, times=20) == 10
            clock.turn(-back_s)
            clock.turn(121)
            assert await admitted(shared, times=20) == 10


async def test_the_keys_of_a_quiet_minute_expire(own_redis):
    async with (
        over_redis(own_redis.url, prefix="expiry", rates=RATES) as (shared, _),
        redis.asyncio.Redis.from_url(own_redis.url) as client,
    ):
        for number in range(20):
            await shared.limiter.admit(GENERAL, f"{number}@example.com")
        keys = await client.keys("expiry:*")
        assert len(keys) == 20
        for key in keys:
            assert 0 < await client.pttl(key) <= 61_000


@pytest.mark.long(25)
async def test_the_window_is_exact_from_one_flush_to_the_next(own_redis, clock):
    rng = random.Random(4)  # noqa: S311  # a seed is to be repeated, not to be unguessable
    recent: deque[float] = deque()
    async with two_processes(own_redis.url, clock=clock, answer_s=PATIENCE_S) as both:
        for step in range(400):
            if rng.random() < 0.03:
                own_redis.flush()
                recent.clear()
            clock.turn(rng.choice([0, 0, 0.5, 7]))
            now_s = clock.monotonic_s()
            while recent and now_s - recent[0] > 60:
                recent.popleft()
            said = await rng.choice(both).limiter.admit(GENERAL, "k")
            assert said.allowed is (len(recent) < RATES.general), step
            if said.allowed:
                recent.append(now_s)


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_the_time_in_which_the_process_stood_still_is_none_that_redis_took(redis_url, new_loop):
    async def standing_still() -> bool:
        async with two_processes(redis_url) as (one, other):
            assert await admitted(one, times=10) == 10
            asking = asyncio.create_task(admitted(other))
            await asyncio.sleep(0)  # so that it waits to be sent
            time.sleep(1.5 * ANSWER_S)  # noqa: ASYNC251  # the fault itself
            return await asking == 0

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(standing_still()), "it decided alone"


@pytest.mark.parametrize("fault", ["kill", "pause"])
async def test_without_redis_each_process_decides(own_redis, fault):
    async with two_processes(own_redis.url) as (one, other):
        for _ in range(5):
            await one.limiter.admit(GENERAL, "k")
        getattr(own_redis, fault)()
        said = [(await one.limiter.admit(GENERAL, "k")).allowed for _ in range(10)]
        assert said == [True] * 5 + [False] * 5
        async with one.feed.subscribe("run-1") as reader:
            await one.feed.publish([event(1)])
            assert [found.seq for found in await reader.next(timeout_s=0)] == [1]
        await one.bell.notify()
        await happens(one.bell.wait(timeout_s=3_600), "the ring of one's own bell")
        ticket = await one.tickets.issue(PRINCIPAL)
        assert await one.tickets.redeem(ticket) == PRINCIPAL
        if fault == "pause":
            own_redis.resume()
        else:
            own_redis.start()
        await until(lambda: carries(one, other), "an event from one to the other")
        await until(lambda: carries(other, one), "an event from the other to one")
        await until(lambda: is_one_window(one, other), "one window of both")


async def test_who_begins_to_listen_while_redis_is_known_to_be_silent_is_not_held_up(own_redis, clock):
    async with two_processes(own_redis.url, clock=clock) as (one, other):
        own_redis.pause()
        await one.limiter.admit(GENERAL, "k")  # finds out
        async with one.feed.subscribe("run-1") as reader:
            await one.feed.publish([event(1)])
            assert [found.seq for found in await reader.next(timeout_s=0)] == [1]
            own_redis.resume()

        async def carries_as_time_goes_by() -> bool:
            await clock.step(2)  # who took the silence for death meanwhile tries again by this clock
            return await carries(other, one)

        await until(carries_as_time_goes_by, "an event from the other to one")


async def test_a_half_open_connection_is_noticed_and_mended(own_redis):
    async with (
        proxied(own_redis.port) as near,
        proxied(own_redis.port) as far,
        two_processes(own_redis.url, ports=(near.port, far.port)) as (one, other),
    ):
        await until(lambda: carries(one, other), "an event from one to the other")
        far.hold()
        admitted = [(await other.limiter.admit(GENERAL, "k")).allowed for _ in range(3)]
        assert admitted == [True] * 3
        await asyncio.sleep(3)  # the fault itself: long enough for the subscriber to take silence for death
        far.release()
        await until(lambda: carries(one, other), "an event from one to the other")
        await until(lambda: is_one_window(one, other), "one window of both")


async def test_a_reset_and_an_answer_cut_in_two_cost_one_decision_at_most(own_redis):
    async with (
        proxied(own_redis.port) as near,
        proxied(own_redis.port) as far,
        two_processes(own_redis.url, ports=(near.port, far.port)) as (one, other),
    ):
        near.reset()
        await until(lambda: is_one_window(one, other), "one window of both")
        near.cut_after = 3
        assert (await one.limiter.admit(GENERAL, "k")).allowed
        await until(lambda: is_one_window(one, other), "one window of both")
        await until(lambda: carries(other, one), "an event from the other to one")


async def test_health_says_that_redis_is_away_and_that_it_is_back(own_redis):
    async with over_redis(own_redis.url, answer_s=ANSWER_S) as (_, probe):
        await probe.check()
        own_redis.kill()
        with pytest.raises(Unavailable) as refused:
            await probe.check()
        assert str(own_redis.port) not in refused.value.message
        own_redis.start()
        await probe.check()


async def test_a_process_starts_while_redis_is_away_and_finds_it_later(own_redis):
    own_redis.kill()
    async with AsyncExitStack() as stack:
        one, other = await stack.enter_async_context(two_processes(own_redis.url))
        assert (await one.limiter.admit(GENERAL, "k")).allowed
        own_redis.start()
        await until(lambda: carries(one, other), "an event from one to the other")
