"""Define the numbered event stream of a run, which every transport translates.

An event's `data` is the JSON object that clients receive, without `seq`. The store assigns the number,
so it is stored only once.
"""

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec

from netra.domain.errors import NetraError
from netra.domain.ids import RunId
from netra.domain.runs.model import Run


class EventKind(enum.StrEnum):
    """The documented frame types of a run."""

    UPDATE = "agent_update"
    RESULT = "agent_result"
    ERROR = "error"


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event before the store numbers it."""

    kind: EventKind
    data: bytes


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Event `seq` of a run; numbers start at 1 without gaps."""

    run_id: RunId
    seq: int
    kind: EventKind
    at: datetime
    data: bytes

    @property
    def is_last(self) -> bool:
        """Return whether this event ends the stream: a run has exactly one result, its last event."""
        return self.kind is EventKind.RESULT

    def numbered(self) -> bytes:
        """Return `data` with `seq` and the event's instant added, as one JSON object.

        >>> from datetime import UTC
        >>> at = datetime(2024, 1, 1, tzinfo=UTC)
        >>> RunEvent(run_id=RunId("r"), seq=3, kind=EventKind.UPDATE, at=at, data=b'{"a":1}').numbered()
        b'{"seq":3,"emitted_at":"2024-01-01T00:00:00Z","a":1}'
        """
        emitted_at = self.at.isoformat(timespec="seconds")[:19].encode()
        return b'{"seq":%d,"emitted_at":"%bZ",' % (self.seq, emitted_at) + self.data[1:]


def updated(run: Run, *, agent: str, message: str, progress: int, status: str = "processing") -> NewEvent:
    """Return a progress event; `progress` is percent of the whole run."""
    data = {"agent": agent, "status": status, "message": message, "progress": progress}
    return _event(EventKind.UPDATE, run, data)


def text_emitted(
    run: Run, *, agent: str, message: str, progress: int, text: str, attempt: int, at: int
) -> NewEvent:
    """Return an event with the next part of the answer; `at` is its offset in characters in this `attempt`.

    A later attempt, and the result, replace the whole text.
    """
    data = {"agent": agent, "status": "processing", "message": message, "progress": progress}
    return _event(EventKind.UPDATE, run, {**data, "text": text, "attempt": attempt, "at": at})


def completed(run: Run, result: msgspec.Raw) -> NewEvent:
    """Return the last event of a completed run."""
    return _event(EventKind.RESULT, run, {"success": True, "result": result})


def cancelled(run: Run) -> NewEvent:
    """Return the last event of a cancelled run."""
    return _event(EventKind.RESULT, run, {"success": False, "cancelled": True, "result": None})


def failed(run: Run, error: NetraError) -> tuple[NewEvent, NewEvent]:
    """Return the error event and the last event of a failed run."""
    failure = {
        "code": error.code,
        "message": error.message,
        "details": "; ".join(f"{key}: {value}" for key, value in error.details.items()) or error.message,
        "context": error.details,
    }
    ended = {"success": False, "result": None, "error": {"code": error.code, "message": error.message}}
    return _event(EventKind.ERROR, run, failure), _event(EventKind.RESULT, run, ended)


def _event(kind: EventKind, run: Run, data: Mapping[str, object]) -> NewEvent:
    named: dict[str, object] = {"run_id": run.id, "thread_id": run.thread_id, **data}
    if run.client_ref is not None:
        named["request_id"] = run.client_ref
    return NewEvent(kind=kind, data=msgspec.json.encode(named))
