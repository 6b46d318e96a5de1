"""Where one request ends and the next begins: nothing that a body holds may ever run as a request."""

import asyncio
import contextlib

import pytest
from tests.system.raw_line import Line, Served, serving

from netra.entrypoints.server.protocol import SLICE_BYTES
from netra.entrypoints.server.wire_limits import WireLimits

pytestmark = pytest.mark.system

SMUGGLED = b"DELETE /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


def post(headers: bytes, body: bytes = SMUGGLED, *, version: bytes = b"1.1") -> bytes:
    """Return a request that carries `body`, with these headers."""
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /first HTTP/%b\r\nHost: a\r\n%b%b\r\n%b" % (version, headers, length, body)


def chunked(headers: bytes, body: bytes = SMUGGLED) -> bytes:
    """Return a request that carries `body` as one chunk."""
    coding = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return b"POST /first HTTP/1.1\r\nHost: a\r\n%b%b" % (headers, coding)


async def sent_in_pieces(line: Line, request: bytes, sizes: list[int]) -> None:
    """Send `request` cut at `sizes`; the server reads each piece by itself."""
    for size in sizes:
        line.say(request[:size])
        request = request[size:]
        for _ in range(20):  # rounds of the loop that the server shares: it has read the piece by then
            await asyncio.sleep(0)
    line.say(request)


def paths(served: Served) -> list[str]:
    """Return the paths of the requests that the application was given."""
    return [path for _, path, _ in served.app.asked]


IGNORED = {
    "another protocol": b"Connection: Upgrade\r\nUpgrade: foo\r\n",
    "h2c": H2C,
    "a list": b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
    "a list in two headers": b"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    "websocket twice": b"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n",
    "another protocol, connection in two headers": b"Connection: uPgRaDe\r\n"
    b"Connection: keep-alive\r\nUpgrade: foo\r\n",
    "proxy-connection": b"Proxy-Connection: upgrade\r\nUpgrade: websocket\r\n",
    "no connection": b"Upgrade: websocket\r\n",
    "another connection": b"Connection: keep-alive\r\nUpgrade: websocket\r\n",
    "a connection of two words": b"Connection: upgrade now\r\nUpgrade: websocket\r\n",
    "a versioned name": b"Connection: upgrade\r\nUpgrade: websocket/13\r\n",
    "no protocol": b"Connection: upgrade\r\nUpgrade:\r\n",
}


@pytest.mark.parametrize("shape", [post, chunked])
@pytest.mark.parametrize("headers", IGNORED.values(), ids=IGNORED)
async def test_an_upgrade_that_is_not_offered_is_ignored_and_the_body_is_read(
    headers: bytes, shape: type
) -> None:
    request: bytes = shape(headers)
    split = request.index(b"\r\n\r\n") + 4
    async with serving() as served:
        for sizes in ([], [split], [split - 1], [split + 3], [20, split]):
            async with served.line() as line:
                for _ in range(2):
                    await sent_in_pieces(line, request, sizes)
                    status, _, body = await line.answer()
                    assert (status, body) == (200, b"%d" % len(SMUGGLED))
                line.say(b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
                assert (await line.answer())[0] == 200
        assert paths(served) == ["/first", "/first", "/last"] * 5
        assert all(method != "DELETE" for method, _, _ in served.app.asked)


async def test_many_ignored_upgrades_in_one_read_are_each_answered() -> None:
    async with serving() as served, served.line() as line:
        line.say(*[post(H2C)] * 50)
        for _ in range(50):
            assert (await line.answer())[2] == b"%d" % len(SMUGGLED)
        assert paths(served) == ["/first"] * 50


@pytest.mark.parametrize("expected", [b"", b"Expect: 100-continue\r\n"], ids=["", "expects 100"])
async def test_what_else_the_head_of_an_ignored_upgrade_says_is_heeded(expected: bytes) -> None:
    async with serving() as served, served.line() as line:
        request = post(H2C + b"X-Name: \xe9 a\r\n" + expected)
        head, _, body = request.partition(b"\r\n\r\n")
        line.say(head, b"\r\n\r\n")
        if expected:
            assert (await line.answer())[0] == 100
        line.say(body)
        assert (await line.answer())[2] == b"%d" % len(SMUGGLED)
        headers = served.app.asked[0][2]
        assert headers[b"x-name"] == b"\xe9 a"
        line.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n")
        status, headers_sent, _ = await line.answer()
        assert (status, headers_sent["connection"]) == (200, "close")
        assert await line.rest() == b""


async def test_http_1_0_has_no_upgrade() -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + KEY
    async with serving() as served, served.line() as line:
        line.say(post(upgrade, version=b"1.0"))
        assert (await line.answer())[2] == b"%d" % len(SMUGGLED)
        assert await line.rest() == b""
        assert paths(served) == ["/first"]


HANDSHAKE = b"Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + KEY
REFUSED = {
    "connect": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "connect with a body": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\n",
    "connect to upgrade": b"CONNECT /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n",
    "post": b"POST /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n",
    "a body": b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"Content-Length: 38\r\n\r\n",
    "chunks": b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"Transfer-Encoding: chunked\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n",
    "chunks by http/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
}


@pytest.mark.parametrize("head", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("is_split", [False, True], ids=["one write", "two writes"])
async def test_what_has_no_clear_end_is_refused_and_nothing_after_it_is_read(
    head: bytes, is_split: bool
) -> None:
    async with serving() as served, served.line() as line:
        await sent_in_pieces(line, head + SMUGGLED, [len(head)] if is_split else [])
        assert (await line.refusal())[0] == 400
        assert paths(served) == []


@pytest.mark.parametrize(
    "connection",
    [
        b"Connection: upgrade\r\n",
        b"Connection: keep-alive, UpGrade\r\n",
        b"Connection: upgrade\r\nConnection: te\r\n",
    ],
    ids=["small", "list", "two headers"],
)
@pytest.mark.parametrize("protocol", [b"websocket", b"WebSocket", b" websocket\t"])
async def test_a_handshake_is_one_however_it_is_written(connection: bytes, protocol: bytes) -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: %b\r\n" % protocol, connection, KEY, b"\r\n")
        assert (await line.answer())[0] == 101


async def test_bytes_right_behind_a_handshake_are_refused_and_never_a_request() -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /ws HTTP/1.1\r\n", HANDSHAKE, b"\r\n", SMUGGLED)
        assert (await line.refusal())[0] == 400
        assert paths(served) == []


async def test_a_long_read_that_begins_with_a_handshake_ends_the_connection() -> None:
    head = b"GET /ws HTTP/1.1\r\n" + HANDSHAKE
    filled = head + b"X: %b\r\n\r\n" % (b"a" * (SLICE_BYTES - len(head) - len(b"X: \r\n\r\n")))
    async with serving() as served, served.line() as line:
        line.say(filled, SMUGGLED)
        with contextlib.suppress(ConnectionResetError):
            assert await line.rest() == b""
        assert paths(served) == []


async def test_bytes_before_the_answer_to_a_handshake_end_the_connection() -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /ws?held HTTP/1.1\r\n", HANDSHAKE, b"\r\n")
        await served.app.is_asked.wait()
        line.say(SMUGGLED)
        with contextlib.suppress(ConnectionResetError):
            assert await line.rest() == b""
        assert paths(served) == []


async def test_a_handshake_before_the_answer_to_another_request_is_refused() -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        await served.app.is_asked.wait()
        line.say(b"GET /ws HTTP/1.1\r\n", HANDSHAKE, b"\r\n", SMUGGLED)
        served.app.released.set()
        assert (await line.answer())[0] == 200
        assert (await line.refusal())[0] == 400
        assert paths(served) == ["/held"]


async def test_trailers_do_not_become_headers() -> None:
    """A proxy checks the headers of a request, and no trailer."""
    async with serving() as served, served.line() as line:
        line.say(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.say(b"0\r\nX-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer a\r\n\r\n")
        assert (await line.answer())[0] == 200
        assert set(served.app.asked[0][2]) == {b"host", b"transfer-encoding"}


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_another_version_and_another_number_of_hosts_than_one_are_refused(head: bytes) -> None:
    async with serving() as served, served.line() as line:
        line.say(head)
        status, error = await line.refusal()
        assert (status, error["code"]) == (400, "INVALID_REQUEST")
        assert paths(served) == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a_b.example:80\r\n\r\n",
    ],
)
async def test_a_host_is_a_name_an_address_or_empty(head: bytes) -> None:
    async with serving(WireLimits()) as served, served.line() as line:
        line.say(head)
        assert (await line.answer())[0] == 200
