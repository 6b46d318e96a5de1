"""The head of a request over real sockets: how long it may be, how long it may take, and who is told."""

import pytest
from tests.system.raw_line import serving

from netra.entrypoints.server.request_head import HEAD_BYTES_MAX, HEADERS_MAX, LINE_BYTES_MAX
from netra.entrypoints.server.wire_limits import WireLimits

pytestmark = pytest.mark.system

SHORT = WireLimits(head_s=0.2)
LONG = b"a" * LINE_BYTES_MAX
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


async def refused(head: bytes) -> tuple[int, str]:
    async with serving() as served, served.line() as line:
        line.say(head)
        status, error = await line.refusal()
        return status, error["code"]


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % LONG, 414, "URI_TOO_LONG"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % LONG, 431, "HEADERS_TOO_LARGE"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n" % (b"A: a\r\n" * (HEADERS_MAX + 1)),
            431,
            "HEADERS_TOO_LARGE",
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n" % (b"A: %b\r\n" % LONG[9:] * 9), 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * HEAD_BYTES_MAX, 431, "HEADERS_TOO_LARGE"),
        (b"GET /" + b"a" * HEAD_BYTES_MAX, 431, "HEADERS_TOO_LARGE"),
        (b"nonsense\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "INVALID_REQUEST"),
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
    head = b"GET /%b HTTP/1.1\r\nHost: a\r\n" % (b"a" * (LINE_BYTES_MAX - len("GET / HTTP/1.1\r\n")))
    headers = b"A: %b\r\n" % (b"a" * most) * 7 + b"A: a\r\n" * (HEADERS_MAX - 8)
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
            line.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size, b"a" * size)
            assert (await line.answer())[2] == b"%d" % size
        line.say(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.say(*[b"1\r\na\r\n"] * HEAD_BYTES_MAX, b"0\r\n\r\n")
        assert (await line.answer())[2] == b"%d" % HEAD_BYTES_MAX


async def test_what_follows_a_body_is_bounded_too() -> None:
    async with serving() as served, served.line() as line:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        line.say(head, b"1\r\na\r\n0\r\n")
        assert (await line.answer())[0] == 100  # so that has been read
        line.say(b"A: ", b"a" * (HEAD_BYTES_MAX - 2))
        assert (await line.refusal())[0] == 431


async def test_nonsense_after_a_request_is_refused_once_the_request_has_been_answered() -> None:
    async with serving() as served, served.line() as line:
        line.say(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        await served.app.is_asked.wait()
        line.say(b"nonsense\r\n\r\n")
        served.app.released.set()
        assert (await line.answer())[0] == 200
        assert (await line.refusal())[0] == 400


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nA: a", b"\r\n"], ids=["nothing", "a part", "air"]
)
async def test_a_head_that_does_not_come_in_time_is_not_waited_for(begun: bytes) -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(begun)
        assert await line.rest() == b""


async def test_a_second_head_has_its_time_from_its_first_byte_on() -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await line.answer())[0] == 200
        line.say(b"G")
        assert await line.rest() == b""


async def test_an_answer_may_take_longer_than_a_head() -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        await served.app.is_asked.wait()
        async with served.line() as other:
            assert await other.rest() == b""  # its time, which began later, is over
        served.app.released.set()
        assert (await line.answer())[0] == 200
