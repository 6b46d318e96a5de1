"""What a client shows at the door."""

from typing import Any

import pytest

from netra.domain.errors import Forbidden, Unauthorized
from netra.entrypoints.websocket.handshake import Ticket, Token, check_origin, proof_in


def scope(query: bytes = b"", **headers: str) -> dict[str, Any]:
    return {"query_string": query, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}


def test_a_header_counts_before_the_query_and_a_token_before_a_ticket() -> None:
    assert proof_in(scope(b"token=b&ticket=c", authorization="Bearer a")) == Token("a")
    assert proof_in(scope(b"ticket=c&token=b")) == Token("b")
    assert proof_in(scope(b"ticket=c")) == Ticket("c")


@pytest.mark.parametrize("query", [b"", b"token=", b"other=1", b"\xff", b"&".join([b"a=1"] * 100)])
def test_without_a_proof_nobody_is_let_in(query: bytes) -> None:
    with pytest.raises(Unauthorized):
        proof_in(scope(query))


def test_a_header_of_another_scheme_is_no_proof() -> None:
    with pytest.raises(Unauthorized):
        proof_in(scope(b"token=b", authorization="Basic YTpi"))


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "api.example.com"},
        {"host": "localhost:8000", "origin": "http://localhost:8000"},
        {"host": "api.example.com", "origin": "https://app.example.com"},
    ],
)
def test_programs_our_own_pages_and_allowed_pages_may_connect(headers: Any) -> None:
    check_origin(scope(**headers), allowed={"https://app.example.com"})


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "https://app.example.com.evil", "http://["]
)
def test_other_pages_may_not(origin: str) -> None:
    with pytest.raises(Forbidden):
        check_origin(scope(host="api.example.com", origin=origin), allowed={"https://app.example.com"})
