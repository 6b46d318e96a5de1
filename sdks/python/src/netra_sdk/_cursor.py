"""Where a reader of a run stands, without I/O: which event is next, when to come back, when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from netra_sdk import errors
from netra_sdk._policy import Answer, error_of
from netra_sdk._sse import LineTooLong, SseParser
from netra_sdk.events import AgentResult, RunEvent, event_of

IDLE_S = 45.0  # three heartbeats of the service
BARREN_MAX = 10  # connections in a row without an event
BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 5.0


class Cursor:
    """Reads one run's events over any number of connections, each event once and in order."""

    def __init__(self, *, after: int = 0, chance: Callable[[], float], max_retry_after: float = 60.0) -> None:
        self.after = after
        self.is_over = False
        self._chance = chance
        self._max_retry_after = max_retry_after
        self._barren = 0  # connections since the last event
        self._has_renewed = False
        self._parser = SseParser()

    def headers(self) -> Mapping[str, str]:
        """Return the headers of the next connection."""
        resume = {"last-event-id": str(self.after)} if self.after else {}
        return {"accept": "text/event-stream", **resume}

    def opened(self, status: int) -> bool:
        """Begin a connection; return whether it has a body with events."""
        self._parser = SseParser()
        if status == 204:
            self.is_over = True
        return status == 200

    def refused(self, answer: Answer) -> float | None:
        """Return the pause before the next try, None to renew the token first, or raise the refusal."""
        error = error_of(answer, what="the stream")
        if answer.status == 401 and not self._has_renewed:
            self._has_renewed = True
            return None
        is_passing = answer.status in {408, 429, 502, 503, 504}
        least = errors.seconds(answer.headers.get("retry-after")) or 0.0
        if not is_passing or least > self._max_retry_after:
            raise error
        return max(least, self.broken(str(error)))

    def feed(self, chunk: bytes) -> list[RunEvent]:
        """Return the new events in this chunk. Raises `StreamBrokenError` for a gap."""
        try:
            parsed = self._parser.feed(chunk)
        except LineTooLong as error:
            raise errors.StreamBrokenError(str(error), last_seq=self.after) from error
        found: list[RunEvent] = []
        for one in parsed:
            seq = int(one.id) if one.id.isdecimal() else self.after + 1
            if seq <= self.after or self.is_over:
                continue
            if seq > self.after + 1:
                message = f"event {self.after + 1} is missing: {seq} came instead"
                raise errors.StreamBrokenError(message, last_seq=self.after)
            try:
                event = event_of(one.event, one.data, seq=seq)
            except msgspec.DecodeError as error:
                raise errors.UnexpectedAnswerError(f"event {seq} cannot be read: {error}") from error
            self.after = seq
            self._barren = 0
            self._has_renewed = False
            self.is_over = isinstance(event, AgentResult)
            found.append(event)
        return found

    def broken(self, why: str) -> float:
        """Return the pause before the next connection. Raises `StreamBrokenError` after too many."""
        self._barren += 1
        if self._barren == 1:
            return 0.0
        if self._barren > BARREN_MAX:
            message = f"{BARREN_MAX} connections brought no event; the last one: {why}"
            raise errors.StreamBrokenError(message, last_seq=self.after)
        backoff = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** (self._barren - 2))
        return backoff * (0.5 + self._chance() / 2)
