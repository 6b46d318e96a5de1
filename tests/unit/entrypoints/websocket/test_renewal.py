"""A new proof on an open socket: whose it may be, and what it changes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra.domain.errors import TokenExpired
from netra.domain.ids import KeyId, SessionId, UserId
from netra.domain.users.model import KeyScope, Principal
from netra.entrypoints.websocket import signals
from netra.entrypoints.websocket.renewal import TOKEN_MAX
from netra.entrypoints.websocket.session import Phase, Session, advance

NOW = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHO = Principal(user_id=UserId(1), session_id=SessionId("ses-1"), expires_at=NOW + HOUR)
LATER = Principal(user_id=UserId(1), session_id=SessionId("ses-1"), expires_at=NOW + 2 * HOUR)
OPENED = Session(phase=Phase.OPEN, principal=WHO)


def told(outputs: tuple[signals.Output, ...]) -> dict[str, Any]:
    (output,) = outputs
    assert isinstance(output, signals.Send)
    frame: dict[str, Any] = json.loads(output.text)
    return frame


def say(data: object, **fields: object) -> tuple[Session, tuple[signals.Output, ...]]:
    text = json.dumps({"type": "authenticate", "data": data, **fields})
    return advance(OPENED, signals.TextReceived(text), now=NOW)


def test_a_new_token_is_to_be_proven_before_it_counts() -> None:
    session, (prove,) = say({"token": "t"}, id="c-1")
    assert prove == signals.Prove("t", "c-1")
    assert session == OPENED


def test_a_proof_of_the_same_user_takes_the_place_of_the_old_one() -> None:
    session, outputs = advance(OPENED, signals.Renewed(LATER, "c-1"), now=NOW)
    assert session.principal == LATER
    assert told(outputs) == {
        "type": "status",
        "data": {
            "connected": True,
            "authenticated": True,
            "user_id": 1,
            "expires_at": "2024-01-01T02:00:00Z",
            "request_id": "c-1",
        },
    }
    spoken = json.dumps({"type": "ping"})
    _, pong = advance(session, signals.TextReceived(spoken), now=NOW + HOUR)
    assert told(pong)["type"] == "pong"


def test_a_proof_of_another_user_changes_nothing() -> None:
    other = Principal(user_id=UserId(2), session_id=SessionId("ses-2"), expires_at=NOW + 2 * HOUR)
    session, outputs = advance(OPENED, signals.Renewed(other, "c-1"), now=NOW)
    assert session == OPENED
    refusal = told(outputs)["data"]
    assert (refusal["code"], refusal["request_id"]) == ("FORBIDDEN", "c-1")
    assert "2" not in refusal["message"] + refusal["details"]


def test_a_refused_proof_is_told_and_the_old_one_counts_on() -> None:
    failure = signals.CommandFailed(TokenExpired("The token has expired; sign in again."), "c-1")
    session, outputs = advance(OPENED, failure, now=NOW)
    assert session == OPENED
    assert told(outputs)["data"]["code"] == "UNAUTHORIZED"


def test_a_new_proof_that_comes_too_late_is_too_late() -> None:
    text = json.dumps({"type": "authenticate", "data": {"token": "t"}})
    session, outputs = advance(OPENED, signals.TextReceived(text), now=NOW + HOUR)
    assert session.phase is Phase.CLOSED
    assert isinstance(outputs[-1], signals.Close)
    assert outputs[-1].code == 4001


def test_a_key_without_a_scope_for_anything_may_be_renewed() -> None:
    key = Principal(
        user_id=UserId(1),
        session_id=SessionId("key-1"),
        key_id=KeyId("key-1"),
        scopes=frozenset({KeyScope.INGEST}),
        expires_at=NOW + HOUR,
    )
    text = json.dumps({"type": "authenticate", "data": {"token": "t"}})
    _, (prove,) = advance(Session(phase=Phase.OPEN, principal=key), signals.TextReceived(text), now=NOW)
    assert isinstance(prove, signals.Prove)


@pytest.mark.parametrize(
    "data", [None, {}, {"token": ""}, {"token": 7}, {"token": "x" * (TOKEN_MAX + 1)}, {"token": "t", "a": 1}]
)
def test_what_is_no_token_is_refused_without_being_repeated(data: object) -> None:
    session, outputs = say(data, id="c-1")
    refusal = told(outputs)["data"]
    assert (refusal["code"], refusal["request_id"]) == ("VALIDATION_ERROR", "c-1")
    assert "xxx" not in json.dumps(refusal)
    assert session == OPENED
