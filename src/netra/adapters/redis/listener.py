"""Receives messages of other processes over one subscriber connection that reconnects by itself."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import RedisError

from netra.adapters.redis.link import RedisLink
from netra.adapters.redis.subscription import Wire, opened_wire
from netra.adapters.resilience.backoff import Backoff
from netra.adapters.resilience.coalescer import Coalescer
from netra.adapters.resilience.deadline import timeout
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents

RECONNECT: Final = Backoff(first_s=0.2, max_s=1.0)  # wait between two connection attempts
SILENCE_S: Final = 1.0  # seconds of idle time before a ping; a second one in a row means a dead connection

Handler = Callable[[bytes], Awaitable[None]]

_LOST: Final = (RedisError, OSError, TimeoutError)


class RedisListener:
    """Passes each message to the subscriber of its channel, one after another."""

    def __init__(self, link: RedisLink, *, clock: Clock, incidents: Incidents) -> None:
        self._link = link
        self._clock = clock
        self._incidents = incidents
        self._handlers: dict[str, Handler] = {}
        self._on_loss: list[Callable[[], None]] = []
        self._wire: Wire | None = None
        self._unconfirmed: dict[str, asyncio.Future[None]] = {}
        self._missing: set[str] = set()  # channels of the current connection that Redis has not confirmed yet
        self._connected = asyncio.Event()  # set when no channel is missing
        self._failures = 0  # consecutive failed connection attempts; determine the backoff
        self._pings: Coalescer[Wire, None] = Coalescer(self._ping, waiting_max=1)
        self._asked_s: float | None = None  # when the outstanding ping was sent, None without one
        # when the last answered ping was sent: everything published before has arrived
        self._answered_s = -math.inf

    @property
    def is_connected(self) -> bool:
        """Whether every published message arrives here."""
        return self._connected.is_set()

    def is_caught_up(self, *, within_s: float) -> bool:
        """Return whether everything published more than `within_s` ago has been passed on.

        Redis answers a ping on the connection that carries messages, behind those already sent. Frequent
        calls keep this true while Redis answers: each call starts a new ping in time.
        """
        now_s = self._clock.monotonic_s()
        if self._wire is not None and self._asked_s is None and now_s - self._answered_s >= within_s / 2:
            self._ask(self._wire)
        return now_s - self._answered_s < within_s

    async def close(self) -> None:
        """Wait until the last ping is sent."""
        await self._pings.close()

    async def settle(self) -> None:
        """Return when connected, or after the deadline of an answer."""
        with suppress(TimeoutError):
            async with timeout(self._link.answer_s):
                await self._connected.wait()

    def on_loss(self, callback: Callable[[], None]) -> None:
        """Register a callback for every time that messages may have been lost."""
        self._on_loss.append(callback)

    def expect(self, channel: str, handler: Handler) -> None:
        """Subscribe to `channel` from the next connection on; for permanent channels."""
        self._handlers[channel] = handler

    async def subscribe(self, channel: str, handler: Handler) -> None:
        """Subscribe to `channel`; return when Redis has confirmed it, or is unreachable."""
        self._handlers[channel] = handler
        wire = self._wire
        if wire is None:
            return
        confirmed = self._unconfirmed.setdefault(channel, asyncio.get_running_loop().create_future())
        with suppress(*_LOST):
            async with timeout(self._link.answer_s):
                await wire.send("SUBSCRIBE", channel)
                if not self._link.is_away:
                    await asyncio.shield(confirmed)

    async def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from `channel`."""
        self._handlers.pop(channel, None)
        wire = self._wire
        if wire is not None:
            with suppress(*_LOST):
                async with timeout(self._link.answer_s):
                    await wire.send("UNSUBSCRIBE", channel)  # a concurrent `subscribe` comes after it

    async def run(self) -> None:
        """Receive until cancelled; survives lost connections and failing subscribers."""
        while True:
            try:
                with suppress(*_LOST):
                    await self._listen()
            except Exception as error:  # noqa: BLE001 (the outermost frame: other subscribers continue)
                self._incidents.report(error, where="redis listener")
            finally:
                self._let_go()
            self._failures += 1
            await self._clock.pause(RECONNECT.wait_s(self._failures))

    async def _listen(self) -> None:
        async with opened_wire(self._link.client, within_s=self._link.answer_s) as wire:
            channels = tuple(self._handlers)
            loop = asyncio.get_running_loop()
            self._unconfirmed = {channel: loop.create_future() for channel in channels}
            self._missing = set(channels)  # a later caller may give up before it has asked
            self._wire = wire
            async with timeout(self._link.answer_s):
                await wire.send("SUBSCRIBE", *channels)
            while True:
                was_asked = self._asked_s is not None
                received = await wire.next(timeout_s=SILENCE_S)
                if received is not None:
                    await self._take(received)
                elif was_asked:
                    return
                else:
                    self._ask(wire)

    def _ask(self, wire: Wire) -> None:
        if self._asked_s is not None:
            return  # the pending answer belongs to that ping, and proves nothing about a later one
        asked_s = self._clock.monotonic_s()
        if self._pings.put(wire):
            self._asked_s = asked_s

    async def _ping(self, wires: Mapping[object, Wire]) -> Mapping[object, None]:
        for wire in tuple(wires.values()):
            with suppress(*_LOST):  # the reader notices the loss
                async with timeout(self._link.answer_s):
                    await wire.send("PING")
        return dict.fromkeys(wires)

    async def _take(self, received: Sequence[Any]) -> None:  # Any: bytes, or a number
        kind, channel, *rest = received
        if kind == b"message":
            handler = self._handlers.get(channel.decode())
            if handler is not None:
                await handler(rest[0])
        elif kind == b"subscribe":
            confirmed = self._unconfirmed.pop(channel.decode(), None)
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
            self._missing.discard(channel.decode())
            if not self._missing and not self._connected.is_set():
                self._return()
        elif kind == b"pong" and self._asked_s is not None:
            self._answered_s, self._asked_s = self._asked_s, None

    def _return(self) -> None:
        self._failures = 0
        self._connected.set()
        self._link.mended()

    def _let_go(self) -> None:
        self._connected.clear()
        self._wire = self._asked_s = None
        self._answered_s = -math.inf
        for confirmed in self._unconfirmed.values():
            if not confirmed.done():
                confirmed.set_result(None)  # no confirmation to wait for any more
        self._unconfirmed = {}
        for lost in self._on_loss:
            lost()
