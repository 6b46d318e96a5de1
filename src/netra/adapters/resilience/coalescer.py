"""Request coalescing: concurrent requests of one process go to a server as one batch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any, Final, Generic, TypeAlias, TypeVar

from netra.domain.errors import Unavailable

WAITING_MAX: Final = 10_000  # queued requests; a few seconds of work

A = TypeVar("A")
B = TypeVar("B")

Key: TypeAlias = Any  # Any: opaque; `serve` returns its answers under the keys of the requests
Serve: TypeAlias = Callable[[Mapping[Key, A]], Awaitable[Mapping[Key, B]]]


class Coalescer(Generic[A, B]):
    """Serves one batch at a time; requests that arrive meanwhile form the next batch.

    `serve` gets the requests of a batch in arrival order, and returns an answer for each, or raises for all.
    A request whose caller is cancelled is removed from the mapping, even while its batch is served. When no
    batch is running, requests of the same event loop iteration form one.
    """

    def __init__(
        self, serve: Serve[A, B], *, batch_max: int = WAITING_MAX, waiting_max: int = WAITING_MAX
    ) -> None:
        self._serve = serve
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._waiting: dict[asyncio.Future[B], A] = {}
        self._batch: dict[asyncio.Future[B], A] = {}
        self._serving: asyncio.Task[Mapping[Key, B]] | None = None

    async def ask(self, request: A) -> B:
        """Return the answer to `request`.

        Raises its batch's exception, or `Unavailable` when the queue is full.
        """
        if len(self._waiting) >= self._waiting_max:
            raise Unavailable("Too many requests are queued; try again in a moment.")
        answer = self._add(request)
        try:
            return await answer
        except asyncio.CancelledError:
            self._waiting.pop(answer, None)
            self._batch.pop(answer, None)
            raise

    def put(self, request: A) -> bool:
        """Add a request whose answer is not awaited; return whether there was room for it."""
        if len(self._waiting) >= self._waiting_max:
            return False
        self._add(request)
        return True

    async def close(self) -> None:
        """Wait until every request has been served."""
        while self._serving is not None:
            await asyncio.wait({self._serving})

    def _add(self, request: A) -> asyncio.Future[B]:
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = request
        if self._serving is None:
            self._begin()
        return answer

    def _begin(self) -> None:
        self._serving = asyncio.get_running_loop().create_task(self._serve_batch())
        self._serving.add_done_callback(self._end)

    async def _serve_batch(self) -> Mapping[Key, B]:
        chosen = list(islice(self._waiting, self._batch_max))
        self._batch = {answer: self._waiting.pop(answer) for answer in chosen}
        return await self._serve(self._batch) if self._batch else {}

    def _end(self, served: asyncio.Task[Mapping[Key, B]]) -> None:
        batch, self._batch, self._serving = self._batch, {}, None
        if self._waiting:
            self._begin()
        error = None if served.cancelled() else served.exception()
        for answer in batch:
            if answer.done():  # its caller was cancelled
                continue
            if served.cancelled():
                answer.cancel()
            elif error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(served.result()[answer])
