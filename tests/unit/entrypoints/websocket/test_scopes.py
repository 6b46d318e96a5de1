"""What an API key may do on a socket."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.ids import KeyId, RunId, SessionId, ThreadId, UserId
from netra.domain.runs.model import Run, RunState
from netra.domain.users.model import Principal, Scope
from netra.entrypoints.websocket.session import Phase, Session, advance
from netra.entrypoints.websocket.signals import (
    Find,
    Follow,
    Happening,
    Output,
    Renewed,
    RunStarted,
    RunStopped,
    Send,
    Start,
    Stop,
    TextCame,
)

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ASK = {"type": "optimization_request", "data": {"message": "cheaper"}}
STOP = {"type": "stop_processing", "data": {"run_id": "run-1"}}
SUBSCRIBE = {"type": "subscribe", "data": {"run_id": "run-1", "after": 0}}


RUN = Run(
    id=RunId("run-1"),
    owner_id=UserId(1),
    thread_id=ThreadId("t"),
    message="m",
    created_at=NOW,
    state=RunState.RUNNING,
    last_seq=3,
    client_ref="c-1",
)


def a_key(*scopes: Scope) -> Principal:
    return Principal(
        user_id=UserId(1),
        session_id=SessionId("key-1"),
        key_id=KeyId("key-1"),
        scopes=frozenset(scopes),
        expires_at=NOW + timedelta(hours=1),
    )


def opened(*scopes: Scope) -> Session:
    return Session(phase=Phase.OPEN, principal=a_key(*scopes))


def said(message: object, *scopes: Scope) -> tuple[Session, tuple[Output, ...]]:
    """Return what a key with `scopes` gets for the message."""
    return advance(opened(*scopes), TextCame(json.dumps(message)), now=NOW)


@pytest.mark.parametrize(
    ("message", "scope", "output"),
    [(ASK, Scope.EXECUTE, Start), (STOP, Scope.EXECUTE, Stop), (SUBSCRIBE, Scope.READ, Find)],
)
def test_a_key_does_what_it_was_made_for_and_nothing_else(
    message: object, scope: Scope, output: type[Output]
) -> None:
    _, (allowed,) = said(message, scope)
    assert isinstance(allowed, output)
    session, (refused,) = said(message, *(set(Scope) - {scope}))
    assert isinstance(refused, Send)
    assert json.loads(refused.text)["data"]["code"] == "FORBIDDEN"
    assert session.phase is Phase.OPEN


def test_any_key_may_ping() -> None:
    _, (pong,) = said({"type": "ping"}, Scope.INGEST)
    assert isinstance(pong, Send)
    assert json.loads(pong.text)["type"] == "pong"


@pytest.mark.parametrize("happening", [RunStarted(RUN), RunStopped(RUN, "c-1")], ids=["started", "stopped"])
def test_a_key_that_may_not_read_gets_the_state_of_its_run_and_no_events(happening: Happening) -> None:
    session, (told,) = advance(opened(Scope.EXECUTE), happening, now=NOW)
    assert isinstance(told, Send)
    frame = json.loads(told.text)
    assert (frame["type"], frame["data"]["run_id"]) == ("status", "run-1")
    assert frame["data"]["request_id"] == "c-1"
    assert session.followed == frozenset()
    _, (follow,) = advance(opened(Scope.EXECUTE, Scope.READ), happening, now=NOW)
    assert isinstance(follow, Follow)


def test_a_connection_that_follows_runs_does_not_change_to_a_key_that_may_not_read() -> None:
    following, _ = advance(opened(*Scope), RunStarted(RUN), now=NOW)
    same, (told,) = advance(following, Renewed(a_key(Scope.EXECUTE), "c-2"), now=NOW)
    assert isinstance(told, Send)
    assert json.loads(told.text)["data"]["code"] == "FORBIDDEN"
    assert same == following
    renewed, _ = advance(opened(*Scope), Renewed(a_key(Scope.EXECUTE), "c-2"), now=NOW)
    assert renewed.principal == a_key(Scope.EXECUTE)
