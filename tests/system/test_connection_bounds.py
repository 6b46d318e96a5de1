"""What one client may hold of the server: connections, time for bodies, and places in a pipeline."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.servers.ports import free_port
from tests.system.deployed import running
from tests.system.raw_line import PATIENCE_S, Line, Served, serving

from netra.entrypoints.server.protocol import SLICE_BYTES
from netra.entrypoints.server.wire_limits import WireLimits, wire_limits_of
from netra.settings import Settings

pytestmark = pytest.mark.system

SHORT = WireLimits(head_s=0.2, idle_s=0.2, body_window_s=0.2, linger_s=0.2)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UNFINISHED = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na"
SOCKET = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSE_FRAME = b"\x88\x80\0\0\0\0"
OTHER_ADDRESS = "127.0.0.2"


@asynccontextmanager
async def line_from(address: str, port: int) -> AsyncGenerator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def until_none_is_open(served: Served) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while served.server.server_state.connections:
            await asyncio.sleep(0.005)


async def test_an_answer_before_the_end_of_its_body_is_the_last_and_the_connection_ends() -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(UNFINISHED % b"/early")
        status, headers, body = await line.answer()
        assert (status, headers["connection"], body) == (200, "close", b"no")
        assert await line.rest() == b""
        await until_none_is_open(served)  # though the client never closed


async def test_a_client_that_is_still_sending_gets_the_whole_answer() -> None:
    size = 8_000_000
    async with serving(WireLimits(linger_s=PATIENCE_S)) as served, served.line() as line:
        line.say(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size, b"a" * size)
        assert (await line.answer())[2] == b"no"
        assert await line.rest() == b""
        line.writer.close()
        await until_none_is_open(served)


async def test_a_body_in_two_reads_costs_no_connection() -> None:
    async with serving() as served, served.line() as line:
        for _ in range(3):
            line.say(UNFINISHED % b"/read")
            async with served.line() as other:
                other.say(GET)
                await other.answer()
            line.say(b"b" * 9)
            assert (await line.answer())[::2] == (200, b"10")


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(UNFINISHED % b"/read")
        status, error = await line.refusal()
        assert (status, error["code"]) == (408, "REQUEST_TIMEOUT")
        await until_none_is_open(served)


async def test_a_body_behind_another_request_has_its_time_from_its_turn_on() -> None:
    async with serving(SHORT) as served, served.line() as line:
        line.say(GET.replace(b"/ ", b"/held "), UNFINISHED % b"/read")
        await served.app.is_asked.wait()
        for _ in range(2):
            async with served.line() as other:
                assert await other.rest() == b""  # as much time as a body has
        served.app.released.set()
        assert (await line.answer())[0] == 200
        assert (await line.refusal())[0] == 408


async def test_a_slow_but_steady_upload_goes_on() -> None:
    limits = WireLimits(head_s=0.02, body_window_s=1.0, body_window_bytes_min=10)
    async with serving(limits) as served, served.line() as line:
        until_s = asyncio.get_running_loop().time() + 3 * limits.body_window_s
        line.say(b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while asyncio.get_running_loop().time() < until_s:
            line.say(b"a\r\n0123456789\r\n")
            sent += 10
            async with served.line() as other:
                assert await other.rest() == b""  # after a fiftieth of a window
        line.say(b"0\r\n\r\n")
        assert (await line.answer())[::2] == (200, b"%d" % sent)


async def test_an_idle_connection_ends_after_the_keep_alive_time() -> None:
    async with serving(WireLimits(idle_s=0.2)) as served, served.line() as line:
        for _ in range(2):
            line.say(GET)
            assert (await line.answer())[0] == 200
        assert await line.rest() == b""
        await until_none_is_open(served)


async def test_empty_lines_do_not_keep_a_connection() -> None:
    async with serving(WireLimits(idle_s=0.2)) as served, served.line() as line:
        line.say(GET)
        assert (await line.answer())[0] == 200
        line.say(b"\r\n")
        assert await line.rest() == b""


async def test_one_address_may_hold_only_so_many_connections() -> None:
    limits = WireLimits(connections_max=100, connections_per_address_max=5)
    async with serving(limits) as served, AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(served.line()) for _ in range(8)]
        for line in lines[:5]:
            line.say(UNFINISHED % b"/read")
        for line in lines[5:]:
            status, error = await line.refusal()
            assert (status, error["code"]) == (503, "SERVICE_UNAVAILABLE")
        async with line_from(OTHER_ADDRESS, served.port) as other:
            other.say(GET)
            assert (await other.answer())[0] == 200


async def test_connections_through_a_trusted_proxy_are_bounded_in_all_only() -> None:
    limits = WireLimits(connections_max=8, connections_per_address_max=2, shared_networks=("127.0.0.0/8",))
    async with serving(limits) as served, AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(served.line()) for _ in range(8)]
        for line in lines:
            line.say(GET)
            assert (await line.answer())[0] == 200
        async with served.line() as one_more:
            assert (await one_more.refusal())[0] == 503


async def test_what_has_ended_gives_its_place_back_sockets_too() -> None:
    async with serving(WireLimits(connections_max=4, connections_per_address_max=2)) as served:
        for turn in range(10):
            async with served.line() as line:
                line.say(SOCKET if turn % 2 else GET)
                assert (await line.answer())[0] == (101 if turn % 2 else 200)
                if turn % 2:
                    line.say(CLOSE_FRAME)
                    await line.rest()
            await until_none_is_open(served)


async def test_a_socket_keeps_the_place_of_its_connection() -> None:
    limits = WireLimits(connections_max=4, connections_per_address_max=2)
    async with serving(limits) as served, served.line() as first, served.line() as second:
        for line in (first, second):
            line.say(SOCKET.replace(b"/ws", b"/ws?held"))
        await served.app.is_asked.wait()
        async with served.line() as third:
            assert (await third.refusal())[0] == 503
        served.app.released.set()


async def test_a_long_pipeline_waits_outside_the_parser_and_blocks_nobody() -> None:
    count = 8_000  # of the smallest requests: one read
    smallest = b"GET / HTTP/1.1\r\nHost:\r\n\r\n"
    async with serving() as served, served.line() as line, served.line() as other:
        other.say(GET)
        assert (await other.answer())[0] == 200
        line.say(GET.replace(b"/ ", b"/held "), smallest * count)
        await served.app.is_asked.wait()
        other.say(GET)
        assert (await other.answer())[0] == 200
        waiting = [len(getattr(one, "pipeline", ())) for one in served.server.server_state.connections]
        assert max(waiting) <= SLICE_BYTES // len(smallest)
        served.app.released.set()
        for _ in range(count + 1):
            assert (await line.answer())[0] == 200
        assert len(served.app.asked) == count + 3


async def test_a_pipeline_is_answered_in_order_bodies_and_the_last_too() -> None:
    async with serving() as served, served.line() as line:
        for size in range(300):
            line.say(
                b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (size, size), b"a" * size
            )
        line.say(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), GET)
        for size in range(300):
            assert (await line.answer())[2] == b"%d" % size
        assert (await line.answer())[1]["connection"] == "close"
        assert await line.rest() == b""
        assert len(served.app.asked) == 301


async def test_nonsense_far_behind_in_a_pipeline_is_refused_after_all_before_it() -> None:
    async with serving() as served, served.line() as line:
        line.say(GET * 1_000, b"nonsense\r\n\r\n")
        for _ in range(1_000):
            assert (await line.answer())[0] == 200
        assert (await line.refusal())[0] == 400


def test_the_bounds_of_a_deployment_are_its_settings() -> None:
    settings = Settings(
        max_tcp_connections=7, max_tcp_connections_per_address=3, trusted_proxies=("192.0.2.1",)
    )
    limits = wire_limits_of(settings)
    assert (limits.connections_max, limits.connections_per_address_max) == (7, 3)
    assert limits.shared_networks == ("192.0.2.1",)


async def test_a_thousand_unfinished_bodies_from_one_address_end_no_service(tmp_path: Path) -> None:
    """With 1,024 open files, as many systems allow."""
    port = free_port()
    environment = {"NETRA_LIMIT_GENERAL": "100000"}
    arguments = ("serve", "--port", str(port), "--data", str(tmp_path / "data"), "--slots", "0")
    with running(*arguments, folder=tmp_path, environment=environment) as part:
        await asyncio.to_thread(part.until_it_says, "is at http")
        soft, hard = resource.prlimit(part.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard  # raised when the server started
        resource.prlimit(part.process.pid, resource.RLIMIT_NOFILE, (1_024, 1_024))
        async with AsyncExitStack() as stack:
            for _ in range(1_100):
                with suppress(ConnectionError):
                    line = await stack.enter_async_context(line_from("127.0.0.1", port))
                    line.say(UNFINISHED % b"/nope")
            transport = httpx.AsyncHTTPTransport(local_address=OTHER_ADDRESS)
            async with httpx.AsyncClient(transport=transport, timeout=PATIENCE_S) as client:
                for _ in range(3):
                    answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
                    assert answer.status_code == 200
        part.tell(signal.SIGTERM)
        assert await asyncio.to_thread(part.ended) == os.EX_OK
