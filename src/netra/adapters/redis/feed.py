"""Live events of runs and workers' wake-ups, across processes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from netra.adapters.redis.link import Away, RedisLink
from netra.adapters.redis.listener import RedisListener
from netra.adapters.resilience.coalescer import Coalescer
from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent
from netra.ports.feed import RunBell, RunFeed, Subscription

# Events above these limits are dropped; readers find them at their next read of the store.
MESSAGE_MAX_BYTES: Final = 4 << 20
# bytes waiting to be sent; about what one round trip can carry before its deadline
WAITING_MAX_BYTES: Final = 8 << 20
BATCH_MAX: Final = 128  # messages of one round trip; it blocks the event loop and the server for its duration

NOTIFY_EVERY_S: Final = 0.01  # seconds; debounces notifications: each wakes every worker of every process


class Wired(msgspec.Struct, frozen=True, array_like=True):
    """Events in transit, and the process that sent them."""

    sender: str
    events: tuple[RunEvent, ...]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Wired)


class RedisRunFeed:
    """`RunFeed` for many processes: `local` serves this one, Redis carries events to the others.

    Publishing does not wait for Redis.
    """

    def __init__(self, local: RunFeed, *, link: RedisLink, listener: RedisListener, process: str) -> None:
        self._local = local
        self._link = link
        self._listener = listener
        self._process = process
        self._readers: dict[RunId, int] = {}
        self._waiting_bytes = 0
        self._outbox = Coalescer(self._send, batch_max=BATCH_MAX)

    async def publish(self, events: Sequence[RunEvent]) -> None:
        """Publish to the readers of this process, and to those of the others in the background."""
        await self._local.publish(events)
        for run_id, some in groupby(events, attrgetter("run_id")):
            message = _ENCODER.encode(Wired(self._process, tuple(some)))
            has_room = self._waiting_bytes + len(message) <= WAITING_MAX_BYTES
            if len(message) <= MESSAGE_MAX_BYTES and has_room:
                is_put = self._outbox.put((self._channel(run_id), message))
                self._waiting_bytes += len(message) if is_put else 0

    async def close(self) -> None:
        """Wait until every event is sent, or dropped because Redis is unreachable."""
        await self._outbox.close()

    async def _send(self, batch: Mapping[object, tuple[str, bytes]]) -> Mapping[object, None]:
        messages = list(batch.values())
        try:
            with suppress(Away):
                await self._link.publish_all(messages)
        finally:
            self._waiting_bytes -= sum(len(message) for _, message in messages)
        return dict.fromkeys(batch)

    @asynccontextmanager
    async def subscribe(self, run_id: RunId) -> AsyncGenerator[Subscription]:
        """Open a subscription to one run."""
        async with self._local.subscribe(run_id) as subscription:
            self._readers[run_id] = self._readers.get(run_id, 0) + 1
            try:
                await self._listener.subscribe(self._channel(run_id), self._receive)
                yield subscription
            finally:
                self._readers[run_id] -= 1
                if not self._readers[run_id]:
                    del self._readers[run_id]
                    await self._listener.unsubscribe(self._channel(run_id))

    async def _receive(self, message: bytes) -> None:
        with suppress(msgspec.DecodeError):  # not our message; a feed may lose messages
            wired = _DECODER.decode(message)
            if wired.sender != self._process:
                await self._local.publish(wired.events)

    def _channel(self, run_id: RunId) -> str:
        return self._link.key("run", run_id)


class RedisRunBell:
    """`RunBell` for many processes: `local` wakes this process's workers, Redis those of the others.

    Notifying does not wait for Redis; notifications within `NOTIFY_EVERY_S` are coalesced.
    """

    def __init__(self, local: RunBell, *, link: RedisLink, listener: RedisListener, process: str) -> None:
        self._pending = Coalescer(self._notify_others, waiting_max=1)
        self._local = local
        self._link = link
        self._process = process.encode()
        self._channel = link.key("bell")
        listener.expect(self._channel, self._receive)

    async def notify(self) -> None:
        """Wake the workers: a run is queued."""
        await self._local.notify()
        self._pending.put(self._process)

    async def close(self) -> None:
        """Wait until the last notification is sent."""
        await self._pending.close()

    async def _notify_others(self, pending: Mapping[object, bytes]) -> Mapping[object, None]:
        with suppress(Away):
            await self._link.publish(self._channel, self._process)
        await asyncio.sleep(NOTIFY_EVERY_S)
        return dict.fromkeys(pending)

    async def wait(self, *, timeout_s: float) -> None:
        """Return on the next notification from any process, or after `timeout_s`."""
        await self._local.wait(timeout_s=timeout_s)

    async def _receive(self, message: bytes) -> None:
        if message != self._process:
            await self._local.notify()
