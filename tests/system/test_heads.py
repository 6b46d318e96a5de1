"""The head of a request over real sockets: how long it may be, how long it may take, and who is told."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.incidents import LoggedIncidents
from netra.entrypoints.asgi import Receive, Scope, Send
from netra.entrypoints.edge import Edge
from netra.entrypoints.server.protocol import HEAD_S
from netra.entrypoints.server.request_head import HEAD_BYTES_MAX, HEADERS_MAX, LINE_BYTES_MAX
from netra.entrypoints.server.server import Server, server_config

pytestmark = pytest.mark.system

PATIENCE_S = 30
SHORT_S = 0.2
LONG = b"a" * LINE_BYTES_MAX
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
ENVELOPE = {"error", "request_id"}


class Echo:
    """Answers with the length of the body, at `/held` once it is `released`, at `/early` unread."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        size = 0
        if scope["path"] == "/early":
            await self._answer(send, b"no")
            return
        while (message := await receive())["type"] == "http.request":
            size += len(message["body"])
            if not message["more_body"]:
                break
        if scope["path"] == "/held":
            self.is_asked.set()
            await self.released.wait()
        await self._answer(send, b"%d" % size)

    async def _answer(self, send: Send, body: bytes) -> None:
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Line:
    """One connection, of which every byte is ours."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer's status, headers and body."""
        async with asyncio.timeout(PATIENCE_S):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body

    async def refusal(self) -> tuple[int, Any]:
        """Return the status and the envelope of an answer that is the last one."""
        status, headers, body = await self.answer()
        assert headers["x-api-version"] == "2.0.0"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"] == "application/json"
        assert await self.rest() == b""
        envelope = json.loads(body)
        assert set(envelope) == ENVELOPE
        assert envelope["request_id"] == headers["x-request-id"]
        return status, envelope["error"]

    async def rest(self) -> bytes:
        """Return what comes until the server closes."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()


class Served:
    """A running server and what it serves."""

    def __init__(self, app: Echo, port: int) -> None:
        self.app = app
        self.port = port

    @asynccontextmanager
    async def line(self) -> AsyncGenerator[Line]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Line(reader, writer)
        finally:
            writer.close()


@asynccontextmanager
async def serving(*, head_s: float = HEAD_S) -> AsyncGenerator[Served]:
    app = Echo()
    edge = Edge(app, trusted_proxies=())
    edge.open(ids=RandomIdSource(clock=SystemClock()), incidents=LoggedIncidents())
    config = server_config(edge, host="127.0.0.1", port=0, log_level="error", head_s=head_s)
    config.loop = "asyncio"

    async def drain() -> None:
        return

    server = Server(config, drain=drain)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            while not server.started:
                await asyncio.sleep(0.005)
            try:
                yield Served(app, listening.getsockname()[1])
            finally:
                app.released.set()
                server.should_exit = True


async def refused(head: bytes) -> tuple[int, str]:
    async with serving() as served, served.line() as line:
        line.say(head)
        status, error = await line.refusal()
        return status, error["code"]


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /%b HTTP/1.1\r\n\r\n" % LONG, 414, "URI_TOO_LONG"),
        (b"GET / HTTP/1.1\r\nX: %b\r\n\r\n" % LONG, 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\n%b\r\n" % (b"A: a\r\n" * (HEADERS_MAX + 1)), 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\n%b\r\n" % (b"A: %b\r\n" % LONG[9:] * 9), 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * HEAD_BYTES_MAX, 431, "HEADERS_TOO_LARGE"),
        (b"GET /" + b"a" * HEAD_BYTES_MAX, 431, "HEADERS_TOO_LARGE"),
        (b"nonsense\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"GET / HTTP/1.1\r\nA B: c\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "INVALID_REQUEST"),
    ],
    ids=[
        "url",
        "header",
        "headers",
        "sum",
        "header without end",
        "url without end",
        "words",
        "name",
        "chunk",
    ],
)
async def test_what_is_no_request_or_too_long_is_refused_in_the_envelope_and_closed(
    head: bytes, status: int, code: str
) -> None:
    assert await refused(head) == (status, code)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (UPGRADE + b"X: %b\r\n" % LONG + KEY + b"\r\n", 431),
        (UPGRADE.replace(b"/ws", b"/ws?token=" + LONG) + KEY + b"\r\n", 414),
        (UPGRADE + b"A: a\r\n" * HEADERS_MAX + KEY + b"\r\n", 431),
        (UPGRADE + b"\r\n", 400),
        (UPGRADE.replace(b"GET", b"POST") + KEY + b"\r\n", 400),
        (UPGRADE + KEY + b"Content-Length: 3\r\n\r\nabc", 400),
        (UPGRADE + KEY.replace(b"13", b"12") + b"\r\n", 400),
        (UPGRADE.replace(b"/ws", b"/\xc3\xa9") + KEY + b"\r\n", 400),
    ],
    ids=["header", "url", "headers", "no key", "method", "body", "version", "path"],
)
async def test_a_handshake_that_cannot_be_is_answered_and_not_left_open(head: bytes, status: int) -> None:
    assert (await refused(head))[0] == status


async def test_a_head_up_to_the_limits_is_a_request_like_any_other() -> None:
    most = LINE_BYTES_MAX - len("A: \r\n")
    head = b"GET /%b HTTP/1.1\r\n" % (b"a" * (LINE_BYTES_MAX - len("GET / HTTP/1.1\r\n")))
    headers = b"A: %b\r\n" % (b"a" * most) * 7 + b"A: a\r\n" * (HEADERS_MAX - 7)
    async with serving() as served, served.line() as line:
        for _ in range(3):
            line.say(head, headers, b"\r\n")
            assert (await line.answer())[0] == 200
        line.say(UPGRADE, b"A: %b\r\n" % (b"a" * most), KEY, b"\r\n")
        assert (await line.answer())[0] == 101


async def test_a_body_may_be_longer_than_a_head() -> None:
    size = 40 * HEAD_BYTES_MAX
    async with serving() as served, served.line() as line:
        for _ in range(2):
            line.say(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size, b"a" * size)
            assert (await line.answer())[2] == b"%d" % size
        line.say(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.say(*[b"1\r\na\r\n"] * HEAD_BYTES_MAX, b"0\r\n\r\n")
        assert (await line.answer())[2] == b"%d" % HEAD_BYTES_MAX


async def test_what_follows_a_body_is_bounded_too() -> None:
    async with serving() as served, served.line() as line:
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        line.say(head, b"1\r\na\r\n0\r\n")
        assert (await line.answer())[0] == 100  # so that has been read
        line.say(b"A: ", b"a" * (HEAD_BYTES_MAX - 2))
        assert (await line.refusal())[0] == 431


async def test_nonsense_after_a_request_is_refused_once_the_request_has_been_answered() -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /held HTTP/1.1\r\n\r\n")
        await served.app.is_asked.wait()
        line.say(b"nonsense\r\n\r\n")
        served.app.released.set()
        assert (await line.answer())[0] == 200
        assert (await line.refusal())[0] == 400


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nA: a", b"\r\n"], ids=["nothing", "a part", "air"])
async def test_a_head_that_does_not_come_in_time_is_not_waited_for(begun: bytes) -> None:
    async with serving(head_s=SHORT_S) as served, served.line() as line:
        line.say(begun)
        assert await line.rest() == b""


async def test_a_second_head_has_its_time_from_its_first_byte_on() -> None:
    async with serving(head_s=SHORT_S) as served, served.line() as line:
        line.say(b"GET / HTTP/1.1\r\n\r\n")
        assert (await line.answer())[0] == 200
        line.say(b"G")
        assert await line.rest() == b""


async def test_an_answer_may_take_longer_than_a_head() -> None:
    async with serving(head_s=SHORT_S) as served, served.line() as line:
        line.say(b"GET /held HTTP/1.1\r\n\r\n")
        await served.app.is_asked.wait()
        async with served.line() as other:
            assert await other.rest() == b""  # its time, which began later, is over
        served.app.released.set()
        assert (await line.answer())[0] == 200


async def test_a_body_may_take_longer_than_a_head_also_when_it_was_answered_unread() -> None:
    async with serving(head_s=SHORT_S) as served, served.line() as line:
        line.say(b"POST /early HTTP/1.1\r\nContent-Length: 3\r\n\r\na")
        assert (await line.answer())[2] == b"no"
        line.say(b"b")
        async with served.line() as other:
            assert await other.rest() == b""  # its time, which began later, is over
        line.say(b"c", b"GET / HTTP/1.1\r\n\r\n")
        assert (await line.answer())[2] == b"0"


async def test_what_comes_after_an_unread_body_has_a_head_s_time() -> None:
    async with serving(head_s=SHORT_S) as served, served.line() as line:
        line.say(b"POST /early HTTP/1.1\r\nContent-Length: 2\r\n\r\na")
        assert (await line.answer())[2] == b"no"
        line.say(b"b")
        assert await line.rest() == b""
