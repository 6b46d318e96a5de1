"""One connection as a state machine without a socket: inputs in, outputs out.

Time is an argument; the caller does all waiting. `advance` looks up phase and input in one table; an input
that is not in the table, such as any after the close, has no effect.
"""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from netra.domain.errors import Conflict, Forbidden, NetraError, RateLimited, TokenExpired, ValidationFailed
from netra.domain.ids import RunId, WorkloadId, well_formed
from netra.domain.quotas import Admission
from netra.domain.runs.model import Run, StopRun
from netra.domain.users.model import KeyScope, Principal
from netra.entrypoints.errors import UnsupportedMediaType, outcome_of
from netra.entrypoints.start_run import start_referenced_run
from netra.entrypoints.websocket import frames, signals
from netra.entrypoints.websocket.frames import OptimizationRequest, Ping, StopProcessing, Subscribe
from netra.entrypoints.websocket.renewal import Authenticate
from netra.entrypoints.websocket.signals import (
    Close,
    Find,
    FindWorkload,
    Follow,
    Output,
    Prove,
    Send,
    Start,
    Stop,
)
from netra.entrypoints.websocket.workload_frames import Unwatch, Watch, WatchData

FOLLOWED_MAX: Final = 100  # runs followed concurrently on one connection; each costs a task
WATCHED_MAX: Final = 10  # workloads watched concurrently on one connection; each is read once a second
GOING_AWAY: Final = 1001
TOO_SLOW: Final = 1008
# bytes; RFC 6455, section 5.5: a control frame holds 125 bytes, two of them the code
REASON_BYTES_MAX: Final = 123


class Phase(enum.Enum):
    """The phase of a connection."""

    CONNECTING = enum.auto()
    OPEN = enum.auto()
    CLOSED = enum.auto()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one connection: the runs whose events it receives, and the workloads that it watches."""

    phase: Phase = Phase.CONNECTING
    principal: Principal | None = None
    followed: frozenset[RunId] = frozenset()
    watched: frozenset[WorkloadId] = frozenset()


Step = tuple[Session, tuple[Output, ...]]


def advance(session: Session, signal: signals.Input, *, now: datetime) -> Step:
    """Return the next state after an input at `now`, and the outputs, in order."""
    reaction = _REACTIONS.get((session.phase, type(signal)))
    return (session, ()) if reaction is None else reaction(session, signal, now)


def expired() -> TokenExpired:
    """Return the error for a connection whose proof has expired."""
    return TokenExpired("The token has expired; sign in again.")


def signed_out() -> TokenExpired:
    """Return the error for a connection whose session was ended elsewhere."""
    return TokenExpired("This session has ended; sign in again.")


def over_limit(admission: Admission, *, what: str) -> RateLimited:
    """Return the error for a connection that exceeded a rate limit."""
    sentence = f"More than {admission.limit} {what} in a minute; try again in {admission.retry_after_s} s."
    return RateLimited(sentence, retry_after_s=admission.retry_after_s)


def _open(session: Session, signal: signals.SignedIn, _: datetime) -> Step:
    principal = signal.principal
    opened = msgspec.structs.replace(session, phase=Phase.OPEN, principal=principal)
    return opened, (Send(frames.status_frame(principal.user_id)),)


def _renew(session: Session, signal: signals.Renewed, now: datetime) -> Step:
    """Replace the proof by a new one; a socket never changes its user."""
    principal, request_id = signal.principal, signal.request_id
    if principal.user_id != _principal(session).user_id:
        refusal = Forbidden("This token belongs to another user; open another connection for it.")
        return _report_error(session, signals.CommandFailed(refusal, request_id), now)
    if (session.followed or session.watched) and not principal.may_read:
        sentence = "This connection follows runs or workloads, but this API key lacks the scope read."
        refusal = Forbidden(sentence, scope="read")
        return _report_error(session, signals.CommandFailed(refusal, request_id), now)
    renewed = msgspec.structs.replace(session, principal=principal)
    frame = frames.status_frame(principal.user_id, until=principal.expires_at, request_id=request_id)
    return renewed, (Send(frame),)


def _refuse(session: Session, signal: signals.Refused, now: datetime) -> Step:
    error = signal.error
    refusal = Send(frames.error_frame(error, at=now))
    return _closed(session, refusal, code=outcome_of(error).close_code, reason=error.message)


def _drain(session: Session, _: signals.Drained, __: datetime) -> Step:
    return _closed(session, code=GOING_AWAY, reason="The server is shutting down; reconnect.")


def _drop(session: Session, _: signals.ReaderTooSlow, __: datetime) -> Step:
    return _closed(session, code=TOO_SLOW, reason="Reading too slowly; reconnect and subscribe.")


def _refuse_bytes(session: Session, _: signals.BinaryReceived, now: datetime) -> Step:
    return _refuse(
        session, signals.Refused(UnsupportedMediaType("Messages must be JSON in text frames.")), now
    )


def _receive(session: Session, signal: signals.TextReceived, now: datetime) -> Step:
    principal = _principal(session)
    if principal.expires_at <= now:
        return _refuse(session, signals.Refused(expired()), now)
    try:
        frame = frames.read_frame(signal.text)
        _check_scope(frame, principal)
        if isinstance(frame, Unwatch):
            return _unwatch(session, frame)
        return session, _asked(frame, principal, now)
    except (ValidationFailed, Forbidden) as error:
        failure = signals.CommandFailed(error, frames.reference_of(signal.text))
        return _report_error(session, failure, now)
    except NetraError as error:
        return _refuse(session, signals.Refused(error), now)


def _check_scope(frame: frames.ClientFrame, principal: Principal) -> None:
    """Raise `Forbidden` when the principal is an API key without the scope."""
    needed = KeyScope.READ if isinstance(frame, Subscribe | Watch | Unwatch) else KeyScope.EXECUTE
    if not isinstance(frame, Ping | Authenticate) and needed not in principal.scopes:
        raise Forbidden(f"This API key lacks the scope {needed.value}.", scope=needed.value)


_Asked = OptimizationRequest | StopProcessing | Subscribe | Watch | Ping | Authenticate


def _asked(frame: _Asked, principal: Principal, now: datetime) -> tuple[Output, ...]:
    match frame:
        case Ping():
            return (Send(frames.pong_frame(frame, at=now)),)
        case OptimizationRequest():
            return (Start(start_referenced_run(frame.data, owner_id=principal.user_id, reference=frame.id)),)
        case StopProcessing():
            return (Stop(StopRun(owner_id=principal.user_id, run_id=_named(frame.data)), frame.id),)
        case Subscribe():
            run_id = RunId(well_formed(frame.data.run_id, path="data.run_id"))
            return (Find(run_id, frame.data.after, frame.id),)
        case Watch():
            return (FindWorkload(_named_workload(frame.data), frame.id),)
        case Authenticate():
            return (Prove(frame.data.token, frame.id),)


def _named(data: frames.StopData | None) -> RunId | None:
    if data is None or data.run_id is None:
        return None
    return RunId(well_formed(data.run_id, path="data.run_id"))


def _named_workload(data: WatchData) -> WorkloadId:
    return WorkloadId(well_formed(data.workload_id, path="data.workload_id"))


def _unwatch(session: Session, frame: Unwatch) -> Step:
    workload_id = _named_workload(frame.data)
    left = msgspec.structs.replace(session, watched=session.watched - {workload_id})
    answer = frames.status_frame(_principal(session).user_id, request_id=frame.id)
    return left, (signals.Unwatch(workload_id), Send(answer))


def _started(session: Session, signal: signals.RunStarted, now: datetime) -> Step:
    run = signal.run
    return _follow(session, run, after=0, request_id=run.client_ref, now=now)


def _stopped(session: Session, signal: signals.RunStopped, now: datetime) -> Step:
    run, request_id = signal.run, signal.request_id
    if run.id in session.followed:
        return session, ()  # its events show the outcome
    if run.state.is_terminal:
        return _stand(session, run, request_id=request_id)
    return _follow(session, run, after=run.last_seq, request_id=request_id, now=now)


def _found(session: Session, signal: signals.RunFound, now: datetime) -> Step:
    run, after, request_id = signal.run, signal.after, signal.request_id
    if after > run.last_seq:
        sentence = f"after is {after}, but the last event so far is {run.last_seq}"
        refusal = ValidationFailed.of("data.after", "out_of_range", sentence)
        return _report_error(session, signals.CommandFailed(refusal, request_id, run.id), now)
    if run.state.is_terminal and after == run.last_seq:
        return _stand(session, run, request_id=request_id)
    return _follow(session, run, after=after, request_id=request_id, now=now)


def _stand(session: Session, run: Run, *, request_id: str | None) -> Step:
    return session, (Send(frames.standing_frame(run, request_id=request_id)),)


def _follow(session: Session, run: Run, *, after: int, request_id: str | None, now: datetime) -> Step:
    """Follow the run; an API key without the scope `read` gets its state, but not its events."""
    if not _principal(session).may_read:
        return _stand(session, run, request_id=request_id)
    followed = session.followed | {run.id}
    if len(followed) > FOLLOWED_MAX:
        refusal = Conflict(f"This connection already follows {FOLLOWED_MAX} runs; open another one.")
        return _report_error(session, signals.CommandFailed(refusal, request_id, run.id), now)
    return msgspec.structs.replace(session, followed=followed), (Follow(run.id, after),)


def _report_error(session: Session, signal: signals.CommandFailed, now: datetime) -> Step:
    error, request_id, run_id = signal.error, signal.request_id, signal.run_id
    return session, (Send(frames.error_frame(error, at=now, request_id=request_id, run_id=run_id)),)


def _end_run(session: Session, signal: signals.RunEnded, _: datetime) -> Step:
    return msgspec.structs.replace(session, followed=session.followed - {signal.run_id}), ()


def _watch(session: Session, signal: signals.WorkloadFound, now: datetime) -> Step:
    watched = session.watched | {signal.workload_id}
    if len(watched) > WATCHED_MAX:
        refusal = Conflict(f"This connection already watches {WATCHED_MAX} workloads; unwatch one first.")
        return _report_error(session, signals.CommandFailed(refusal, signal.request_id), now)
    outputs = (signals.Watch(signal.workload_id, signal.request_id),)
    return msgspec.structs.replace(session, watched=watched), outputs


def _show_workload(session: Session, signal: signals.WorkloadSeen, now: datetime) -> Step:
    is_watched = signal.workload_id in session.watched
    return session, (Send(frames.workload_frame(signal, at=now)),) if is_watched else ()


def _end_watch(session: Session, signal: signals.WatchEnded, _: datetime) -> Step:
    return msgspec.structs.replace(session, watched=session.watched - {signal.workload_id}), ()


def _closed(session: Session, *outputs: Output, code: int, reason: str) -> Step:
    cut = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
    closed = Session(phase=Phase.CLOSED, principal=session.principal)
    return closed, (*outputs, Close(code, cut))


def _principal(session: Session) -> Principal:
    assert session.principal is not None, "an open session has a principal"  # noqa: S101  # for the types
    return session.principal


_Reaction = Callable[[Session, Any, datetime], Step]
_REACTIONS: Final[Mapping[tuple[Phase, type[signals.Input]], _Reaction]] = {
    (Phase.CONNECTING, signals.SignedIn): _open,
    (Phase.CONNECTING, signals.Refused): _refuse,
    (Phase.CONNECTING, signals.Drained): _drain,
    (Phase.OPEN, signals.Renewed): _renew,
    (Phase.OPEN, signals.Refused): _refuse,
    (Phase.OPEN, signals.Drained): _drain,
    (Phase.OPEN, signals.ReaderTooSlow): _drop,
    (Phase.OPEN, signals.TextReceived): _receive,
    (Phase.OPEN, signals.BinaryReceived): _refuse_bytes,
    (Phase.OPEN, signals.RunStarted): _started,
    (Phase.OPEN, signals.RunStopped): _stopped,
    (Phase.OPEN, signals.RunFound): _found,
    (Phase.OPEN, signals.CommandFailed): _report_error,
    (Phase.OPEN, signals.RunEnded): _end_run,
    (Phase.OPEN, signals.WorkloadFound): _watch,
    (Phase.OPEN, signals.WorkloadSeen): _show_workload,
    (Phase.OPEN, signals.WatchEnded): _end_watch,
}
