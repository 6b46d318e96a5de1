"""Compressed answers: which, for which clients, and never one that holds a secret."""

import gzip
import json
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import httpx
import msgspec
import pytest
from litestar import Response
from litestar.routes import HTTPRoute

from netra.entrypoints.asgi import Message
from netra.entrypoints.http.admission import rule_of
from netra.entrypoints.http.compression import (
    COMPRESSED_FROM,
    SLICE_BYTES,
    compresses,
    compressing,
    takes_gzip,
)

from .conftest import House, scope_of

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}
# The `state` of a sign-in stands beside its `authorization_url`; that of a decision is no secret.
SECRETS = {"access_token", "refresh_token", "secret", "ticket", "authorization_url"}


async def raw(house: House, path: str, headers: dict[str, str]) -> tuple[httpx.Headers, bytes]:
    """Return the headers and the body as sent."""
    async with house.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join([part async for part in answer.aiter_raw()])


async def test_a_long_answer_is_compressed_for_a_client_that_accepts_gzip(house: House) -> None:
    for number in range(10):
        await house.client.post("/api/workloads", json={"name": f"Workload {number}"})
    headers, body = await raw(house, "/api/workloads", GZIP)
    plain_headers, plain = await raw(house, "/api/workloads", PLAIN)
    assert len(plain) > COMPRESSED_FROM
    assert len(body) < len(plain) / 2
    assert gzip.decompress(body) == plain
    assert (headers["Content-Encoding"], headers["Content-Length"]) == ("gzip", str(len(body)))
    assert headers.get_list("Content-Length") == [str(len(body))]
    assert headers["Vary"] == plain_headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain_headers
    refused, _ = await raw(house, "/api/workloads", {"Accept-Encoding": "gzip;q=0, br"})
    assert "Content-Encoding" not in refused


async def test_a_short_answer_is_sent_as_it_is(house: House) -> None:
    headers, body = await raw(house, "/api/auth/me", GZIP)
    assert "Content-Encoding" not in headers
    assert json.loads(body)["id"] == house.principal.user_id
    assert headers["Vary"] == "Accept-Encoding"


async def test_a_replayed_answer_is_stored_plain_and_compressed_for_each_client(house: House) -> None:
    made = (await house.client.post("/api/workloads", json={"name": "A"})).json()
    events = {"events": [{"timestamp": "nonsense"}] * 50}
    path, key = f"/api/workloads/{made['id']}/events", {"Idempotency-Key": "fill"}
    first = await house.client.post(path, json=events, headers={**key, **GZIP})
    again = await house.client.post(path, json=events, headers={**key, **PLAIN})
    assert (first.headers["Content-Encoding"], again.headers.get("Content-Encoding")) == ("gzip", None)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_the_documents_are_compressed(house: House) -> None:
    for path in ("/openapi.json", "/asyncapi.json"):
        headers, body = await raw(house, path, GZIP)
        assert headers["Content-Encoding"] == "gzip"
        assert len(body) < 60_000


async def test_an_answer_to_head_has_the_headers_of_get(house: House) -> None:
    answer = await house.client.head("/openapi.json", headers=GZIP)
    assert (answer.headers["Content-Encoding"], answer.content) == ("gzip", b"")


def _fields(kind: Any, seen: set[Any]) -> set[str]:
    """Return the names of all fields within a type."""
    if kind in seen:
        return set()
    seen.add(kind)
    names = {name for arg in get_args(kind) for name in _fields(arg, seen)}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for name, hint in get_type_hints(kind).items():
            names |= {name} | _fields(hint, seen)
    return names


async def test_no_answer_that_holds_a_secret_is_compressed(house: House) -> None:
    guarded = set[str]()
    for route in house.app.litestar.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if not handler.resolve_include_in_schema():
                continue  # documents and files of the console
            kind = get_type_hints(handler.fn).get("return")
            kind = get_args(kind)[0] if get_origin(kind) is Response else kind
            if _fields(kind, set()) & SECRETS:
                guarded.add(route.path)
                method = min(handler.http_methods)
                assert not compresses(method, rule_of(handler.opt)), f"{method} {route.path}"
    assert guarded >= {
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/exchange",
        "/api/auth/ws-ticket",
        "/api/auth/google/authorize",
        "/api/auth/google/callback",
        "/api/keys",
    }


class _Route:
    opt: ClassVar[dict[str, Any]] = {}


async def _sent(*messages: Message) -> list[Message]:
    """Return what is sent to a client that accepts gzip when the application sends `messages`."""
    sent: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
            seen.append(len(sent))

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    seen: list[int] = []
    scope: Any = {
        **scope_of("GET", "/", [(b"accept-encoding", b"gzip")]),
        "route_handler": _Route(),
        "netra.exchange": type("Carries", (), {"headers": []}),
    }
    await compressing(app)(scope, receive, send)
    sent.append({"type": "seen", "seen": seen})
    return sent


def _start(kind: bytes, *more: tuple[bytes, bytes]) -> Message:
    headers = [(b"content-type", kind), (b"content-length", b"9"), *more]
    return {"type": "http.response.start", "status": 200, "headers": headers}


async def test_a_stream_of_events_is_neither_compressed_nor_held_back() -> None:
    body = {"type": "http.response.body", "body": b"x" * 5_000, "more_body": True}
    *sent, seen = await _sent(_start(b"text/event-stream"), body)
    assert sent == [_start(b"text/event-stream"), body]
    assert seen["seen"] == [1, 2]


async def test_a_body_in_parts_and_one_that_is_compressed_already_stay_as_they_are() -> None:
    part = {"type": "http.response.body", "body": b"x" * 5_000, "more_body": True}
    last = {"type": "http.response.body", "body": b"x" * 5_000}
    *sent, _ = await _sent(_start(b"application/json"), part, last)
    assert sent == [_start(b"application/json"), part, last]
    encoded = _start(b"application/json", (b"content-encoding", b"br"))
    *sent, _ = await _sent(encoded, last)
    assert sent == [encoded, last]


@pytest.mark.parametrize("size", [COMPRESSED_FROM, SLICE_BYTES, 3 * SLICE_BYTES + 1])
async def test_the_entity_tag_of_a_compressed_answer_is_weak(size: int) -> None:
    body = {"type": "http.response.body", "body": b"x" * size}
    start, end, _ = await _sent(_start(b"application/vnd.x+json;v=1", (b"etag", b'"a"')), body)
    assert (b"etag", b'W/"a"') in start["headers"]
    assert gzip.decompress(end["body"]) == b"x" * size
    weak, _, _ = await _sent(
        _start(b"text/html", (b"etag", b'W/"a"')), {"type": "http.response.body", "body": b"x" * size}
    )
    assert (b"etag", b'W/"a"') in weak["headers"]


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [("gzip", True), ("GZIP ; q=0.1", True), ("gzip;q=0.000", False), ("xgzip", False), ("*", False)],
)
def test_gzip_is_accepted_by_name(accepted: str, is_taken: bool) -> None:
    assert takes_gzip(accepted) is is_taken
