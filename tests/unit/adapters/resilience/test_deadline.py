"""Deadlines on virtual time: they expire on time, and grant a grace period after a blocked event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.faults.virtual import VirtualLoop, run_virtually

from netra.adapters.resilience.deadline import GRACE_S, LATE_S, Deadline, timeout, timeout_at


def now_s() -> float:
    return asyncio.get_running_loop().time()


def block(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.block(seconds)


async def expired_at_s(seconds: float, *, postponed_by_s: float | None = None, block_s: float = 0.0) -> float:
    """Return when a deadline expires, after the event loop has been blocked."""
    expired = asyncio.get_running_loop().create_future()
    deadline = Deadline(seconds, lambda: expired.set_result(now_s()))
    await asyncio.sleep(0)
    if postponed_by_s is not None:
        deadline.postpone(postponed_by_s)
    block(block_s)
    at_s: float = await expired
    return at_s


@pytest.mark.parametrize(
    ("expiring", "at_s"),
    [
        pytest.param(expired_at_s(2.0), 2.0, id="on time"),
        pytest.param(expired_at_s(2.0, postponed_by_s=5.0), 5.0, id="postponed"),
        pytest.param(expired_at_s(2.0, block_s=1.9), 2.0, id="blocked before it"),
        pytest.param(expired_at_s(2.0, block_s=2.0 + LATE_S / 2), 2.0 + LATE_S / 2, id="hardly late"),
        pytest.param(expired_at_s(2.0, block_s=9.0), 9.0 + GRACE_S, id="blocked over it"),
    ],
)
def test_a_deadline_expires_on_time_or_a_grace_period_after_a_block(
    expiring: Coroutine[Any, Any, float], at_s: float
) -> None:
    assert run_virtually(expiring) == pytest.approx(at_s)


def test_a_cancelled_deadline_never_expires() -> None:
    async def outlives() -> None:
        Deadline(1.0, pytest.fail).cancel()
        await asyncio.sleep(5.0)

    run_virtually(outlives())


def test_a_block_that_takes_too_long_is_cancelled_with_a_timeout_error() -> None:
    async def waits() -> float:
        with pytest.raises(TimeoutError):
            async with timeout(1.5):
                await asyncio.sleep(60)
        return now_s()

    assert run_virtually(waits()) == pytest.approx(1.5)


def test_an_answer_that_arrived_while_the_loop_was_blocked_is_taken() -> None:
    async def is_answered() -> bool:
        answer = asyncio.get_running_loop().create_future()
        async with timeout(1.0):
            await asyncio.sleep(0)
            block(5.0)
            asyncio.get_running_loop().call_later(GRACE_S / 2, answer.set_result, True)
            return bool(await answer)

    assert run_virtually(is_answered())


def test_a_timeout_that_has_passed_expires_at_once() -> None:
    async def waits() -> float:
        await asyncio.sleep(10)
        with pytest.raises(TimeoutError):
            async with timeout_at(2.0):
                await asyncio.sleep(60)
        return now_s()

    assert run_virtually(waits()) == pytest.approx(10)


def test_a_block_in_time_leaves_no_timer_behind() -> None:
    async def in_time() -> None:
        async with timeout_at(now_s() + 1.0):
            await asyncio.sleep(0.5)
        await asyncio.sleep(5.0)

    run_virtually(in_time())


def test_a_cancelled_block_stays_cancelled() -> None:
    async def cancelled() -> None:
        async def waits() -> None:
            async with timeout(1.0):
                await asyncio.sleep(60)

        task = asyncio.create_task(waits())
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_virtually(cancelled())
