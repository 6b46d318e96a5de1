"""The contract of `RunBell`."""

import asyncio

import pytest
from tests.contracts.shared import REDIS, over_redis

from netra.adapters.local.bell import LocalRunBell

LONG_S = 3_600.0  # above what a test may take: who waits that long fails it


@pytest.fixture(params=["local", REDIS])
async def bell(request):
    if request.param == "local":
        yield LocalRunBell()
        return
    async with over_redis(request.getfixturevalue("redis_url")) as (shared, _):
        yield shared.bell


async def rings(bell: LocalRunBell) -> bool:
    """Return whether a wait is over as soon as it begins."""
    waiting = asyncio.create_task(bell.wait(timeout_s=LONG_S))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    is_over = waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    return is_over


async def test_a_ring_wakes_who_waits(bell):
    waiting = asyncio.create_task(bell.wait(timeout_s=LONG_S))
    await asyncio.sleep(0)
    assert not waiting.done()
    await bell.notify()
    await waiting


async def test_a_ring_that_nobody_heard_is_heard_by_the_next(bell):
    await bell.notify()
    await bell.notify()
    assert await rings(bell)
    assert not await rings(bell)


async def test_silence_ends_with_the_time_out(bell):
    await bell.wait(timeout_s=0)
    assert not await rings(bell)
