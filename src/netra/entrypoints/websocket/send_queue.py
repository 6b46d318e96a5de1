"""The frames to send on one connection: bounded by count and size, so a slow reader affects only itself.

While the client reads slowly, an unsent update is replaced by the next one of its run; errors and results
stay. When that does not suffice, the queue overflows and the connection is closed: all events are stored, and
the client can resume.
"""

import asyncio
from collections import deque
from typing import Final

import msgspec

from netra.domain.runs.events import EventKind, RunEvent
from netra.entrypoints.websocket.frames import event_frame, thinned_frame

WAITING_MAX: Final = 256  # frames in the queue
# bytes of their content; one frame is always accepted, whatever its size
WAITING_BYTES_MAX: Final = 1_048_576


class _Thinned(msgspec.Struct, frozen=True):
    """An update that also counts `skipped` replaced updates before it."""

    event: RunEvent
    skipped: int


class Outbox:
    """Queue of frames to one client, in order."""

    __slots__ = ("_arrival", "_bytes", "_is_ended", "_relieved", "_waiting", "taken")

    def __init__(self) -> None:
        self._waiting: deque[str | RunEvent | _Thinned] = deque()
        self._bytes = 0
        self._is_ended = False
        self._arrival: asyncio.Future[None] | None = None  # the future of the single waiting consumer
        self._relieved: asyncio.Event | None = None
        self.taken = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a frame is queued."""
        return bool(self._waiting)

    @property
    def has_overflowed(self) -> bool:
        """Whether the queue exceeds its limits."""
        return len(self._waiting) > WAITING_MAX or (
            self._bytes > WAITING_BYTES_MAX and len(self._waiting) > 1
        )

    def put(self, text: str) -> None:
        """Add a frame that belongs to no run."""
        self._append(text, len(text))

    def put_event(self, event: RunEvent) -> bool:
        """Add a run's event and return whether the queue is more than half full.

        In that case an update replaces the run's previous update, if that is still queued.
        """
        if self._is_pressed and self._replaces(event):
            return True
        self._append(event, len(event.data))
        return self._is_pressed

    def end(self) -> None:
        """Accept no more frames; queued ones are still returned."""
        self._is_ended = True
        self._wake()

    def clear(self) -> None:
        """Drop all queued frames."""
        self._waiting.clear()
        self._bytes = 0

    def next(self) -> str | None:
        """Return the next frame, or None when the queue is empty."""
        if not self._waiting:
            return None
        self.taken += 1
        first = self._waiting.popleft()
        match first:
            case str():
                self._bytes -= len(first)
                return first
            case RunEvent():
                self._bytes -= len(first.data)
                return event_frame(first)
            case _Thinned(event=event, skipped=skipped):
                self._bytes -= len(event.data)
                return thinned_frame(event, skipped=skipped)

    async def arrival(self) -> bool:
        """Return True once a frame is queued; False when no frame will follow."""
        if self._relieved is not None:
            self._relieved.set()
        while not self._waiting:
            if self._is_ended:
                return False
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        return True

    async def relief(self, *, timeout_s: float) -> None:
        """Return when the queue is empty, or after `timeout_s`."""
        if not self._waiting:
            return
        if self._relieved is None:
            self._relieved = asyncio.Event()
        self._relieved.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._relieved.wait()
        except TimeoutError:
            return

    @property
    def _is_pressed(self) -> bool:
        return len(self._waiting) > WAITING_MAX // 2 or self._bytes > WAITING_BYTES_MAX // 2

    def _append(self, frame: str | RunEvent, size: int) -> None:
        if self._is_ended:
            return
        self._waiting.append(frame)
        self._bytes += size
        self._wake()

    def _wake(self) -> None:
        arrival = self._arrival
        if arrival is not None:
            self._arrival = None
            if not arrival.done():
                arrival.set_result(None)

    def _replaces(self, event: RunEvent) -> bool:
        if event.kind is not EventKind.UPDATE:
            return False
        for index in range(len(self._waiting) - 1, -1, -1):
            frame = self._waiting[index]
            last = frame.event if isinstance(frame, _Thinned) else frame
            if isinstance(last, str) or last.run_id != event.run_id:
                continue
            if last.kind is not EventKind.UPDATE:
                return False
            skipped = frame.skipped if isinstance(frame, _Thinned) else 0
            self._waiting[index] = _Thinned(event, skipped + 1)
            self._bytes += len(event.data) - len(last.data)
            return True
        return False
