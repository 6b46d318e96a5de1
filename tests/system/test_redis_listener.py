"""The listener on what processes publish: whatever breaks under it, it says so and hears again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from tests.contracts.shared import PATIENCE_S, Reported
from tests.servers.process import HOST
from tests.servers.proxy import proxied
from tests.waiting import happens, until

from netra.adapters.local.clock import SystemClock
from netra.adapters.redis.link import ANSWER_S, Away, RedisLink
from netra.adapters.redis.listener import RedisListener

pytestmark = pytest.mark.system

TOO_MUCH = "x" * (32 << 20)  # more than sockets and a proxy hold: whoever sends it waits


@dataclass
class Ear:
    """One listener, and what it heard."""

    link: RedisLink
    listener: RedisListener
    incidents: Reported
    heard: list[bytes] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)  # what its hearer raises, one a message

    async def hear(self, message: bytes) -> None:
        self.heard.append(message)
        if self.faults:
            raise self.faults.pop()

    async def hears_again(self) -> None:
        """Return once what is published arrives."""
        before = len(self.heard)

        async def has_heard() -> bool:
            with suppress(Away):
                await self.link.publish("news", b"again")
            return len(self.heard) > before

        await until(has_heard, "what is published")


@asynccontextmanager
async def listening(port: int, *, answer_s: float = ANSWER_S) -> AsyncGenerator[Ear]:
    """Run a listener that has found its Redis."""
    incidents = Reported()
    url = f"redis://{HOST}:{port}/0"
    link = RedisLink(url, clock=SystemClock(), incidents=incidents, prefix="test", answer_s=answer_s)
    ear = Ear(link, RedisListener(link, clock=SystemClock(), incidents=incidents), incidents)
    ear.listener.expect("news", ear.hear)
    running = asyncio.create_task(ear.listener.run())
    try:
        await becomes(ear, connected=True)
        yield ear
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await link.close()


async def becomes(ear: Ear, *, connected: bool) -> None:
    state = "connected" if connected else "disconnected"
    await until(lambda: ear.listener.is_connected is connected, f"a listener that is {state}", pause_s=0.01)


async def test_a_hearer_that_raises_is_an_incident_and_not_the_end_of_listening(own_redis):
    async with listening(own_redis.port) as ear:
        ear.faults.append(RuntimeError("a defect"))
        await ear.hears_again()
        await ear.hears_again()
        assert [str(error) for error in ear.incidents.errors] == ["a defect"]


async def test_a_line_that_breaks_while_others_begin_to_listen_is_one_loss_and_no_defect(own_redis):
    async with proxied(own_redis.port) as far, listening(far.port) as ear:
        for turn in range(5):
            far.latency_s = 0.05  # so that connecting anew takes as long as whoever asks meanwhile
            far.reset()
            for step in range(5):
                await asyncio.sleep(0.01)  # at any moment of it
                await asyncio.gather(
                    *(ear.listener.subscribe(f"{turn} {step} {n}", ear.hear) for n in range(3))
                )
            far.latency_s = 0.0
            await ear.hears_again()
        assert not ear.incidents.errors


async def test_a_proxy_that_accepts_and_says_nothing_is_no_connection(own_redis):
    async with proxied(own_redis.port) as far, listening(far.port) as ear:
        far.reset()
        far.hold()
        await becomes(ear, connected=False)
        await asyncio.sleep(2 * ANSWER_S)  # the fault itself: it connects meanwhile, and hears nothing
        assert not ear.listener.is_connected
        far.release()
        await ear.hears_again()


async def test_a_line_that_falls_silent_is_noticed(own_redis):
    async with proxied(own_redis.port) as far, listening(far.port) as ear:
        far.hold()
        await becomes(ear, connected=False)
        far.release()
        await ear.hears_again()


async def test_who_waited_for_a_line_that_is_gone_does_without_and_takes_no_other(own_redis):
    async with proxied(own_redis.port) as far, listening(far.port, answer_s=PATIENCE_S) as ear:
        far.hold()
        first = asyncio.create_task(ear.listener.unsubscribe(TOO_MUCH))
        await asyncio.sleep(0.1)  # its words fill the line, and the others wait for them to be gone
        others = [asyncio.create_task(ear.listener.unsubscribe("news"))]
        others += [asyncio.create_task(ear.listener.subscribe(f"channel {n}", ear.hear)) for n in range(5)]
        await asyncio.sleep(0.1)
        far.reset()
        far.release()
        await happens(asyncio.gather(first, *others), "the end of all questions on the broken line")
        await becomes(ear, connected=True)
        assert far.connections == 1, "the listener's own"
