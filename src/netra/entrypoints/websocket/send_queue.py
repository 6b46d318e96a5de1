"""What waits to be sent on one connection: bounded by count and by size, so a slow reader hurts itself.

While the client reads slowly, an update that has not been sent yet gives way to the next one of its
run; errors and results stay. When that is not enough the outbox overflows, which the owner of the
connection turns into a close: everything is stored, the client can come back for it.
"""

import asyncio
from collections import deque
from typing import Final

import msgspec

from netra.domain.runs.events import EventKind, RunEvent
from netra.entrypoints.websocket.frames import event_frame, thinned_frame

WAITING_MAX: Final = 256  # frames
WAITING_BYTES_MAX: Final = 1_048_576  # of their content; one frame may always wait, whatever its size


class _Thinned(msgspec.Struct, frozen=True):
    """An update that stands for `skipped` updates before it too."""

    event: RunEvent
    skipped: int


class Outbox:
    """Frames on their way to one client, in order."""

    __slots__ = ("_bytes", "_is_ended", "_news", "_relieved", "_waiting", "taken")

    def __init__(self) -> None:
        self._waiting: deque[str | RunEvent | _Thinned] = deque()
        self._bytes = 0
        self._is_ended = False
        self._news: asyncio.Future[None] | None = None  # what the one taker waits on
        self._relieved: asyncio.Event | None = None
        self.taken = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a frame waits."""
        return bool(self._waiting)

    @property
    def has_overflowed(self) -> bool:
        """Whether more waits than may."""
        return len(self._waiting) > WAITING_MAX or (
            self._bytes > WAITING_BYTES_MAX and len(self._waiting) > 1
        )

    def put(self, text: str) -> None:
        """Add a frame that is no run's."""
        self._append(text, len(text))

    def put_event(self, event: RunEvent) -> bool:
        """Add a run's event and return whether more than half of what may wait does.

        Then an update takes the place of that run's update before it, if that has not left yet.
        """
        if self._is_pressed and self._replaces(event):
            return True
        self._append(event, len(event.data))
        return self._is_pressed

    def end(self) -> None:
        """Take nothing more; what waits is still given out."""
        self._is_ended = True
        self._tell()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._bytes = 0

    def next(self) -> str | None:
        """Return the next frame, or None when none waits."""
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

    async def news(self) -> bool:
        """Return once a frame waits; False when none ever will."""
        if self._relieved is not None:
            self._relieved.set()
        while not self._waiting:
            if self._is_ended:
                return False
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        return True

    async def relief(self, *, timeout_s: float) -> None:
        """Return when nothing waits any more, at the latest after `timeout_s`."""
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
        self._tell()

    def _tell(self) -> None:
        news = self._news
        if news is not None:
            self._news = None
            if not news.done():
                news.set_result(None)

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
