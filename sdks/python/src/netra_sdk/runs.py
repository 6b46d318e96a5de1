"""A run: follow it, wait for it, cancel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime

from netra_sdk import _calls, errors
from netra_sdk._transport import EventStream, Transport
from netra_sdk.events import AgentResult, AgentUpdate, RunEvent, RunFault, TextPiece
from netra_sdk.types import Advice, RunStatus

SILENCE_S = 20.0  # without even a heartbeat: a proxy holds the stream back, so `wait` polls
POLL_FIRST_S = 0.5
POLL_MAX_S = 5.0


class RunHandle:
    """What identifies a run; the base of `Run` and `AsyncRun`."""

    def __init__(
        self,
        run_id: str,
        *,
        thread_id: str | None = None,
        created_at: datetime | None = None,
        thread_created: bool | None = None,
        after: int = 0,
    ) -> None:
        self.id = run_id
        self.thread_id = thread_id
        self.created_at = created_at
        self.thread_created = thread_created
        self._after = after

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def concluded(self, event: AgentResult) -> Advice:
        """Return the result, or raise why there is none."""
        if event.success and event.result is not None:
            return event.result
        if event.cancelled:
            raise errors.RunCancelledError(self)
        code = event.error.code if event.error else "INTERNAL_ERROR"
        raise errors.RunFailedError(code, event.error.message if event.error else "no reason was given", self)

    def concluded_by(self, status: RunStatus) -> Advice | None:
        """Return the result of a run that has ended, None while it has not, or raise why there is none."""
        if status.status == "processing":
            return None
        if status.status == "cancelled":
            raise errors.RunCancelledError(self)
        if status.status == "completed" and status.result is not None:
            return status.result
        code = status.error.code if status.error else "INTERNAL_ERROR"
        raise errors.RunFailedError(
            code, status.error.message if status.error else "no reason was given", self
        )


class Wording:
    """Assembles the answer's text from events: pieces of an attempt in order, a later attempt voids them."""

    def __init__(self) -> None:
        self._attempt = 0
        self._length = 0

    def piece(self, event: RunEvent) -> TextPiece | None:
        """Return the piece that an event brings, if any."""
        if isinstance(event, AgentUpdate) and event.text and event.attempt >= self._attempt:
            restarted = event.attempt > self._attempt and self._length > 0
            if event.attempt > self._attempt:
                self._attempt, self._length = event.attempt, 0
            if event.position < self._length:
                return None  # this part is known
            self._length = event.position + len(event.text)
            return TextPiece(text=event.text, attempt=event.attempt, restarted=restarted)
        if isinstance(event, AgentResult) and event.result is not None:
            return TextPiece(text=event.result.report, attempt=self._attempt + 1, restarted=self._length > 0)
        return None


class Run(RunHandle):
    """A run of this client."""

    def __init__(self, transport: Transport, run_id: str, **known: object) -> None:
        super().__init__(run_id, **known)  # type: ignore[arg-type]
        self._transport = transport

    def status(self) -> RunStatus:
        """Return the run's present state."""
        return self._transport.call(_calls.status(self.id)).value

    def cancel(self) -> RunStatus:
        """Cancel the run and return its state; one that has ended is unchanged."""
        return self._transport.call(_calls.cancel(self.id, key=None)).value

    def events(self, after: int | None = None) -> EventStream:
        """Return the run's events after number `after`: stored ones first, then as they come."""
        return EventStream(self._transport, self.id, after=self._after if after is None else after)

    def text(self) -> Iterator[TextPiece]:
        """Yield the answer's words as they are written; the last piece is the whole report."""
        wording = Wording()
        with self.events() as events:
            for event in events:
                if isinstance(event, AgentResult):
                    self.concluded(event)
                if piece := wording.piece(event):
                    yield piece

    def wait(self, timeout: float | None = None) -> Advice:
        """Return the result once the run has ended.

        Raises `RunFailedError`, `RunCancelledError`, and `WaitTimeoutError` after `timeout` seconds: the run
        goes on. Polls the state where a proxy holds the stream of events back.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        silence_s = min(SILENCE_S, self._transport.idle_timeout)
        stream = EventStream(
            self._transport,
            self.id,
            after=self._after,
            idle_timeout=silence_s,
            gives_up_when_idle=True,
            deadline=deadline,
        )
        watchdog = None if timeout is None else threading.Timer(timeout, stream.close)
        if watchdog is not None:
            watchdog.daemon = True
            watchdog.start()
        try:
            ended = self._followed(stream, deadline)
        finally:
            if watchdog is not None:
                watchdog.cancel()
            stream.close()
        return self.concluded(ended) if ended is not None else self._polled(deadline, stream.last_seq)

    def _followed(self, stream: EventStream, deadline: float | None) -> AgentResult | None:
        try:
            for event in stream:
                if isinstance(event, AgentResult):
                    return event
        except errors.StreamBrokenError:
            if deadline is None or time.monotonic() < deadline:
                raise
            raise errors.WaitTimeoutError(self, last_seq=stream.last_seq) from None
        return None

    def _polled(self, deadline: float | None, last_seq: int) -> Advice:
        pause = POLL_FIRST_S
        while True:
            advice = self.concluded_by(self.status())
            if advice is not None:
                return advice
            if deadline is not None and time.monotonic() + pause > deadline:
                raise errors.WaitTimeoutError(self, last_seq=last_seq)
            time.sleep(pause)
            pause = min(POLL_MAX_S, pause * 2)


__all__ = ["EventStream", "Run", "RunEvent", "RunFault", "RunHandle", "Wording"]
