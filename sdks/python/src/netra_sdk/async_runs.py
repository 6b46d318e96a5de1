"""A run in a program with an event loop: follow it, wait for it, cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from netra_sdk import _calls, errors
from netra_sdk._async_transport import AsyncEventStream, AsyncTransport
from netra_sdk.events import AgentResult, TextPiece
from netra_sdk.runs import POLL_FIRST_S, POLL_MAX_S, SILENCE_S, RunHandle, Wording
from netra_sdk.types import Advice, RunStatus


class AsyncRun(RunHandle):
    """A run of this client."""

    def __init__(self, transport: AsyncTransport, run_id: str, **known: object) -> None:
        super().__init__(run_id, **known)  # type: ignore[arg-type]
        self._transport = transport

    async def status(self) -> RunStatus:
        """Return the run's present state."""
        return (await self._transport.call(_calls.status(self.id))).value

    async def cancel(self) -> RunStatus:
        """Cancel the run and return its state; one that has ended is unchanged."""
        return (await self._transport.call(_calls.cancel(self.id, key=None))).value

    def events(self, after: int | None = None) -> AsyncEventStream:
        """Return the run's events after number `after`: stored ones first, then as they come."""
        return AsyncEventStream(self._transport, self.id, after=self._after if after is None else after)

    async def text(self) -> AsyncIterator[TextPiece]:
        """Yield the answer's words as they are written; the last piece is the whole report."""
        wording = Wording()
        async with self.events() as events:
            async for event in events:
                if isinstance(event, AgentResult):
                    self.concluded(event)
                if piece := wording.piece(event):
                    yield piece

    async def wait(self, timeout: float | None = None) -> Advice:
        """Return the result once the run has ended.

        Raises `RunFailedError`, `RunCancelledError`, and `WaitTimeoutError` after `timeout` seconds: the run
        goes on. Polls the state where a proxy holds the stream of events back.
        """
        silence_s = min(SILENCE_S, self._transport.idle_timeout)
        stream = AsyncEventStream(
            self._transport, self.id, after=self._after, idle_timeout=silence_s, gives_up_when_idle=True
        )
        bound = asyncio.timeout(timeout)
        try:
            async with bound:
                try:
                    ended = await self._followed(stream)
                finally:
                    await stream.close()
                return self.concluded(ended) if ended is not None else await self._polled()
        except TimeoutError:
            if not bound.expired():
                raise
            raise errors.WaitTimeoutError(self, last_seq=stream.last_seq) from None

    async def _followed(self, stream: AsyncEventStream) -> AgentResult | None:
        async for event in stream:
            if isinstance(event, AgentResult):
                return event
        return None

    async def _polled(self) -> Advice:
        pause = POLL_FIRST_S
        while (advice := self.concluded_by(await self.status())) is None:
            await asyncio.sleep(pause)
            pause = min(POLL_MAX_S, pause * 2)
        return advice
