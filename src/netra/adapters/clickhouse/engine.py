"""One ClickHouse: its threads, deadlines and circuit breaker; vendor errors are translated here."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    Error,
    OperationalError,
    ProgrammingError,
)

from netra.adapters.clickhouse.vendor import NO_TABLE, Client, connected
from netra.adapters.resilience.circuit_breaker import CircuitBreaker, CircuitOpen
from netra.adapters.resilience.deadline import timeout
from netra.domain.errors import Unavailable
from netra.ports.clock import Clock

THREADS: Final = 4  # concurrent requests; others wait
DEADLINE_S: Final = 60.0  # seconds; reading the largest workload takes a few
SILENCE_S: Final = 10.0  # seconds; read timeout of a request
GREETING_S: Final = 1.5  # seconds; read timeout of a greeting
ANSWERED_WITHIN_S: Final = 1.0  # seconds; a server that answered within this time is not greeted first
RETRY_S: Final = 1.0  # seconds that the circuit stays open after a failure

T = TypeVar("T")


class ClickHouse:
    """Runs blocking work on a client in a thread pool of its own.

    The client is created by the first work that needs it and again after each loss, so a service starts and
    recovers whatever the state of ClickHouse. `prepare` runs once, and again when the table is missing. A
    server that has not answered recently is greeted first, so that no caller waits long for a frozen one.
    """

    def __init__(self, url: str, *, prepare: Callable[[Client], None], clock: Clock) -> None:
        self._url = url
        self._prepare = prepare
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="netra-clickhouse")
        self._opening = asyncio.Lock()
        self._greeting = asyncio.Lock()
        self._client: Client | None = None
        self._is_prepared = False
        self._greeter: Client | None = None
        self._answered_at_s = float("-inf")  # on the monotonic clock
        self._circuit = CircuitBreaker(clock=clock, rest_s=RETRY_S)

    @property
    def is_embedded(self) -> bool:
        """Whether it runs in this process."""
        return self._url.startswith("chdb:")

    async def run(self, work: Callable[[Client], T], *, deadline_s: float = DEADLINE_S) -> T:
        """Return the result of `work`. Raises `Unavailable`, immediately while the circuit is open."""
        try:
            async with timeout(deadline_s):
                await self._greet()
                client = await self._opened()
                value = await self._in_thread(lambda: work(client))
                self._note_answer()
                return value
        except ProgrammingError:
            raise  # a defect of ours, not of the server
        except CircuitOpen as refused:
            raise Unavailable("ClickHouse does not answer.") from refused
        except (OperationalError, OSError, TimeoutError) as error:
            self._circuit.fail()
            raise Unavailable("ClickHouse does not answer.") from error
        except ClickHouseError as error:
            if isinstance(error, Error) and error.code == NO_TABLE:
                self._is_prepared = False
                raise Unavailable(
                    "ClickHouse has lost a table; it will be created again, without its events."
                ) from error
            raise Unavailable("ClickHouse cannot do this now.") from error

    async def close(self) -> None:
        """Close all connections and end the threads."""
        for client in (self._client, self._greeter):
            if client is not None:
                await self._in_thread(client.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _note_answer(self) -> None:
        self._answered_at_s = self._clock.monotonic_s()
        self._circuit.succeed()

    async def _greet(self) -> None:
        """Return when the server answers or answered recently; concurrent callers share one greeting.

        Callers that waited for a failed greeting are rejected by the circuit. Raises `CircuitOpen`.
        """
        self._circuit.check()
        if self.is_embedded:
            return
        async with self._greeting:
            with self._circuit.call():
                if self._clock.monotonic_s() - self._answered_at_s > ANSWERED_WITHIN_S:
                    await self._in_thread(self._greeted)
                    self._note_answer()

    def _greeted(self) -> None:
        if self._greeter is None:
            self._greeter = connected(self._url, silence_s=GREETING_S, connections=1)
        else:
            self._greeter.command("SELECT 1")

    async def _opened(self) -> Client:
        async with self._opening:
            if self._client is None:
                self._client = await self._in_thread(self._connected)
            client = self._client
            if not self._is_prepared:
                await self._in_thread(lambda: self._prepare(client))
                self._is_prepared = True
            return client

    def _connected(self) -> Client:
        return connected(self._url, silence_s=SILENCE_S, connections=THREADS)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
