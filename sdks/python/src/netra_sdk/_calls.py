"""One function an operation: arguments in, the `Call` that carries them out. No I/O."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from netra_sdk import types as t
from netra_sdk._policy import DELETE, KEYED, ONCE, PURE, SAFE, Call, Query

T = TypeVar("T")

EVENTS_MAX = 10_000  # rows of one request
EVENTS_BYTES_MAX = 32 * 1024 * 1024  # bytes of one request
NDJSON = "application/x-ndjson"
Instant = datetime | str  # a text is sent as it is, such as "2026-10-01T00:00:00Z"
Names = str | Sequence[str]
CallRow = t.WorkloadEvent | Mapping[str, Any]

_ENCODER = msgspec.json.Encoder()


_READERS: dict[type[Any], Callable[[bytes], Any]] = {}


def _reader(kind: type[T]) -> Callable[[bytes], T]:
    """Return the decoder of a type, built at its first use."""
    if kind not in _READERS:
        _READERS[kind] = msgspec.json.Decoder(kind).decode
    return _READERS[kind]


def _get(path: str, template: str, kind: type[T], params: Query | None = None) -> Call[T]:
    return Call(
        method="GET", path=path, template=template, safety=SAFE, read=_reader(kind), params=params or {}
    )


def _post(
    path: str,
    template: str,
    kind: type[T],
    body: Any = None,
    *,
    safety: str,
    key: str | None = None,
    is_public: bool = False,
    method: str = "POST",
) -> Call[T]:
    return Call(
        method=method,
        path=path,
        template=template,
        safety=safety,
        read=_reader(kind),
        body=None if body is None else _ENCODER.encode(body),
        idempotency_key=key,
        is_public=is_public,
    )


def _delete(path: str, template: str, kind: type[T], empty: T) -> Call[T]:
    return Call(method="DELETE", path=path, template=template, safety=DELETE, read=_reader(kind), empty=empty)


def _with(call: Call[T], **changes: Any) -> Call[T]:
    return replace(call, **changes)


def _id(value: str) -> str:
    return quote(value, safe="")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _instant(at: Instant | None) -> str | None:
    """Return an instant as the service reads it; one without a zone is in UTC."""
    if at is None or isinstance(at, str):
        return at
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def _page(limit: int | None, cursor: str | None, **others: Names | None) -> dict[str, Names]:
    found = {name: value for name, value in others.items() if value is not None}
    if limit is not None:
        found["limit"] = str(limit)
    if cursor is not None:
        found["cursor"] = cursor
    return found


# Signing in, and the account.


def login(email: str, password: str) -> Call[t.LoginResponse]:
    body = {"email": email, "password": password}
    return _post("/api/auth/login", "/api/auth/login", t.LoginResponse, body, safety=ONCE, is_public=True)


def register(email: str, name: str, password: str, *, key: str | None) -> Call[t.UserCard]:
    path = "/api/auth/register"
    body = {"email": email, "name": name, "password": password}
    return _post(path, path, t.UserCard, body, safety=KEYED, key=key, is_public=True)


def refresh(refresh_token: str) -> Call[t.LoginResponse]:
    path = "/api/auth/refresh"
    body = {"refresh_token": refresh_token}
    return _post(path, path, t.LoginResponse, body, safety=KEYED, is_public=True)


def exchange(code: str, *, key: str | None) -> Call[t.LoginResponse]:
    path = "/api/auth/exchange"
    body = {"code": code}
    return _post(path, path, t.LoginResponse, body, safety=KEYED, key=key, is_public=True)


def authorize(redirect_uri: str | None) -> Call[t.AuthorizationUrl]:
    path = "/api/auth/google/authorize"
    call = _get(path, path, t.AuthorizationUrl, _given(redirect_uri=redirect_uri))
    return _with(call, is_public=True)


def me() -> Call[t.UserProfile]:
    return _get("/api/auth/me", "/api/auth/me", t.UserProfile)


def logout() -> Call[t.Confirmation]:
    return _post("/api/auth/logout", "/api/auth/logout", t.Confirmation, safety=PURE)


def change_password(current: str, new: str) -> Call[t.PasswordChanged]:
    body = {"current_password": current, "new_password": new}
    return _post("/api/auth/password", "/api/auth/password", t.PasswordChanged, body, safety=ONCE)


def list_sessions() -> Call[t.SessionList]:
    return _get("/api/auth/sessions", "/api/auth/sessions", t.SessionList)


def end_session(session_id: str) -> Call[t.Confirmation]:
    path = f"/api/auth/sessions/{_id(session_id)}"
    return _delete(
        path, "/api/auth/sessions/{session_id}", t.Confirmation, t.Confirmation(message="Session ended")
    )


def end_sessions() -> Call[t.Confirmation]:
    return _delete(
        "/api/auth/sessions", "/api/auth/sessions", t.Confirmation, t.Confirmation(message="Signed out")
    )


def ticket() -> Call[t.Ticket]:
    return _post("/api/auth/ws-ticket", "/api/auth/ws-ticket", t.Ticket, safety=PURE)


# Runs.


def execute(
    message: str,
    *,
    workload_id: str | None,
    parameters: Mapping[str, Any] | None,
    thread_id: str | None,
    key: str | None,
) -> Call[t.RunAccepted]:
    body = _given(message=message, workload_id=workload_id, parameters=parameters, thread_id=thread_id)
    return _post("/api/agent/execute", "/api/agent/execute", t.RunAccepted, body, safety=KEYED, key=key)


def status(run_id: str) -> Call[t.RunStatus]:
    return _get(f"/api/agent/status/{_id(run_id)}", "/api/agent/status/{run_id}", t.RunStatus)


def stream_path(run_id: str) -> str:
    return f"/api/agent/stream/{_id(run_id)}"


def history(
    *,
    thread_id: str | None = None,
    workload_id: str | None = None,
    status: str | None = None,
    q: str | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[t.RunHistory]:
    params = _page(
        limit,
        cursor,
        thread_id=thread_id,
        workload_id=workload_id,
        status=status,
        q=q,
        since=_instant(since),
        until=_instant(until),
    )
    return _get("/api/agent/history", "/api/agent/history", t.RunHistory, params)


def cancel(run_id: str, *, key: str | None) -> Call[t.RunStatus]:
    path = f"/api/agent/runs/{_id(run_id)}/cancel"
    return _post(path, "/api/agent/runs/{run_id}/cancel", t.RunStatus, safety=KEYED, key=key)


# Threads.


def list_threads(*, limit: int | None, cursor: str | None) -> Call[t.ThreadList]:
    return _get("/api/threads", "/api/threads", t.ThreadList, _page(limit, cursor))


def get_thread(thread_id: str) -> Call[t.ThreadPage]:
    return _get(f"/api/threads/{_id(thread_id)}", "/api/threads/{thread_id}", t.ThreadPage)


def rename_thread(thread_id: str, title: str) -> Call[t.ThreadLine]:
    path, body = f"/api/threads/{_id(thread_id)}", {"title": title}
    return _post(path, "/api/threads/{thread_id}", t.ThreadLine, body, safety=PURE, method="PATCH")


def delete_thread(thread_id: str) -> Call[t.Confirmation]:
    path = f"/api/threads/{_id(thread_id)}"
    gone = t.Confirmation(message="Thread deleted successfully")
    return _delete(path, "/api/threads/{thread_id}", t.Confirmation, gone)


# Workloads.


def create_workload(name: str, *, key: str | None) -> Call[t.WorkloadCard]:
    return _post("/api/workloads", "/api/workloads", t.WorkloadCard, {"name": name}, safety=KEYED, key=key)


def list_workloads(*, limit: int | None, cursor: str | None) -> Call[t.WorkloadList]:
    return _get("/api/workloads", "/api/workloads", t.WorkloadList, _page(limit, cursor))


def get_workload(workload_id: str) -> Call[t.WorkloadDetail]:
    return _get(f"/api/workloads/{_id(workload_id)}", "/api/workloads/{workload_id}", t.WorkloadDetail)


def rename_workload(workload_id: str, name: str) -> Call[t.WorkloadCard]:
    path, body = f"/api/workloads/{_id(workload_id)}", {"name": name}
    return _post(path, "/api/workloads/{workload_id}", t.WorkloadCard, body, safety=PURE, method="PATCH")


def delete_workload(workload_id: str) -> Call[t.Confirmation]:
    path = f"/api/workloads/{_id(workload_id)}"
    gone = t.Confirmation(message="Workload deleted successfully")
    return _delete(path, "/api/workloads/{workload_id}", t.Confirmation, gone)


def add_events(workload_id: str, lines: bytes, *, key: str) -> Call[t.EventsTaken]:
    return Call(
        method="POST",
        path=f"/api/workloads/{_id(workload_id)}/events",
        template="/api/workloads/{workload_id}/events",
        safety=KEYED,
        read=_reader(t.EventsTaken),
        body=lines,
        content_type=NDJSON,
        idempotency_key=key,
    )


def new_key() -> str:
    """Return a new idempotency key."""
    return f"python-{uuid.uuid4()}"


def line_of(event: CallRow) -> bytes:
    """Return one event as a line of NDJSON."""
    return _ENCODER.encode(event) + b"\n"


def batches(events: Iterable[CallRow]) -> Iterable[bytes]:
    """Yield bodies of at most 10,000 rows and 32 MiB."""
    lines: list[bytes] = []
    size = 0
    for event in events:
        line = line_of(event)
        if lines and (len(lines) == EVENTS_MAX or size + len(line) > EVENTS_BYTES_MAX):
            yield b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield b"".join(lines)


def joined(workload_id: str, parts: Sequence[t.EventsTaken]) -> t.EventsTaken:
    """Return the outcome of several batches as one; lines count on from batch to batch."""
    results: list[t.RowOutcome] = []
    for part in parts:
        first = len(results)
        results += [msgspec.structs.replace(one, line=one.line + first) for one in part.results]
    return t.EventsTaken(
        workload_id=workload_id,
        accepted=sum(part.accepted for part in parts),
        duplicates=sum(part.duplicates for part in parts),
        rejected=sum(part.rejected for part in parts),
        results=results,
        notes=[note for part in parts for note in part.notes],
    )


def list_events(
    workload_id: str,
    *,
    ids: Sequence[str] | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    labels: Mapping[str, Names | None],
    sort: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[t.EventList]:
    params = _page(limit, cursor, sort=sort, id=ids, **labels)
    params |= _given(**{"from": _instant(since), "to": _instant(until)})
    path = f"/api/workloads/{_id(workload_id)}/events"
    return _get(path, "/api/workloads/{workload_id}/events", t.EventList, params)


def intake(workload_id: str) -> Call[t.IntakeAnswer]:
    path = f"/api/workloads/{_id(workload_id)}/intake"
    return _get(path, "/api/workloads/{workload_id}/intake", t.IntakeAnswer)


def decisions(workload_id: str) -> Call[t.DecisionList]:
    path = f"/api/workloads/{_id(workload_id)}/decisions"
    return _get(path, "/api/workloads/{workload_id}/decisions", t.DecisionList)


def verification(workload_id: str, key: str) -> Call[t.DecisionVerification]:
    path = f"/api/workloads/{_id(workload_id)}/decisions/{_id(key)}/verification"
    template = "/api/workloads/{workload_id}/decisions/{key}/verification"
    return _get(path, template, t.DecisionVerification)


def decide(
    workload_id: str,
    key: str,
    state: str,
    *,
    run_id: str | None,
    reason: str | None,
    note: str | None,
    effective_at: Instant | None,
    until: Instant | None,
    etag: str | None,
) -> Call[t.DecisionLine]:
    path = f"/api/workloads/{_id(workload_id)}/decisions/{_id(key)}"
    dates = _given(effective_at=_instant(effective_at), until=_instant(until))
    body = _given(state=state, run_id=run_id, reason=reason, note=note) | dates
    template = "/api/workloads/{workload_id}/decisions/{key}"
    call = _post(path, template, t.DecisionLine, body, safety=ONCE, method="PUT")
    return call if etag is None else _with(call, headers={"if-match": etag})


def simulate(workload_id: str, proposal: t.Proposal) -> Call[t.Simulated]:
    path = f"/api/workloads/{_id(workload_id)}/simulate"
    return _post(path, "/api/workloads/{workload_id}/simulate", t.Simulated, proposal, safety=PURE)


def explain(workload_id: str, before: str, after: str | None) -> Call[t.Explanation]:
    path = f"/api/workloads/{_id(workload_id)}/explain"
    body = _given(before=before, after=after)
    return _post(path, "/api/workloads/{workload_id}/explain", t.Explanation, body, safety=PURE)


# Keys, administration, configuration, health.


def list_keys() -> Call[t.KeyList]:
    return _get("/api/keys", "/api/keys", t.KeyList)


def make_key(name: str, scopes: Sequence[str], expires_in_days: int, *, key: str | None) -> Call[t.MadeKey]:
    body = {"name": name, "scopes": list(scopes), "expires_in_days": expires_in_days}
    return _post("/api/keys", "/api/keys", t.MadeKey, body, safety=KEYED, key=key)


def revoke_key(key_id: str) -> Call[t.Confirmation]:
    gone = t.Confirmation(message="Key revoked")
    return _delete(f"/api/keys/{_id(key_id)}", "/api/keys/{key_id}", t.Confirmation, gone)


def revoke_keys() -> Call[t.KeysRevoked]:
    return _delete(
        "/api/keys", "/api/keys", t.KeysRevoked, t.KeysRevoked(message="API keys revoked", revoked=0)
    )


def list_audit(
    *,
    event: str | None = None,
    user_id: int | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[t.AuditPage]:
    user = None if user_id is None else str(user_id)
    dates = {"since": _instant(since), "until": _instant(until)}
    params = _page(limit, cursor, event=event, user_id=user, **dates)
    return _get("/api/audit", "/api/audit", t.AuditPage, params)


def config() -> Call[t.PublicConfiguration]:
    return _with(_get("/api/config", "/api/config", t.PublicConfiguration), is_public=True)


def health_check() -> Call[t.Health]:
    return _with(_get("/health", "/health", t.Health), is_public=True)


def health_ready() -> Call[t.Ready]:
    found = _get("/health/ready", "/health/ready", t.Ready)
    return _with(found, is_public=True, statuses=frozenset({503}))


def health_dependencies() -> Call[t.DependenciesHealth]:
    found = _get("/health/dependencies", "/health/dependencies", t.DependenciesHealth)
    return _with(found, is_public=True)
