"""Access to Redis: one connection pool and one circuit breaker, shared by every adapter here."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha1
from typing import Final, TypeVar

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.exceptions import NoScriptError, RedisError

from netra.adapters.redis.vendor import Script, connected
from netra.adapters.resilience.circuit_breaker import CircuitBreaker, CircuitOpen
from netra.adapters.resilience.deadline import timeout
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents

ANSWER_S: Final = 0.5  # seconds; deadline of a request, about 1,000 times a healthy answer
RETRY_S: Final = 1.0  # seconds that the circuit stays open after a failure
CONNECTIONS_MAX: Final = 64  # connections of one process; waiting for a free one counts towards the deadline

T = TypeVar("T")


class Away(Exception):
    """Redis does not answer; the caller falls back to its process."""


class RedisLink:
    """Sends requests to Redis within a deadline; raises immediately while the circuit is open."""

    def __init__(
        self, url: str, *, clock: Clock, incidents: Incidents, prefix: str, answer_s: float = ANSWER_S
    ) -> None:
        self.answer_s = answer_s
        self.client, self._pool = connected(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=answer_s,
            # `ask` has a deadline; the vendor's `asyncio.wait_for` can lose a cancellation
            socket_timeout=None,
            socket_connect_timeout=answer_s,
            retry=Retry(NoBackoff(), 0),
        )
        self._incidents = incidents
        self._prefix = prefix
        self._circuit = CircuitBreaker(clock=clock, rest_s=RETRY_S)

    def key(self, *parts: str) -> str:
        """Return the name of a key or channel, prefixed for this deployment."""
        return ":".join((self._prefix, *parts))

    def script(self, text: str) -> Script:
        """Return a function that runs a script by its hash, or by its text when Redis does not know it.

        The vendor's client would load the script and then run it by its hash: a flush in between breaks that.
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
        """Whether Redis is known to be unreachable, so that a request would be rejected immediately."""
        return self._circuit.is_refusing

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer. Raises `Away` after the deadline, or immediately while the circuit is open."""
        try:
            with self._circuit.call():
                answer = await self._answered(question)
        except CircuitOpen as refused:
            raise Away from refused
        except Away as away:
            if not self._circuit.is_open:
                self._incidents.report(away, where="redis")
            self._circuit.fail()
            raise
        self._circuit.succeed()
        return answer

    def mended(self) -> None:
        """Close the circuit: Redis has just answered on another connection."""
        self._circuit.succeed()

    async def ping(self) -> None:
        """Return when Redis answers, whatever the state of the circuit. Raises `Away`."""
        await self._answered(self.client.ping)

    async def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish many messages to their channels, in order, in one round trip. Raises `Away`."""
        async with self.client.pipeline(transaction=False) as pipeline:
            for channel, message in messages:
                pipeline.publish(channel, message)
            await self.ask(pipeline.execute)

    async def publish(self, channel: str, message: bytes) -> int:
        """Publish and return the number of receiving connections. Raises `Away`."""
        return await self.ask(lambda: self.client.publish(channel, message))

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self._pool.disconnect()

    async def _answered(self, question: Callable[[], Awaitable[T]]) -> T:
        try:
            async with timeout(self.answer_s):
                return await self._asked(question)
        except (RedisError, OSError, TimeoutError) as error:
            await self._pool.disconnect(inuse_connections=False)  # idle connections may be dead as well
            raise Away(f"Redis does not answer: {type(error).__name__}") from error

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        """Send the request; retry once on a new connection, as the first may have died while idle.

        Redis may receive a request twice, so every request here is idempotent.
        """
        try:
            return await question()
        except (Broken, OSError):
            await self._pool.disconnect(inuse_connections=False)
            return await question()
