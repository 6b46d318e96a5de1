"""Attacks on connections: where a request ends, how long a connection lasts, frames, heads."""

import resource
import time
from contextlib import ExitStack, suppress

from tests.attack.outcome import NotAttacked, attack, must
from tests.attack.target import (
    Target,
    client_of,
    connected,
    exchanged,
    rest_of,
    status_of,
    statuses,
    token_of,
    until,
)
from tests.servers.fixtures import made, running
from tests.servers.nginx_server import NginxMissing, NginxServer, nginx
from websockets.frames import Frame, Opcode

OTHER = "127.0.0.2"
CLOSED_LINE = "WebSocket closed with 1007"
UNFINISHED = b"POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na"
CONNECTIONS = 1_100  # more than the files that the attacked server may open
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + KEY
OFFER = b"POST /nope HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
LAST = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@attack(1, "DELETE /api/auth/sessions in the body of a POST with Upgrade: foo, h2c, a list, in two writes")
def smuggle_by_upgrade(target: Target) -> str:
    client = target.sign_up()
    hidden = _sign_out(token_of(client))
    for upgrade in (b"foo", b"h2c", b"anything-but-websocket", b"h2c, websocket"):
        head = OFFER + b"Upgrade: %b\r\nContent-Length: %d\r\n\r\n"
        for parts in (
            [head % (upgrade, len(hidden)) + hidden, LAST],
            [head % (upgrade, len(hidden)), hidden, LAST],
        ):
            found = statuses(exchanged(target.port, *parts))
            must(found in ([404, 200], [404]), f"Upgrade: {upgrade!r} was answered {found}")
        must(client.get("/api/auth/me").status_code == 200, f"Upgrade: {upgrade!r} signed the user out")
    return "each POST was one request; the session lives"


@attack(1, "a DELETE behind CONNECT, a POST handshake, a handshake with a body, length with chunks")
def smuggle_by_ambiguity(target: Target) -> str:
    client = target.sign_up()
    hidden = _sign_out(token_of(client))
    heads = (
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /ws HTTP/1.1\r\nHost: a\r\n" + UPGRADE + b"\r\n",
        b"GET /ws HTTP/1.1\r\nHost: a\r\n" + UPGRADE + b"Content-Length: 3\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    )
    for head in heads:
        for parts in ([head + hidden], [head, hidden]):
            found = statuses(exchanged(target.port, *parts))
            must(found == [400], f"{head[:30]!r} was answered {found}")
    must(client.get("/api/auth/me").status_code == 200, "a hidden DELETE signed the user out")
    return f"{2 * len(heads)} answers of 400 and a close; the session lives"


@attack(
    1,
    "through a real nginx: 20 and 60 kB of CRLF and the beginning of a DELETE, then another client",
    is_quick=False,
)
def smuggle_behind_nginx(target: Target) -> str:
    folder = target.folder / "nginx"
    try:
        program = nginx(made(folder))
    except NginxMissing as error:
        raise NotAttacked(str(error)) from error
    server = NginxServer(
        made(folder / "run"),
        program=program,
        to_port=target.port,
        connection='"upgrade"',
        buffers_bodies=False,
    )
    victim = target.sign_up()
    with running(server):
        for filling in (0, 20_000, 60_000) * 3:
            body = b"\r\n" * (filling // 2) + b"DELETE /api/auth/sessions HTTP/1.1\r\nHost: a\r\nX: "
            with connected(server.port) as line:
                line.sendall(OFFER + b"Upgrade: anything\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                line.recv(65_536)
            found = status_of(f"http://127.0.0.1:{server.port}", token_of(victim), path="/api/auth/me")
            must(found == 200, f"the next client of nginx got {found}")
    must(victim.get("/api/auth/me").status_code == 200, "the victim was signed out")
    return "9 of 9 next clients got their own answer and stayed signed in"


def _sign_out(token: str) -> bytes:
    return (
        b"DELETE /api/auth/sessions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\r\n\r\n" % token.encode()
    )


@attack(
    2,
    f"{CONNECTIONS} unfinished bodies from one address at a server that may open 1,024 files",
    is_quick=False,
)
def unfinished_bodies(target: Target) -> str:
    _raise_own_files()
    before = resource.prlimit(target.pid, resource.RLIMIT_NOFILE)
    must(before[0] == before[1], f"the limit on open files was not raised to its hard limit: {before}")
    with target.also() as server, ExitStack() as stack:
        (pid,) = server._who_writes()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1_024, 1_024))
        for _ in range(CONNECTIONS):
            with suppress(OSError):
                line = stack.enter_context(connected(server.port))
                line.sendall(UNFINISHED)
        with client_of(server.url, source=OTHER) as other:
            found = {other.get("/health").status_code for _ in range(5)}
    must(found == {200}, f"another address got {found}")
    return "another address was served 5 of 5 times"


@attack(2, "an unfinished body and an idle connection, left alone", is_quick=False)
def connections_left_alone(target: Target) -> str:
    with connected(target.port) as unfinished, connected(target.port) as idle, connected(target.port) as slow:
        unfinished.sendall(UNFINISHED.replace(b"/nope", b"/api/auth/login"))
        slow.sendall(b"GET / HTTP/1.1\r\nHost")
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        found = [statuses(rest_of(line)) for line in (unfinished, idle, slow)]
    must(found[1] == [200], f"an idle connection got {found[1]}")
    return f"all three were closed by the server, answered {found}"


def _raise_own_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@attack(3, "5 sockets of one member with 50,000 pings each, and 8,000 pipelined requests unread")
def uncounted_frames(target: Target) -> str:
    token = token_of(target.sign_up())
    pings = Frame(Opcode.PING, b"").serialize(mask=True) * 50_000
    slowest_s, answered = 0.0, 0
    with ExitStack() as stack:
        lines = [stack.enter_context(_socket(target, token)) for _ in range(5)]
        pipeline = stack.enter_context(connected(target.port))
        pipeline.settimeout(0.5)
        with suppress(TimeoutError):
            pipeline.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 8_000)
        for line in lines:
            with suppress(OSError):  # the server may have closed it before all was sent
                line.sendall(pings)
            began_s = time.monotonic()
            with client_of(target.first) as other:
                answered += other.get("/health").is_success
            slowest_s = max(slowest_s, time.monotonic() - began_s)
        codes = [_close_code(rest_of(line)) for line in lines]
    must(answered == 5, f"/health was answered {answered} times of 5")
    must(set(codes) <= {1008, None} and 1008 in codes, f"the sockets closed with {codes}")
    return f"sockets closed with 1008; the slowest of 5 answers of /health took {slowest_s * 1000:.0f} ms"


@attack(21, "20 text messages that are not UTF-8, each on a socket of its own")
def invalid_text(target: Target) -> str:
    token = token_of(target.sign_up())
    size = len(target.log)
    codes = []
    for _ in range(20):
        with _socket(target, token) as line:
            line.sendall(Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True))
            codes.append(_close_code(rest_of(line)))
    until(lambda: target.log[size:].count(CLOSED_LINE) >= 20, "the log of the refusals")
    logged = target.log[size:]
    must(codes == [1007] * 20, f"the sockets closed with {codes}")
    must("Traceback" not in logged, "a stack trace was logged")
    lines = logged.count(CLOSED_LINE)
    must(lines == 20, f"{lines} lines about 20 sockets")
    return f"20 closes with 1007, {lines} lines of log about them, no stack trace"


def _socket(target: Target, token: str):  # type: ignore[no-untyped-def]
    line = connected(target.port)
    line.sendall(b"GET /ws?token=%b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b\r\n" % (token.encode(), UPGRADE))
    found = b""
    while b'"status"' not in found:
        piece = line.recv(4_096)
        must(piece, f"the socket was not opened: {found!r}")
        found += piece
    return line


def _close_code(frames: bytes) -> int | None:
    """Return the code of the close frame that ends `frames`: it has no mask and a short reason."""
    for size in range(2, 126):
        if len(frames) >= size + 2 and frames[-size - 2 : -size] == bytes([0x88, size]):
            return int.from_bytes(frames[-size:][:2])
    return None


@attack(20, "no Host, two Hosts, HTTP/0.9, HTTP/2.0 and its preface")
def odd_heads(target: Target) -> str:
    heads = (
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a, b\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/0.9\r\n\r\n",
        b"GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )
    for head in heads:
        found = statuses(exchanged(target.port, head))
        must(found == [400], f"{head!r} was answered {found}")
    return f"{len(heads)} answers of 400 and a close"
