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
WAITING_CHARACTERS_MAX: Final = 1_048_576  # about 1 MiB; one frame may always wait, whatever its size


class _Waiting(msgspec.Struct):
    """A frame; `event` when it is a run's, `skipped` when it stands for updates before it too."""

    text: str
    event: RunEvent | None = None
    skipped: int = 0


class Outbox:
    """Frames on their way to one client, in order."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._characters = 0
        self._is_ended = False
        self._filled = asyncio.Event()
        self._relieved = asyncio.Event()
        self._relieved.set()
        self.taken = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a frame waits."""
        return bool(self._waiting)

    @property
    def has_overflowed(self) -> bool:
        """Whether more waits than may."""
        return len(self._waiting) > WAITING_MAX or (
            self._characters > WAITING_CHARACTERS_MAX and len(self._waiting) > 1
        )

    @property
    def is_pressed(self) -> bool:
        """Whether half of what may wait does."""
        return len(self._waiting) > WAITING_MAX // 2 or self._characters > WAITING_CHARACTERS_MAX // 2

    def put(self, text: str) -> None:
        """Add a frame that is no run's."""
        self._append(_Waiting(text))

    def put_event(self, event: RunEvent) -> None:
        """Add a run's event; under pressure it takes the place of that run's update before it."""
        if self.is_pressed and self._replaces(event):
            return
        self._append(_Waiting(event_frame(event), event))

    def end(self) -> None:
        """Take nothing more; what waits is still given out."""
        self._is_ended = True
        self._filled.set()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._characters = 0

    async def take(self) -> str | None:
        """Return the next frame once there is one; None after the last."""
        while not self._waiting:
            self._relieved.set()
            if self._is_ended:
                return None
            self._filled.clear()
            await self._filled.wait()
        first = self._waiting.popleft()
        self._characters -= len(first.text)
        self.taken += 1
        return first.text

    async def relief(self, *, timeout_s: float) -> None:
        """Return when nothing waits any more, at the latest after `timeout_s`."""
        self._relieved.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._relieved.wait()
        except TimeoutError:
            return

    def _append(self, frame: _Waiting) -> None:
        if self._is_ended:
            return
        self._waiting.append(frame)
        self._characters += len(frame.text)
        self._filled.set()

    def _replaces(self, event: RunEvent) -> bool:
        if event.kind is not EventKind.UPDATE:
            return False
        last = next((one for one in reversed(self._waiting) if _is_of(one, event)), None)
        if last is None or last.event is None or last.event.kind is not EventKind.UPDATE:
            return False
        self._characters -= len(last.text)
        last.skipped += 1
        last.event, last.text = event, thinned_frame(event, skipped=last.skipped)
        self._characters += len(last.text)
        return True


def _is_of(frame: _Waiting, event: RunEvent) -> bool:
    return frame.event is not None and frame.event.run_id == event.run_id
