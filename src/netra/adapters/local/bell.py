"""Wakes the workers of this process."""

import asyncio

from netra.adapters.local.feed import rung


class LocalRunBell:
    """`RunBell` for one process: a notification wakes all waiting workers, or the next to wait."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    async def notify(self) -> None:
        """Announce that a run is queued."""
        self._news.set()

    async def wait(self, *, timeout_s: float) -> None:
        """Return on the next notification, immediately if one came since the last wait returned."""
        await rung(self._news, timeout_s=timeout_s)
        self._news.clear()
