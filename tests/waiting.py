"""Wait until something happens: the one loop in the tests that asks again and again.

Its upper bound is for a test that would otherwise hang. It states nothing about speed: that is `bench/`.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

PATIENCE_S = 90.0  # upper bound on any one wait, below the time a test may take; a loaded machine is slow
COMMAND_S = 180.0  # upper bound on one command of the shell: starting Python and a store takes seconds
PAUSE_S = 0.02  # between two questions

T = TypeVar("T")


def wait_until(
    question: Callable[[], T], what: str, *, most_s: float = PATIENCE_S, pause_s: float = PAUSE_S
) -> T:
    """Return the first true answer to `question`; fail naming `what` was waited for."""
    until_s = time.monotonic() + most_s
    while not (answer := question()):
        if time.monotonic() > until_s:
            raise AssertionError(_missed(what, most_s=most_s, last=answer))
        time.sleep(pause_s)
    return answer


@overload
async def until(
    question: Callable[[], Awaitable[T]], what: str, *, most_s: float = ..., pause_s: float = ...
) -> T: ...
@overload
async def until(question: Callable[[], T], what: str, *, most_s: float = ..., pause_s: float = ...) -> T: ...
async def until(
    question: Callable[[], Any], what: str, *, most_s: float = PATIENCE_S, pause_s: float = PAUSE_S
) -> Any:
    """Return the first true answer to `question`, which may be awaitable; fail naming `what` was waited for.

    A pause of 0 gives the other tasks one turn between two questions. Time is the running loop's.
    """
    loop = asyncio.get_running_loop()
    until_s = loop.time() + most_s
    while not (answer := await _answered(question)):
        if loop.time() > until_s:
            raise AssertionError(_missed(what, most_s=most_s, last=answer))
        await asyncio.sleep(pause_s)
    return answer


async def happens(awaited: Awaitable[T], what: str, *, most_s: float = PATIENCE_S) -> T:
    """Return what `awaited` returns; fail naming `what` was waited for."""
    try:
        async with asyncio.timeout(most_s) as bound:
            return await awaited
    except TimeoutError:
        if not bound.expired():
            raise
        raise AssertionError(f"waited {most_s:g} s in vain for {what}") from None


async def _answered(question: Callable[[], Any]) -> Any:
    answer = question()
    return await answer if inspect.isawaitable(answer) else answer


def _missed(what: str, *, most_s: float, last: object) -> str:
    return f"waited {most_s:g} s in vain for {what}; the last answer was {last!r}"
