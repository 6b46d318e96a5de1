"""One reader of a run's server-sent events, from the first byte to the last."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent
from netra.domain.runs.service import RunService
from netra.domain.users.model import Principal
from netra.entrypoints.asgi import Receive, Send
from netra.ports.clock import Clock

# seconds of silence before a comment is sent: below the idle timeout of common proxies
HEARTBEAT_S: Final = 15.0
WAITING_MAX: Final = 64  # events buffered for one reader; further events are read from the store
# consecutive checks, one per second, without any progress of the reader; then it is dropped
STUCK_CHECKS_MAX: Final = 15
ENDED_CHECKS_MAX: Final = 1  # the same, for a stream that is ending

_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # nginx would otherwise hold the events back until the end
)
_HEARTBEAT: Final = b": still here\n\n"


class EventReader:
    """A connection that receives the events of one run after `after`."""

    def __init__(
        self,
        principal: Principal,
        run_id: RunId,
        *,
        after: int,
        runs: RunService,
        clock: Clock,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._principal = principal
        self._run_id = run_id
        self._after = after
        self._runs = runs
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._waiting: deque[RunEvent] = deque()
        self._has_all = False  # no event follows the buffered ones
        self._is_ended = False  # nothing more will be sent
        self._arrived = asyncio.Event()
        self._relief = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._abort: Callable[[], None] | None = None
        self._is_sending = False
        self._has_sent = False  # whether anything was sent since the last check
        self._stuck_checks = 0

    @property
    def principal(self) -> Principal:
        """The user who reads."""
        return self._principal

    async def serve(self, receive: Receive, send: Send, *, abort: Callable[[], None] | None) -> None:
        """Send the whole response; `abort` drops the connection of a reader that makes no progress."""
        async with asyncio.TaskGroup() as group:
            follower = group.create_task(self._follow())
            writer = self._writer = group.create_task(self._write(send))
            leaving = group.create_task(_until_left(receive))
            await asyncio.wait({writer, leaving}, return_when=asyncio.FIRST_COMPLETED)
            follower.cancel()
            if writer.cancelled() and abort is not None:
                abort()
                await asyncio.wait({leaving})  # the server must see that the response is incomplete
            writer.cancel()
            leaving.cancel()

    def receive(self, event: RunEvent) -> bool:
        """Buffer an event; return whether the buffer is full."""
        self._waiting.append(event)
        self._arrived.set()
        return len(self._waiting) >= WAITING_MAX

    async def wait_until_ready(self) -> None:
        """Return when the buffer is empty."""
        self._relief.clear()
        await self._relief.wait()

    def check(self) -> None:
        """End the stream if the token has expired; drop the reader if it is stuck."""
        if self._principal.expires_at <= self._clock.now():
            self._end()
        is_stuck = self._is_sending and not self._has_sent
        self._has_sent = False
        self._stuck_checks = self._stuck_checks + 1 if is_stuck else 0
        most = ENDED_CHECKS_MAX if self._is_ended else STUCK_CHECKS_MAX
        if self._stuck_checks > most and self._writer is not None:
            self._writer.cancel()

    def end_session(self) -> None:
        """End the stream because its session was ended or its key revoked."""
        self._end()

    def drain(self) -> None:
        """End the stream because the server is shutting down. The client reconnects with `Last-Event-ID`."""
        self._end()

    def _end(self) -> None:
        self._is_ended = True
        self._arrived.set()

    async def _follow(self) -> None:
        await self._runs.deliver(self, self._run_id, owner_id=self._principal.user_id, after=self._after)
        self._has_all = True
        self._arrived.set()

    async def _write(self, send: Send) -> None:
        await self._send(send, {"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        while not self._is_ended and (chunk := await self._next()):
            await self._send(send, {"type": "http.response.body", "body": chunk, "more_body": True})
        await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes:
        """Return the next event as text, a heartbeat on a timeout, or nothing after the last event."""
        while not self._waiting:
            self._relief.set()
            if self._has_all or self._is_ended:
                return b""
            self._arrived.clear()
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await self._arrived.wait()
            except TimeoutError:
                return _HEARTBEAT
        return frame_of(self._waiting.popleft())

    async def _send(self, send: Send, message: dict[str, object]) -> None:
        self._is_sending = True
        await send(message)
        self._is_sending = False
        self._has_sent = True


def frame_of(event: RunEvent) -> bytes:
    """Encode an event as text: HTML standard, section 9.2."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.kind.value.encode(), event.numbered())


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
