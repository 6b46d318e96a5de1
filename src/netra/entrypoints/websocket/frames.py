"""The frames of the socket: their shapes, parsing and encoding.

The Structs here are the wire format; the AsyncAPI document is generated from them. No state, no socket:
`session` decides what a frame causes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from netra.domain.errors import Fault, InvalidRequest, NetraError, ValidationFailed
from netra.domain.ids import RunId, UserId
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Run, RunState
from netra.domain.runs.rules import CLIENT_REF_MAX
from netra.entrypoints.json_body import read_object, shaped
from netra.entrypoints.run_events import AgentResultData, AgentUpdateData, ErrorData, Timestamp
from netra.entrypoints.schemas import one_of
from netra.entrypoints.start_run import Ask
from netra.entrypoints.websocket.renewal import Authenticate
from netra.entrypoints.websocket.signals import WorkloadSeen
from netra.entrypoints.websocket.workload_frames import Unwatch, Watch, WorkloadUpdate, WorkloadUpdateData

SEQ_MAX: Final = 2**31 - 1  # the range of every store's event number
# encoded frames cached for readers of the same event, who request them at nearly the same time
ENCODED_MAX: Final = 256

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=CLIENT_REF_MAX)]


class _FromClient(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    id: Reference | None = None  # returned as `data.request_id` of the answer, and of a run that it starts
    timestamp: str | None = None  # for the client's own use; ignored


class OptimizationRequest(_FromClient, frozen=True, kw_only=True, tag="optimization_request"):
    """Start an analysis. Its `id` counts once in a day: a repeated one follows the run that it started."""

    data: Ask


class StopData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The run to cancel; without an id, the only live one."""

    run_id: str | None = None


class StopProcessing(_FromClient, frozen=True, kw_only=True, tag="stop_processing"):
    """Cancel a run."""

    data: StopData | None = None


class SubscribeData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The run to follow, from the event after `after` on."""

    run_id: str
    after: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)] = 0


class Subscribe(_FromClient, frozen=True, kw_only=True, tag="subscribe"):
    """Follow a run's events, including past ones."""

    data: SubscribeData


class Ping(_FromClient, frozen=True, kw_only=True, tag="ping"):
    """Check that the connection is alive."""

    data: Any = None


ClientFrame = OptimizationRequest | StopProcessing | Subscribe | Watch | Unwatch | Ping | Authenticate
CLIENT_FRAMES: Final[Mapping[str, type[ClientFrame]]] = {
    "optimization_request": OptimizationRequest,
    "stop_processing": StopProcessing,
    "subscribe": Subscribe,
    "watch": Watch,
    "unwatch": Unwatch,
    "ping": Ping,
    "authenticate": Authenticate,
}


class StatusData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The connected user; `run_id`: a run without events to send; `expires_at`: the new expiry."""

    connected: bool
    authenticated: bool
    user_id: int
    run_id: str | None = None
    phase: Annotated[str, one_of([*RunState, "cancelling"])] | None = None
    last_seq: Annotated[int, msgspec.Meta(ge=0)] | None = None
    expires_at: Timestamp | None = None
    request_id: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """The first frame of every connection, and the answer when no event is sent."""

    data: StatusData


class PongData(msgspec.Struct, frozen=True, kw_only=True):
    """The ping that this answers."""

    request_id: str


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong", omit_defaults=True):
    """The answer to a ping; it has `data` if the ping had an `id`."""

    timestamp: Timestamp
    data: PongData | None = None


class AgentUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="agent_update"):
    """Progress of a run."""

    data: AgentUpdateData
    timestamp: Timestamp


class AgentResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="agent_result"):
    """The last frame of a run."""

    data: AgentResultData
    timestamp: Timestamp


class Error(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A rejected request, a failed run, or the reason why the connection is about to close."""

    data: ErrorData
    timestamp: Timestamp


ServerFrame = Status | Pong | AgentUpdate | AgentResult | WorkloadUpdate | Error


def read_frame(text: str) -> ClientFrame:
    """Parse a client's frame.

    Raises `InvalidRequest` when it is not a JSON object with a string `type`, `ValidationFailed` when the
    type is unknown or its data violates the schema.

    >>> read_frame('{"type": "ping"}')
    Ping(id=None, timestamp=None, data=None)
    """
    message = read_object(text, subject="The message")
    name = message.get("type")
    if not isinstance(name, str):
        raise InvalidRequest("A message needs a `type` that is a string.")
    kind = CLIENT_FRAMES.get(name)
    if kind is None:
        known = ", ".join(CLIENT_FRAMES)
        sentence = f"type {name[:64]!r} is unknown; known types are {known}"
        raise ValidationFailed.of("type", "unknown", sentence)
    return shaped(message, kind)


def reference_of(text: str) -> str | None:
    """Return the `id` of a rejected message, if it has a valid one."""
    try:
        identifier = read_object(text).get("id")
    except ValidationFailed:
        return None  # nested too deeply to be parsed
    return identifier if isinstance(identifier, str) and 0 < len(identifier) <= CLIENT_REF_MAX else None


def stamp(at: datetime) -> str:
    """Format an instant for the API.

    >>> from datetime import UTC
    >>> stamp(datetime(2024, 1, 1, tzinfo=UTC))
    '2024-01-01T00:00:00Z'
    """
    return at.isoformat(timespec="seconds")[:19] + "Z"


def written(frame: ServerFrame) -> str:
    """Encode the frame as text."""
    return msgspec.json.encode(frame).decode()


def status_frame(user_id: UserId, *, until: datetime | None = None, request_id: str | None = None) -> str:
    """Return the first frame of a connection, or the answer to a new proof, valid until `until`."""
    end = None if until is None else stamp(until)
    data = StatusData(
        connected=True, authenticated=True, user_id=user_id, expires_at=end, request_id=request_id
    )
    return written(Status(data=data))


def pong_frame(ping: Ping, *, at: datetime) -> str:
    """Return the answer to a ping."""
    data = None if ping.id is None else PongData(request_id=ping.id)
    return written(Pong(timestamp=stamp(at), data=data))


def standing_frame(run: Run, *, request_id: str | None) -> str:
    """Return the state of a run without events to send: all were sent, or the API key may not read them."""
    data = StatusData(
        connected=True,
        authenticated=True,
        user_id=run.owner_id,
        run_id=run.id,
        phase=run.phase,
        last_seq=run.last_seq,
        request_id=request_id,
    )
    return written(Status(data=data))


def workload_frame(seen: WorkloadSeen, *, at: datetime) -> str:
    """Return the figures of a watched workload, as read at `at`."""
    figures = seen.figures
    last = figures.last_event_at
    data = WorkloadUpdateData(
        workload_id=seen.workload_id,
        event_count=figures.event_count,
        waiting_events=figures.waiting_events,
        last_event_at=None if last is None else stamp(last.astimezone(UTC)),
        request_id=seen.request_id,
    )
    return written(WorkloadUpdate(data=data, timestamp=stamp(at)))


def error_frame(
    error: NetraError, *, at: datetime, request_id: str | None = None, run_id: RunId | None = None
) -> str:
    """Return an error frame."""
    data = ErrorData(
        code=error.code,
        message=error.message,
        details=details_of(error),
        context=error.details,
        run_id=run_id, request_id=request_id,
    )  # fmt: skip
    return written(Error(data=data, timestamp=stamp(at)))


def details_of(error: NetraError) -> str:
    """Return the details of an error as a sentence for people.

    >>> details_of(ValidationFailed.of("message", "blank", "message must not be blank"))
    'message: message must not be blank'
    """
    faults: tuple[Fault, ...] = error.faults if isinstance(error, ValidationFailed) else ()
    if faults:
        return "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
    return "; ".join(f"{key}: {value}" for key, value in error.details.items()) or error.message


@lru_cache(maxsize=ENCODED_MAX)
def event_frame(event: RunEvent) -> str:
    """Return a run's event as a frame, encoded once for all its readers."""
    return _framed(event, event.numbered())


def thinned_frame(event: RunEvent, *, skipped: int) -> str:
    """Return an update that also counts `skipped` dropped updates before it."""
    return _framed(event, b'{"skipped":%d,' % skipped + event.numbered()[1:])


def _framed(event: RunEvent, data: bytes) -> str:
    return f'{{"type":"{event.kind.value}","data":{data.decode()},"timestamp":"{stamp(event.at)}"}}'
