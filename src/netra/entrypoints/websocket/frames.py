"""The frames of the socket: what each looks like, how it is read and how it is written.

Structs here are the wire, word for word; the AsyncAPI document is made from them. No state, no
socket: what a frame leads to is decided in `session`.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from netra.domain.errors import Fault, InvalidRequest, NetraError, ValidationFailed
from netra.domain.ids import RunId, UserId
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Run
from netra.domain.runs.rules import CLIENT_REF_MAX
from netra.entrypoints.json_body import read_object, shaped
from netra.entrypoints.start_run import Ask
from netra.entrypoints.websocket.renewal import Authenticate

SEQ_MAX: Final = 2**31 - 1  # what every store's event number fits into
ENCODED_MAX: Final = 256  # frames kept for readers of the same event; they come within moments of each other

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=CLIENT_REF_MAX)]
Timestamp = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class _FromClient(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    id: Reference | None = None  # comes back as `data.request_id` of the answer, and of a run it starts
    timestamp: str | None = None  # the client's own note; not read


class OptimizationRequest(_FromClient, frozen=True, kw_only=True, tag="optimization_request"):
    """Ask for an analysis."""

    data: Ask


class StopData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which run to stop; without an id, the only live one."""

    run_id: str | None = None


class StopProcessing(_FromClient, frozen=True, kw_only=True, tag="stop_processing"):
    """Cancel a run."""

    data: StopData | None = None


class SubscribeData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which run to hear of, from the event after `after` on."""

    run_id: str
    after: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)] = 0


class Subscribe(_FromClient, frozen=True, kw_only=True, tag="subscribe"):
    """Hear a run's events, also those that were missed."""

    data: SubscribeData


class Ping(_FromClient, frozen=True, kw_only=True, tag="ping"):
    """Ask whether anybody is there."""

    data: Any = None


ClientFrame = OptimizationRequest | StopProcessing | Subscribe | Ping | Authenticate
CLIENT_FRAMES: Final[Mapping[str, type[ClientFrame]]] = {
    "optimization_request": OptimizationRequest,
    "stop_processing": StopProcessing,
    "subscribe": Subscribe,
    "ping": Ping,
    "authenticate": Authenticate,
}


class StatusData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is connected; with `run_id`, a run that sends no events; with `expires_at`, the new end."""

    connected: bool
    authenticated: bool
    user_id: int
    run_id: str | None = None
    phase: str | None = None
    last_seq: int | None = None
    expires_at: Timestamp | None = None
    request_id: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """The first frame of every connection, and the answer where no event is sent."""

    data: StatusData


class PongData(msgspec.Struct, frozen=True, kw_only=True):
    """Which ping this answers."""

    request_id: str


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong", omit_defaults=True):
    """The answer to a ping; it has `data` when the ping had an `id`."""

    timestamp: Timestamp
    data: PongData | None = None


class _OfRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    seq: int  # rises by one in each run
    run_id: str
    thread_id: str
    request_id: str | None = None  # the `id` of the frame that started the run


class AgentUpdateData(_OfRun, frozen=True, kw_only=True, omit_defaults=True):
    """What an agent is doing; `skipped` updates before this one were left out for a slow reader."""

    agent: str
    status: str
    message: str
    progress: Percent
    text: str = ""  # some more of the answer, where a language model words it
    attempt: int = 0  # which wording `text` is of; a later one, and the result, take its place
    at: int = 0  # characters of this attempt that stand before `text`
    skipped: int = 0


class AgentUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="agent_update"):
    """Word of a run that goes on."""

    data: AgentUpdateData
    timestamp: Timestamp


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run has no result."""

    code: str
    message: str


class AgentResultData(_OfRun, frozen=True, kw_only=True, omit_defaults=True):
    """How a run ended: `result` when `success`, else `cancelled` or `error`."""

    success: bool
    result: dict[str, Any] | None
    cancelled: bool = False
    error: Failure | None = None


class AgentResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="agent_result"):
    """The last frame of a run."""

    data: AgentResultData
    timestamp: Timestamp


class ErrorData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong: `details` for a person, `context` for a program."""

    code: str
    message: str
    details: str
    context: Mapping[str, Any]
    run_id: str | None = None
    request_id: str | None = None
    thread_id: str | None = None
    seq: int | None = None  # given when the error is an event of the run


class Error(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A request that was refused, a run that failed, or why the connection will now close."""

    data: ErrorData
    timestamp: Timestamp


ServerFrame = Status | Pong | AgentUpdate | AgentResult | Error


def read_frame(text: str) -> ClientFrame:
    """Return what the client said.

    Raises `InvalidRequest` when it is not a JSON object with a string `type`, `ValidationFailed`
    when the type is unknown or its data breaks the schema.

    >>> read_frame('{"type": "ping"}')
    Ping(id=None, timestamp=None, data=None)
    """
    message = read_object(text)
    name = message.get("type")
    if not isinstance(name, str):
        raise InvalidRequest("A message needs a `type` that is a string.")
    kind = CLIENT_FRAMES.get(name)
    if kind is None:
        known = ", ".join(CLIENT_FRAMES)
        sentence = f"type {name[:64]!r} is not known; known are {known}"
        raise ValidationFailed.of("type", "unknown", sentence)
    return shaped(message, kind)


def reference_of(text: str) -> str | None:
    """Return the `id` of a message that was refused, where it has a usable one."""
    try:
        identifier = read_object(text).get("id")
    except ValidationFailed:
        return None  # it is nested too deeply to be looked into
    return identifier if isinstance(identifier, str) and 0 < len(identifier) <= CLIENT_REF_MAX else None


def stamp(at: datetime) -> str:
    """Return an instant as the API writes it.

    >>> from datetime import UTC
    >>> stamp(datetime(2024, 1, 1, tzinfo=UTC))
    '2024-01-01T00:00:00Z'
    """
    return at.isoformat(timespec="seconds")[:19] + "Z"


def written(frame: ServerFrame) -> str:
    """Return the frame as text."""
    return msgspec.json.encode(frame).decode()


def status_frame(user_id: UserId, *, until: datetime | None = None, request_id: str | None = None) -> str:
    """Return the first frame of a connection, or the answer to a new proof, which lasts `until`."""
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
    """Return the state of a run whose events are not sent: none is left, or the API key may not read them."""
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


def error_frame(
    error: NetraError, *, at: datetime, request_id: str | None = None, run_id: RunId | None = None
) -> str:
    """Return a refusal."""
    data = ErrorData(
        code=error.code,
        message=error.message,
        details=details_of(error),
        context=error.details,
        run_id=run_id, request_id=request_id,
    )  # fmt: skip
    return written(Error(data=data, timestamp=stamp(at)))


def details_of(error: NetraError) -> str:
    """Return the facts of an error as a sentence for a person.

    >>> details_of(ValidationFailed.of("message", "blank", "message must not be blank"))
    'message: message must not be blank'
    """
    faults: tuple[Fault, ...] = error.faults if isinstance(error, ValidationFailed) else ()
    if faults:
        return "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
    return "; ".join(f"{key}: {value}" for key, value in error.details.items()) or error.message


@lru_cache(maxsize=ENCODED_MAX)
def event_frame(event: RunEvent) -> str:
    """Return a run's event as a frame, encoded once for all who read it."""
    return _framed(event, event.numbered())


def thinned_frame(event: RunEvent, *, skipped: int) -> str:
    """Return an update that stands for itself and for `skipped` updates before it."""
    return _framed(event, b'{"skipped":%d,' % skipped + event.numbered()[1:])


def _framed(event: RunEvent, data: bytes) -> str:
    return f'{{"type":"{event.kind.value}","data":{data.decode()},"timestamp":"{stamp(event.at)}"}}'
