"""Live events of runs and the workers' bell, across processes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from netra.adapters.redis.link import Away, RedisLink
from netra.adapters.redis.listener import RedisListener
from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent
from netra.ports.feed import RunBell, RunFeed, Subscription

MESSAGE_MAX_BYTES: Final = 4 << 20  # beyond it readers find the event in the store, at their next look


class Wired(msgspec.Struct, frozen=True, array_like=True):
    """Events on their way, and which process sent them."""

    sender: str
    events: tuple[RunEvent, ...]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Wired)


class RedisRunFeed:
    """`RunFeed` for many processes: `local` serves this one, and Redis carries events to the others."""

    def __init__(self, local: RunFeed, *, link: RedisLink, listener: RedisListener, process: str) -> None:
        self._local = local
        self._link = link
        self._listener = listener
        self._process = process
        self._readers: dict[RunId, int] = {}

    async def publish(self, events: Sequence[RunEvent]) -> None:
        """Tell the readers of this process, then those of the others."""
        await self._local.publish(events)
        with suppress(Away):
            for run_id, some in groupby(events, attrgetter("run_id")):
                message = _ENCODER.encode(Wired(self._process, tuple(some)))
                if len(message) <= MESSAGE_MAX_BYTES:
                    await self._link.publish(self._channel(run_id), message)

    @asynccontextmanager
    async def subscribe(self, run_id: RunId) -> AsyncGenerator[Subscription]:
        """Open a subscription to one run."""
        async with self._local.subscribe(run_id) as subscription:
            self._readers[run_id] = self._readers.get(run_id, 0) + 1
            try:
                await self._listener.hear(self._channel(run_id), self._hear)
                yield subscription
            finally:
                self._readers[run_id] -= 1
                if not self._readers[run_id]:
                    del self._readers[run_id]
                    await self._listener.leave(self._channel(run_id))

    async def _hear(self, message: bytes) -> None:
        with suppress(msgspec.DecodeError):  # not ours; a lost message is what a feed may have
            wired = _DECODER.decode(message)
            if wired.sender != self._process:
                await self._local.publish(wired.events)

    def _channel(self, run_id: RunId) -> str:
        return self._link.key("run", run_id)


class RedisRunBell:
    """`RunBell` for many processes: `local` wakes this one's workers, Redis rings in the others.

    Whoever rings does not wait for Redis, and rings that come while one is on its way are one more.
    """

    def __init__(self, local: RunBell, *, link: RedisLink, listener: RedisListener, process: str) -> None:
        self._ringing: asyncio.Task[None] | None = None
        self._is_wanted = False
        self._local = local
        self._link = link
        self._process = process.encode()
        self._channel = link.key("bell")
        listener.expect(self._channel, self._hear)

    async def ring(self) -> None:
        """Say that a run waits."""
        await self._local.ring()
        self._is_wanted = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.get_running_loop().create_task(self._ring_others())

    async def close(self) -> None:
        """Wait until the last ring is out."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing])

    async def _ring_others(self) -> None:
        with suppress(Away):
            while self._is_wanted:
                self._is_wanted = False
                await self._link.publish(self._channel, self._process)

    async def wait(self, *, timeout_s: float) -> None:
        """Return when it rings, here or anywhere, else after `timeout_s`."""
        await self._local.wait(timeout_s=timeout_s)

    async def _hear(self, message: bytes) -> None:
        if message != self._process:
            await self._local.ring()
