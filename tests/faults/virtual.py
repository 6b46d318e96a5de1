"""Time that a test owns: an event loop whose clock jumps to whatever happens next.

Nothing here waits for real. An hour of leases, polls and back-offs passes in milliseconds, and the
same seed gives the same history every time.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, ParamSpec

P = ParamSpec("P")

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


class _Jumps(selectors.SelectSelector):
    """Waits for no file: moves the clock by as long as it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("every task waits for something that cannot come")
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop for code that touches neither files nor threads."""

    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        """Return the virtual seconds since the start, a tick more so that no timer is just missed."""
        return self._jumps.now_s + 1e-9

    def block(self, seconds: float) -> None:
        """Let time pass without running anything, as a callback that keeps the processor does."""
        self._jumps.now_s += seconds


def run_virtually(work: Coroutine[Any, Any, Any]) -> Any:
    """Run `work` to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def virtually(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test in virtual time; a test that would hang fails at once."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        run_virtually(test(*arguments, **named))

    return run


class VirtualClock:
    """`Clock` by the running loop."""

    def now(self) -> datetime:
        """Return the virtual instant."""
        return START + timedelta(seconds=self.monotonic_s())

    def monotonic_s(self) -> float:
        """Return virtual seconds since the start."""
        return asyncio.get_running_loop().time()

    async def pause(self, seconds: float) -> None:
        """Return after virtual seconds."""
        await asyncio.sleep(seconds)
