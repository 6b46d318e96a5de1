"""What an API key may do on a socket."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.ids import KeyId, SessionId, UserId
from netra.domain.users.model import Principal, Scope
from netra.entrypoints.websocket.session import Phase, Session, advance
from netra.entrypoints.websocket.signals import Find, Output, Send, Start, Stop, TextCame

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ASK = {"type": "optimization_request", "data": {"message": "cheaper"}}
STOP = {"type": "stop_processing", "data": {"run_id": "run-1"}}
SUBSCRIBE = {"type": "subscribe", "data": {"run_id": "run-1", "after": 0}}


def said(message: object, *scopes: Scope) -> tuple[Session, tuple[Output, ...]]:
    """Return what a key with `scopes` gets for the message."""
    principal = Principal(
        user_id=UserId(1),
        session_id=SessionId("key-1"),
        key_id=KeyId("key-1"),
        scopes=frozenset(scopes),
        expires_at=NOW + timedelta(hours=1),
    )
    session = Session(phase=Phase.OPEN, principal=principal)
    return advance(session, TextCame(json.dumps(message)), now=NOW)


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
