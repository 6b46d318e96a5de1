"""The recorder's queue and pace without I/O: what is kept, what is dropped, what leaves when."""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from netra_sdk import _calls, errors
from netra_sdk.types import EventsTaken, RowOutcome, WorkloadEvent

QUEUE_MAX = 10_000  # calls that wait
BYTES_MAX = 8 * 1024 * 1024  # bytes of the calls that wait
BATCH = 1_000  # calls of one request
BATCH_MAX = _calls.EVENTS_MAX  # of one request while the service limits the rate
BATCH_BYTES = 1024 * 1024  # bytes of one request
INTERVAL_S = 1.0
INTERVAL_MAX_S = 30.0
BACKOFF_MAX_S = 30.0
ATTEMPT_S = 30.0  # of one request
DROP_NOTICE_S = 1.0  # between two calls of `on_drop`
WAITING_STATUSES = frozenset({408, 409, 429})

OnDrop = Callable[[int, str], None]
OnRejected = Callable[[list[RowOutcome]], None]


class Flushed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the recorded calls: sent so far, still waiting, given up."""

    sent: int
    pending: int
    dropped: int


class Batch(msgspec.Struct, kw_only=True):
    """Calls on their way, under one idempotency key over all attempts."""

    lines: list[bytes]
    key: str
    attempts: int = 0

    @property
    def body(self) -> bytes:
        """The calls as NDJSON."""
        return b"".join(self.lines)


class Buffer:
    """The calls that wait; the newest is dropped when it is full. Its users lock."""

    def __init__(self, *, max_queue: int, max_bytes: int, batch: int, interval: float) -> None:
        self._max_queue = max_queue
        self._max_bytes = max_bytes
        self._least_batch, self._batch = batch, batch
        self._least_interval, self.interval = interval, interval
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self.flight: Batch | None = None
        self.is_closed = False
        self.sent = self.dropped = self.rejected = 0

    @property
    def pending(self) -> int:
        """Calls that wait or are on their way."""
        return len(self._lines) + (len(self.flight.lines) if self.flight else 0)

    @property
    def is_full_batch(self) -> bool:
        """Whether a batch need not wait longer."""
        return len(self._lines) >= self._batch or self._bytes >= BATCH_BYTES

    def add(self, line: bytes) -> str | None:
        """Keep a call; return why it was dropped instead, if so."""
        reason = None
        if self.is_closed:
            reason = "the recorder is closed"
        elif len(self._lines) >= self._max_queue or self._bytes + len(line) > self._max_bytes:
            reason = "the queue is full"
        if reason is not None:
            self.dropped += 1
            return reason
        self._lines.append(line)
        self._bytes += len(line)
        return None

    def take(self) -> Batch | None:
        """Return the next batch, or the one that is still on its way."""
        if self.flight is None and self._lines:
            lines: list[bytes] = []
            size = 0
            while self._lines and len(lines) < self._batch and (not lines or size < BATCH_BYTES):
                line = self._lines.popleft()
                lines.append(line)
                size += len(line)
            self._bytes -= size
            self.flight = Batch(lines=lines, key=_calls.new_key())
        return self.flight

    def taken(self, outcome: EventsTaken) -> list[RowOutcome]:
        """Note that the batch arrived; return its rejected rows."""
        batch, self.flight = self.flight, None
        rejected = [row for row in outcome.results if row.status == "rejected"]
        self.rejected += len(rejected)
        self.sent += (len(batch.lines) if batch else 0) - len(rejected)
        self._batch = max(self._least_batch, int(self._batch * 0.9))
        self.interval = max(self._least_interval, self.interval * 0.9)
        return rejected

    def failed(self, error: errors.NetraError) -> float | None:
        """Return the pause before the batch is sent again; None when it is given up."""
        batch = self.flight
        if batch is None:
            return 0.0
        status = getattr(error, "status", None)
        is_final = status is not None and 400 <= status < 500 and status not in WAITING_STATUSES
        if is_final or isinstance(error, errors.SessionLostError):
            self.dropped += len(batch.lines)
            self.flight = None
            return None
        if status == 429:
            self.interval = min(INTERVAL_MAX_S, self.interval * 2)
            self._batch = min(BATCH_MAX, self._batch * 2)
        batch.attempts += 1
        backoff = min(BACKOFF_MAX_S, 0.25 * 2.0 ** min(batch.attempts, 10)) * (0.5 + random.random() / 2)
        least = getattr(error, "retry_after", None) or 0.0
        return max(backoff, min(least, BACKOFF_MAX_S))

    def flushed(self) -> Flushed:
        """Return the counts."""
        return Flushed(sent=self.sent, pending=self.pending, dropped=self.dropped)


def line_of(call: WorkloadEvent | Mapping[str, Any] | None, columns: Mapping[str, Any]) -> bytes:
    """Return a call as a line, with an id so that a repeated batch counts once."""
    if call is None:
        call = columns
    if isinstance(call, WorkloadEvent):
        given = call if call.id else msgspec.structs.replace(call, id=uuid.uuid4().hex)
        return _calls.line_of(given)
    return _calls.line_of(call if call.get("id") else {**call, "id": uuid.uuid4().hex})
