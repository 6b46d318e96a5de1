"""A client of a proxy must not be able to put words into the mouth of the proxy's next client."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.servers.fixtures import running
from tests.servers.nginx_server import NginxMissing, NginxServer, Program, nginx
from tests.servers.process import HOST
from tests.system.raw_line import Line, Served, serving

pytestmark = pytest.mark.system

PREFIX = (
    b"DELETE /api/auth/sessions HTTP/1.1\r\nHost: a\r\nX: "  # the next request would become its last header
)
VICTIM = b"GET /victim HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer of-the-victim\r\n\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return nginx. CI fails without it; elsewhere the reason is shown in the summary of skipped tests."""
    try:
        return nginx(tmp_path_factory.mktemp("nginx-program"))
    except NginxMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT CHECKED BEHIND A REAL PROXY: {error}")


@asynccontextmanager
async def behind_nginx(
    program: Program, folder: Path, *, connection: str = '"upgrade"', buffers_bodies: bool = True
) -> AsyncGenerator[tuple[Served, int]]:
    """Serve an `Echo` behind nginx, and yield it with nginx's port."""
    async with serving() as served:
        server = NginxServer(
            folder,
            program=program,
            to_port=served.port,
            connection=connection,
            buffers_bodies=buffers_bodies,
        )
        with running(server):
            yield served, server.port


@asynccontextmanager
async def line_to(port: int) -> AsyncGenerator[Line]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("buffers_bodies", [True, False], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("connection", ['"upgrade"', "$http_connection"])
@pytest.mark.parametrize("filling", [0, 20_000, 60_000])
@pytest.mark.parametrize("path", [b"/early", b"/read"])
async def test_the_body_of_one_client_does_not_become_the_request_of_the_next(
    program: Program, tmp_path: Path, buffers_bodies: bool, connection: str, filling: int, path: bytes
) -> None:
    body = b"\r\n" * (filling // 2) + PREFIX
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    upgrade = b"Connection: Upgrade\r\nUpgrade: anything-but-websocket\r\n"
    reached = behind_nginx(program, tmp_path, connection=connection, buffers_bodies=buffers_bodies)
    async with reached as (served, port):
        for _ in range(3):
            async with line_to(port) as attacker:
                attacker.say(b"POST %b HTTP/1.1\r\nHost: a\r\n" % path, upgrade, length, body)
                assert (await attacker.answer())[0] == 200
            async with line_to(port) as victim:
                victim.say(VICTIM)
                assert (await victim.answer())[::2] == (200, b"0")
        asked = [(method, path) for method, path, _ in served.app.asked]
        assert asked == [("POST", path.decode()), ("GET", "/victim")] * 3
        assert b"authorization" not in served.app.asked[0][2]


async def test_java_s_offer_of_http_2_and_a_socket_both_pass(program: Program, tmp_path: Path) -> None:
    h2c = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    async with behind_nginx(program, tmp_path) as (_, port):
        async with line_to(port) as java:
            for _ in range(3):
                java.say(b"POST /read HTTP/1.1\r\nHost: a\r\n", h2c, b"Content-Length: 3\r\n\r\nabc")
                assert (await java.answer())[::2] == (200, b"3")
        async with line_to(port) as socket:
            socket.say(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", KEY)
            socket.say(b"\r\n")
            assert (await socket.answer())[0] == 101
