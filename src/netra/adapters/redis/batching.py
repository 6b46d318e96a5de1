"""What waits for Redis and goes together: one trip at a time carries all that came during the last."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

TOGETHER_MAX: Final = 128  # items of one trip: neither the loop nor the server serves others meanwhile

T = TypeVar("T")


class Outbox(Generic[T]):
    """An ordered, bounded queue that empties itself by `send`, off the path of whoever puts into it.

    What is put while nothing is under way leaves when the loop has gone round once.
    """

    def __init__(self, send: Callable[[list[T]], Awaitable[None]], *, items_max: int) -> None:
        self._send = send
        self._items_max = items_max
        self._items: list[T] = []
        self._sending: asyncio.Task[None] | None = None

    def put(self, item: T) -> bool:
        """Let `item` go with the next trip; say whether there was room for it."""
        if len(self._items) >= self._items_max:
            return False
        self._items.append(item)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._empty())
        return True

    async def close(self) -> None:
        """Wait until the last item is out."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    async def _empty(self) -> None:
        while self._items:
            together, self._items = self._items[:TOGETHER_MAX], self._items[TOGETHER_MAX:]
            await self._send(together)
