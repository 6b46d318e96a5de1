"""The way to Redis and back: one pool of connections and one circuit, that every adapter here uses."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import Final, TypeVar

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.exceptions import NoScriptError, RedisError

from netra.adapters.redis.vendor import Script, connected
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents

ANSWER_S: Final = 0.5  # a healthy answer takes a thousandth of it
LATE_S: Final = 0.1  # a loop whose timer rings so late stood still
GRACE_S: Final = 0.1  # which an answer gets then
RETRY_S: Final = 1.0  # after a failure everyone does without for so long, then one call tries again
CONNECTIONS_MAX: Final = 64  # of one process; whoever finds none free waits at most ANSWER_S

T = TypeVar("T")


@asynccontextmanager
async def _until(due_s: float) -> AsyncGenerator[None]:
    """Raise `TimeoutError` at an instant of the loop's clock.

    A timer that rings late says that the loop stood still, not Redis: what lies there unread or unsent gets
    a moment first.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as patience:

        def ring() -> None:
            now_s = loop.time()
            patience.reschedule(now_s + GRACE_S if now_s - due_s > LATE_S else now_s)

        ringing = loop.call_at(due_s, ring)
        try:
            yield
        finally:
            ringing.cancel()


class Away(Exception):
    """Redis does not answer now: whoever asked decides in process."""


class RedisLink:
    """Asks Redis, or says at once that it is away."""

    def __init__(
        self, url: str, *, clock: Clock, incidents: Incidents, prefix: str, answer_s: float = ANSWER_S
    ) -> None:
        self.answer_s = answer_s
        self.client, self._pool = connected(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=answer_s,
            # `ask` keeps the time; the vendor's own way, `asyncio.wait_for`, can lose a cancellation
            socket_timeout=None,
            socket_connect_timeout=answer_s,
            retry=Retry(NoBackoff(), 0),
        )
        self._clock = clock
        self._incidents = incidents
        self._prefix = prefix
        self._has_failed = False
        self._quiet_until_s = 0.0  # of the steady clock

    def key(self, *parts: str) -> str:
        """Return the name of a key or channel of this deployment."""
        return ":".join((self._prefix, *parts))

    def script(self, text: str) -> Script:
        """Return what runs a script by its name, and where Redis does not know it, by its text at once.

        The vendor's own way loads it and then names it again: a flush between the two is an outage.
        """
        name = sha1(text.encode(), usedforsecurity=False).hexdigest()

        async def run(*, keys: Sequence[str], args: Sequence[bytes | int] = ()) -> bytes:
            try:
                return await self.client.evalsha(name, len(keys), *keys, *args)
            except NoScriptError:
                return await self.client.eval(text, len(keys), *keys, *args)

        return run

    @property
    def is_away(self) -> bool:
        """Whether it is known that Redis does not answer: whoever asks does without, at once."""
        return self._clock.monotonic_s() < self._quiet_until_s

    async def ask(self, question: Callable[[], Awaitable[T]], *, since_s: float | None = None) -> T:
        """Return the answer. Raises `Away` when there is none in time, at once while that is known.

        The time is counted from `since_s` (the loop's clock) where the question has waited before.
        """
        now_s = self._clock.monotonic_s()
        if now_s < self._quiet_until_s:
            raise Away
        if self._has_failed:
            self._quiet_until_s = now_s + RETRY_S  # this call tries; the others do without
        try:
            answer = await self._answered(question, since_s=since_s)
        except Away as away:
            if not self._has_failed:
                self._incidents.report(away, where="redis")
            self._has_failed = True
            self._quiet_until_s = self._clock.monotonic_s() + RETRY_S
            raise
        self.mended()
        return answer

    def mended(self) -> None:
        """Ask again at once: Redis was just heard."""
        self._has_failed = False
        self._quiet_until_s = 0.0

    async def ping(self) -> None:
        """Return when Redis answers, circuit or not. Raises `Away`."""
        await self._answered(self.client.ping)

    async def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish many messages to their channels, in order, in one trip. Raises `Away`."""
        async with self.client.pipeline(transaction=False) as pipeline:
            for channel, message in messages:
                pipeline.publish(channel, message)
            await self.ask(pipeline.execute)

    async def publish(self, channel: str, message: bytes) -> int:
        """Publish and return how many connections got it. Raises `Away`."""
        return await self.ask(lambda: self.client.publish(channel, message))

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()
        await self._pool.disconnect()

    async def _answered(self, question: Callable[[], Awaitable[T]], *, since_s: float | None = None) -> T:
        asked_s = asyncio.get_running_loop().time() if since_s is None else since_s
        try:
            async with _until(asked_s + self.answer_s):
                return await self._asked(question)
        except (RedisError, OSError, TimeoutError) as error:
            await self._pool.disconnect(inuse_connections=False)  # what is idle may be as dead
            raise Away(f"Redis does not answer: {type(error).__name__}") from error

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask, once more where the line broke: it may have died idle, with a Redis that is back by now.

        So a question may be put twice, and none here is worse for it.
        """
        try:
            return await question()
        except (Broken, OSError):
            await self._pool.disconnect(inuse_connections=False)
            return await question()
