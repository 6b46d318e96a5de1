"""The events of a run, alike over server-sent events and the socket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from netra_sdk.types import Advice, AgentUpdateDataAgent, RunError


class _OfRun(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    seq: int
    run_id: str
    thread_id: str
    emitted_at: datetime | None = None
    request_id: str | None = None

    @property
    def raw(self) -> dict[str, Any]:
        """The event's data as it came, with the fields that this version does not know."""
        return _ANY.decode(vars(self)["data"])


class AgentUpdate(_OfRun, frozen=True, kw_only=True, dict=True):
    """Progress: `progress` is percent of the run; `text` is more of the answer, if a model words it."""

    agent: AgentUpdateDataAgent
    status: str
    message: str
    progress: int
    text: str = ""
    attempt: int = 0
    position: int = msgspec.field(name="at", default=0)
    skipped: int = 0


class AgentResult(_OfRun, frozen=True, kw_only=True, dict=True):
    """The last event: `result` if `success`, otherwise `cancelled` or `error`."""

    success: bool
    result: Advice | None = None
    cancelled: bool = False
    error: RunError | None = None


class RunFault(_OfRun, frozen=True, kw_only=True, dict=True):
    """Why the run fails; `AgentResult` follows."""

    code: str
    message: str
    details: str = ""
    context: dict[str, Any] = {}


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a later version of the service."""

    type: str
    seq: int
    data: dict[str, Any]

    @property
    def raw(self) -> dict[str, Any]:
        """The event's data as it came."""
        return self.data


RunEvent = AgentUpdate | AgentResult | RunFault | UnknownEvent

_UPDATE = msgspec.json.Decoder(AgentUpdate)
_RESULT = msgspec.json.Decoder(AgentResult)
_FAULT = msgspec.json.Decoder(RunFault)
_ANY = msgspec.json.Decoder(dict[str, Any])


class TextPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the answer's words; with `restarted` it voids everything before it."""

    text: str
    attempt: int
    restarted: bool = False


def event_of(kind: str, data: bytes | str, *, seq: int = 0) -> RunEvent:
    """Return the event. Raises `msgspec.DecodeError` when it cannot be read."""
    event: AgentUpdate | AgentResult | RunFault
    match kind:
        case "agent_update":
            event = _UPDATE.decode(data)
        case "agent_result":
            event = _RESULT.decode(data)
        case "error":
            event = _FAULT.decode(data)
        case _:
            return UnknownEvent(type=kind, seq=seq, data=_ANY.decode(data))
    vars(event)["data"] = data
    return event
