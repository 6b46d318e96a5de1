"""Wakes the workers of this process."""

import asyncio

from netra.adapters.local.feed import wait_for


class LocalRunBell:
    """`RunBell` for one process: a notification wakes all waiting workers, or the next to wait."""

    def __init__(self) -> None:
        self._arrived = asyncio.Event()

    async def notify(self) -> None:
        """Announce that a run is queued."""
        self._arrived.set()

    async def wait(self, *, timeout_s: float) -> None:
        """Return on the next notification, immediately if one came since the last wait returned."""
        await wait_for(self._arrived, timeout_s=timeout_s)
        self._arrived.clear()
