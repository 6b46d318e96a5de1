"""Wakes the workers of this process."""

import asyncio

from netra.adapters.local.feed import rung


class LocalRunBell:
    """`RunBell` for one process: a ring wakes every worker that waits, and the next that comes."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    async def ring(self) -> None:
        """Say that a run waits."""
        self._news.set()

    async def wait(self, *, timeout_s: float) -> None:
        """Return when it rings, at once if it rang since the last wait returned."""
        await rung(self._news, timeout_s=timeout_s)
        self._news.clear()
