"""What an API key may do on a socket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.ids import KeyId, RunId, SessionId, ThreadId, UserId, WorkloadId
from netra.domain.runs.model import Run, RunState
from netra.domain.users.model import KeyScope, Principal
from netra.entrypoints.websocket.session import Phase, Session, advance
from netra.entrypoints.websocket.signals import (
    Find,
    FindWorkload,
    Follow,
    Output,
    Renewed,
    RunStarted,
    RunStopped,
    Send,
    Start,
    Stop,
    TextReceived,
)

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ASK = {"type": "optimization_request", "data": {"message": "cheaper"}}
STOP = {"type": "stop_processing", "data": {"run_id": "run-1"}}
SUBSCRIBE = {"type": "subscribe", "data": {"run_id": "run-1", "after": 0}}
WATCH = {"type": "watch", "data": {"workload_id": "wl-1"}}


def key_with(*scopes: KeyScope) -> Principal:
    return Principal(
        user_id=UserId(1),
        session_id=SessionId("key-1"),
        key_id=KeyId("key-1"),
        scopes=frozenset(scopes),
        expires_at=NOW + timedelta(hours=1),
    )


def open_with(*scopes: KeyScope) -> Session:
    return Session(phase=Phase.OPEN, principal=key_with(*scopes))


def said(message: object, *scopes: KeyScope) -> tuple[Session, tuple[Output, ...]]:
    """Return what a key with `scopes` gets for the message."""
    return advance(open_with(*scopes), TextReceived(json.dumps(message)), now=NOW)


def a_run(state: RunState) -> Run:
    return Run(
        id=RunId("run-1"),
        owner_id=UserId(1),
        thread_id=ThreadId("thread-1"),
        message="cheaper",
        created_at=NOW,
        client_ref="mine",
        state=state,
        last_seq=3,
    )


@pytest.mark.parametrize(
    ("message", "scope", "output"),
    [
        (ASK, KeyScope.EXECUTE, Start),
        (STOP, KeyScope.EXECUTE, Stop),
        (SUBSCRIBE, KeyScope.READ, Find),
        (WATCH, KeyScope.READ, FindWorkload),
    ],
)
def test_a_key_does_what_it_was_made_for_and_nothing_else(
    message: object, scope: KeyScope, output: type[Output]
) -> None:
    _, (allowed,) = said(message, scope)
    assert isinstance(allowed, output)
    session, (refused,) = said(message, *(set(KeyScope) - {scope}))
    assert isinstance(refused, Send)
    assert json.loads(refused.text)["data"]["code"] == "FORBIDDEN"
    assert session.phase is Phase.OPEN


def test_any_key_may_ping() -> None:
    _, (pong,) = said({"type": "ping"}, KeyScope.INGEST)
    assert isinstance(pong, Send)
    assert json.loads(pong.text)["type"] == "pong"


@pytest.mark.parametrize("happening", [RunStarted, RunStopped])
@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.COMPLETED])
def test_a_key_that_may_not_read_learns_how_a_run_stands_and_follows_nothing(
    happening: type[Any], state: RunState
) -> None:
    run = a_run(state)
    came = RunStarted(run) if happening is RunStarted else RunStopped(run, "mine")
    session, (told,) = advance(open_with(KeyScope.EXECUTE), came, now=NOW)
    assert isinstance(told, Send)
    frame = json.loads(told.text)
    assert (frame["type"], frame["data"]["phase"], frame["data"]["request_id"]) == ("status", state, "mine")
    assert not session.followed
    _, outputs = advance(open_with(KeyScope.EXECUTE, KeyScope.READ), came, now=NOW)
    assert state is RunState.COMPLETED or isinstance(outputs[0], Follow)


def test_a_connection_that_follows_runs_takes_no_proof_that_may_not_read() -> None:
    following = msgspec.structs.replace(open_with(*KeyScope), followed=frozenset({RunId("run-1")}))
    kept, (refused,) = advance(following, Renewed(key_with(KeyScope.EXECUTE), None), now=NOW)
    assert isinstance(refused, Send)
    assert json.loads(refused.text)["data"]["code"] == "FORBIDDEN"
    assert kept == following
    watching = msgspec.structs.replace(open_with(*KeyScope), watched=frozenset({WorkloadId("wl-1")}))
    assert advance(watching, Renewed(key_with(KeyScope.EXECUTE), None), now=NOW)[0] == watching
    renewed, _ = advance(open_with(*KeyScope), Renewed(key_with(KeyScope.EXECUTE), None), now=NOW)
    assert renewed.principal == key_with(KeyScope.EXECUTE)
