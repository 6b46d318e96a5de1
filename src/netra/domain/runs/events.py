"""What happens to a run, numbered: the one stream that every transport translates.

An event's `data` is the JSON object that clients see, without `seq`: the store numbers it, so that
a number stands in one place only.
"""

import enum
from datetime import datetime
from typing import Any

import msgspec

from netra.domain.errors import NetraError
from netra.domain.ids import RunId
from netra.domain.runs.model import Run


class EventKind(enum.StrEnum):
    """The documented frame types that belong to a run."""

    UPDATE = "agent_update"
    RESULT = "agent_result"
    ERROR = "error"


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has no number yet."""

    kind: EventKind
    data: bytes


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Event `seq` of a run, from 1 without holes."""

    run_id: RunId
    seq: int
    kind: EventKind
    at: datetime
    data: bytes

    @property
    def is_last(self) -> bool:
        """Whether nothing follows: a run has exactly one result, and it ends the stream."""
        return self.kind is EventKind.RESULT

    def numbered(self) -> bytes:
        """Return `data` with `seq` in it, as one JSON object.

        >>> from datetime import UTC
        >>> at = datetime(2024, 1, 1, tzinfo=UTC)
        >>> RunEvent(run_id=RunId("r"), seq=3, kind=EventKind.UPDATE, at=at, data=b'{"a":1}').numbered()
        b'{"seq":3,"a":1}'
        """
        return b'{"seq":%d,' % self.seq + self.data[1:]


def updated(run: Run, *, agent: str, message: str, progress: int, status: str = "processing") -> NewEvent:
    """Return word of work going on; `progress` is percent of the whole run."""
    data = {"agent": agent, "status": status, "message": message, "progress": progress}
    return _event(EventKind.UPDATE, run, data)


def text_emitted(
    run: Run, *, agent: str, message: str, progress: int, text: str, attempt: int, at: int
) -> NewEvent:
    """Return some more of the answer: `text` stands `at` so many characters into this `attempt`.

    A later attempt, and the result, take the place of all of it.
    """
    data = {"agent": agent, "status": "processing", "message": message, "progress": progress}
    return _event(EventKind.UPDATE, run, {**data, "text": text, "attempt": attempt, "at": at})


def completed(run: Run, result: msgspec.Raw) -> NewEvent:
    """Return the end of a run that has an answer."""
    return _event(EventKind.RESULT, run, {"success": True, "result": result})


def cancelled(run: Run) -> NewEvent:
    """Return the end of a run that was told to stop."""
    return _event(EventKind.RESULT, run, {"success": False, "cancelled": True, "result": None})


def failed(run: Run, error: NetraError) -> tuple[NewEvent, NewEvent]:
    """Return the error and the end of a run that has none but this answer."""
    failure = {
        "code": error.code,
        "message": error.message,
        "details": "; ".join(f"{key}: {value}" for key, value in error.details.items()) or error.message,
        "context": error.details,
    }
    ended = {"success": False, "result": None, "error": {"code": error.code, "message": error.message}}
    return _event(EventKind.ERROR, run, failure), _event(EventKind.RESULT, run, ended)


def _event(kind: EventKind, run: Run, data: dict[str, Any]) -> NewEvent:
    named: dict[str, Any] = {"run_id": run.id, "thread_id": run.thread_id, **data}
    if run.client_ref is not None:
        named["request_id"] = run.client_ref
    return NewEvent(kind=kind, data=msgspec.json.encode(named))
