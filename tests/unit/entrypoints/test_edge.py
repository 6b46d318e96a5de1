"""The outermost frame, around applications that do one thing each."""

import json
from typing import Any

import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.local.ids import RandomIdSource
from netra.entrypoints.asgi import App, Message, Receive, Scope, Send, exchange_of
from netra.entrypoints.edge import Edge


class Heard:
    """Keeps what was reported."""

    def __init__(self) -> None:
        self.reports: list[tuple[BaseException, dict[str, str]]] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.reports.append((error, {"where": where, **names}))


async def ok(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path that arrived."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"!"})


async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail before a word."""
    raise KeyError("a secret of ours")


async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise KeyError("a secret of ours")


def scope_of(**changes: Any) -> Scope:
    """Return a request's scope."""
    usual: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "scheme": "http",
        "headers": [],
        "client": ("192.0.2.1", 1234),
    }
    return {**usual, **changes}


async def nothing() -> Message:
    """Receive nothing."""
    return {"type": "http.disconnect"}


async def answer(app: App, **changes: Any) -> tuple[list[Message], Heard]:
    """Return what the edge sends for one request, and what it reported."""
    sent: list[Message] = []
    heard = Heard()
    edge = Edge(app, trusted_proxies=("10.0.0.1",))
    edge.open(ids=RandomIdSource(clock=SystemClock()), incidents=heard)

    async def send(message: Message) -> None:
        sent.append(message)

    await edge(scope_of(**changes), nothing, send)
    return sent, heard


def headers_of(message: Message) -> dict[str, str]:
    """Return headers as text."""
    return {name.decode(): value.decode() for name, value in message["headers"]}


async def test_what_breaks_is_told_to_the_operator_and_not_to_the_client() -> None:
    sent, heard = await answer(breaks)
    assert sent[0]["status"] == 500
    envelope = json.loads(sent[1]["body"])
    assert envelope["error"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in json.dumps(envelope)
    ((error, names),) = heard.reports
    assert isinstance(error, KeyError)
    assert names == {"where": "http", "request_id": envelope["request_id"]}
    assert headers_of(sent[0])["x-request-id"] == envelope["request_id"]


async def test_what_breaks_in_the_middle_is_reported_and_left_unfinished() -> None:
    sent, heard = await answer(breaks_off)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert len(heard.reports) == 1


async def test_an_incident_that_was_answered_inside_is_reported_once() -> None:
    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        exchange_of(scope).incident = ValueError("inside")
        await ok(scope, receive, send)

    sent, heard = await answer(answered)
    assert sent[0]["status"] == 200
    assert len(heard.reports) == 1


@pytest.mark.parametrize(("method", "bodies"), [("GET", [b"/x", b"!"]), ("HEAD", [b""])])
async def test_head_ends_after_the_headers(method: str, bodies: list[bytes]) -> None:
    sent, _ = await answer(ok, method=method)
    assert [message["body"] for message in sent[1:]] == bodies


async def test_the_server_still_knows_a_head_from_a_get() -> None:
    edge = Edge(ok, trusted_proxies=())
    edge.open(ids=RandomIdSource(clock=SystemClock()), incidents=Heard())
    scope = scope_of(method="HEAD")
    methods: list[str] = []

    async def send(message: Message) -> None:
        methods.append(scope["method"])  # by which the server counts the bytes that it expects

    await edge(scope, nothing, send)
    assert methods == ["HEAD", "HEAD"]


@pytest.mark.parametrize(
    ("scheme", "is_strict"), [("http", False), ("https", True)], ids=["in the clear", "over TLS"]
)
async def test_strict_transport_is_asked_for_over_tls_alone(scheme: str, is_strict: bool) -> None:
    sent, _ = await answer(ok, scheme=scheme)
    assert ("strict-transport-security" in headers_of(sent[0])) is is_strict


@pytest.mark.parametrize(("peer", "is_strict"), [("10.0.0.1", True), ("192.0.2.1", False)])
async def test_only_a_proxy_of_ours_says_what_was_over_tls(peer: str, is_strict: bool) -> None:
    headers = [(b"x-forwarded-proto", b"https")]
    sent, _ = await answer(ok, headers=headers, client=(peer, 1))
    assert ("strict-transport-security" in headers_of(sent[0])) is is_strict


async def test_a_request_without_a_peer_has_an_address_all_the_same() -> None:
    seen: list[str] = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(exchange_of(scope).client_address)
        await ok(scope, receive, send)

    await answer(look, client=None)
    assert seen == ["local"]


async def test_the_socket_gets_the_servers_own_send() -> None:
    sends: list[Send] = []

    async def socket(scope: Scope, receive: Receive, send: Send) -> None:
        sends.append(send)
        assert exchange_of(scope).headers

    edge = Edge(socket, trusted_proxies=())
    edge.open(ids=RandomIdSource(clock=SystemClock()), incidents=Heard())

    async def send(message: Message) -> None:
        raise AssertionError("nothing is sent here")

    await edge(scope_of(type="websocket", path="/v2/ws"), nothing, send)
    assert sends == [send]


async def test_a_socket_at_any_other_path_is_refused_in_the_envelope() -> None:
    sent, _ = await answer(ok, type="websocket", path="/v2/sockets")
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == 404
    assert headers_of(sent[0])["x-api-version"] == "2.0.0"
    assert json.loads(sent[1]["body"])["error"]["code"] == "NOT_FOUND"


async def test_a_socket_of_another_version_is_told_which_there_are() -> None:
    sent, _ = await answer(ok, type="websocket", path="/v3/ws")
    assert sent[0]["status"] == 404
    assert json.loads(sent[1]["body"])["error"]["details"] == {"supported_versions": ["v2"]}


async def test_the_lifespan_passes_through() -> None:
    kinds: list[str] = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        kinds.append(scope["type"])

    await answer(lifespan, type="lifespan")
    assert kinds == ["lifespan"]


async def test_a_request_before_the_start_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        await Edge(ok, trusted_proxies=())(scope_of(), nothing, nothing)  # type: ignore[arg-type]
