"""The socket over a real server and a real client: close codes, sign-in, resume, many at once."""

import asyncio
import contextlib
import dataclasses
import json
import logging
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.waiting import happens, until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from netra.bootstrap.memory import memory_ports
from netra.domain.ids import SessionId, UserId
from netra.domain.runs.events import cancelled, completed, updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import Claim
from netra.domain.users.model import Claims, Principal, TokenKind, UserSession
from netra.entrypoints.app import Application, create_app
from netra.entrypoints.server.server import LINGER_S as SERVER_LINGER_S
from netra.entrypoints.server.server import Server, server_config
from netra.entrypoints.websocket.pump import LINGER_S
from netra.plugboard import Ports
from netra.settings import Settings

pytestmark = pytest.mark.system

SHORT = timedelta(seconds=5)  # long enough to sign in on a loaded machine
ASK = {"type": "optimization_request", "id": "c-1", "data": {"message": "Make it cheaper"}}
QUIET = Settings(slots=0, limit_websocket=0, limit_agent=0)


class Served:
    """A running server, its ports, and the hands of a worker."""

    def __init__(self, app: Application, ports: Ports, *, server: Server, port: int) -> None:
        self.app = app
        self.ports = ports
        self.server = server
        self.port = port
        self._users = 0

    async def token(self, *, user: int = 1, lasts: timedelta = timedelta(hours=1), session: str = "") -> str:
        """Return a token of `user`, whose session is made when it is not named."""
        now = datetime.now(UTC)
        self._users += 1
        session_id = SessionId(session or f"ses-{self._users}")
        ends = now + timedelta(days=1)
        row = UserSession(id=session_id, user_id=UserId(user), created_at=now, expires_at=ends)
        await self.ports.sessions.add(row)
        return self.ports.tokens.issue(
            Claims(
                user_id=UserId(user),
                session_id=session_id,
                kind=TokenKind.ACCESS,
                issued_at=min(now, now + lasts - timedelta(seconds=1)),
                expires_at=now + lasts,
            )
        )

    def connect(self, query: str = "", *, path: str = "/ws", **options: Any) -> Any:
        """Open a client connection."""
        uri = f"ws://127.0.0.1:{self.port}{path}{query}"
        return connect(uri, max_size=None, **{"proxy": None, "compression": None, **options})

    @asynccontextmanager
    async def signed_in(self, *, user: int = 1, **options: Any) -> AsyncGenerator[ClientConnection]:
        """Open a connection whose status has been heard."""
        async with self.connect(f"?token={await self.token(user=user)}", **options) as client:
            assert (await heard(client))["type"] == "status"
            yield client

    async def claim(self) -> Claim:
        claim = await self.ports.runs.claim(lease_s=60)
        assert claim is not None
        return claim

    async def progress(self, claim: Claim, *percents: int) -> None:
        events = [updated(claim.run, agent="A", message="m", progress=percent) for percent in percents]
        await self.ports.feed.publish(await self.ports.runs.record(claim, events, progress=percents[-1]))

    async def complete(self, claim: Claim) -> None:
        result = msgspec.Raw(b'{"recommendations":[],"metrics":{},"actions":[],"supply_config":{}}')
        ending = Ending(move=RunMove.COMPLETE, result=result)
        ended = await self.ports.runs.finish(claim, ending, [completed(claim.run, result)], answer=None)
        await self.ports.feed.publish(ended)


@asynccontextmanager
async def serving(
    settings: Settings = QUIET,
    *,
    adjust: Callable[[Ports], Ports] = lambda ports: ports,
    ping_s: float | None = None,
    send_buffer: int | None = None,
    linger_s: float = LINGER_S,
    server_linger_s: int = SERVER_LINGER_S,
) -> AsyncGenerator[Served]:
    """Serve Netra over memory adapters on a free port until the block ends."""
    ports = adjust(memory_ports(settings))
    app = create_app(settings, ports, linger_s=linger_s)
    with socket.socket() as listening:
        if send_buffer is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        listening.bind(("127.0.0.1", 0))
        config = server_config(app, host="127.0.0.1", port=0, log_level="warning")
        config.loop = "asyncio"
        if ping_s is not None:
            config.ws_ping_interval = config.ws_ping_timeout = ping_s
        server = Server(config, drain=app.drain, linger_s=server_linger_s)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(sockets=[listening]))
            await until(lambda: server.started or serving.done(), "the server's start", pause_s=0.005)
            assert not serving.done()
            try:
                yield Served(app, ports, server=server, port=listening.getsockname()[1])
            finally:
                server.should_exit = True


async def heard(client: ClientConnection) -> dict[str, Any]:
    """Return the next frame."""
    frame = json.loads(await happens(client.recv(), "a frame or the close"))
    assert isinstance(frame, dict)
    return frame


async def until_close(client: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """Return all that is heard before the close, and its code."""
    frames: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            frames.append(await heard(client))
    assert client.close_code is not None
    return frames, client.close_code


async def say(client: ClientConnection, message: object) -> None:
    await client.send(json.dumps(message))


@pytest.mark.parametrize("path", ["/ws", "/v2/ws"])
async def test_a_token_in_the_query_opens_the_socket_with_the_documented_status(path: str) -> None:
    async with (
        serving() as served,
        served.connect(f"?token={await served.token(user=7)}", path=path) as client,
    ):
        assert await heard(client) == {
            "type": "status",
            "data": {"connected": True, "authenticated": True, "user_id": 7},
        }
        assert client.response is not None
        assert client.response.headers["X-API-Version"] == "2.0.0"
        assert client.response.headers["X-Request-ID"].startswith("req-")


async def test_a_token_in_the_header_opens_it_too() -> None:
    async with serving() as served:
        headers = {"Authorization": f"Bearer {await served.token()}"}
        async with served.connect(additional_headers=headers) as client:
            assert (await heard(client))["type"] == "status"


async def test_a_ticket_opens_one_socket_and_no_second_one() -> None:
    async with serving() as served:
        principal = await _principal(served)
        ticket = await served.ports.tickets.issue(principal)
        async with served.connect(f"?ticket={ticket}") as client:
            assert (await heard(client))["type"] == "status"
        async with served.connect(f"?ticket={ticket}") as client:
            frames, code = await until_close(client)
        assert (frames[0]["data"]["code"], code) == ("UNAUTHORIZED", 4000)


@pytest.mark.parametrize("query", ["", "?token=", "?token=nonsense", "?ticket=nonsense", "?token=a.b.c"])
async def test_without_a_good_token_the_socket_says_so_and_closes_with_4000(query: str) -> None:
    async with serving() as served, served.connect(query) as client:
        frames, code = await until_close(client)
    assert [(frame["type"], frame["data"]["code"]) for frame in frames] == [("error", "UNAUTHORIZED")]
    assert isinstance(frames[0]["data"]["details"], str)
    assert code == 4000


async def test_compression_stays_off_though_a_client_offers_it() -> None:
    async with serving() as served, served.signed_in(compression="deflate") as client:
        assert client.protocol.extensions == []


async def test_an_expired_token_closes_with_4001() -> None:
    async with serving() as served:
        token = await served.token(lasts=timedelta(seconds=-5))
        async with served.connect(f"?token={token}") as client:
            assert (await until_close(client))[1] == 4001


async def test_a_token_that_expires_closes_its_socket_with_4001_and_not_before() -> None:
    async with serving() as served:
        token = await served.token(lasts=SHORT)
        ends_at = served.ports.tokens.read(token).expires_at
        async with served.connect(f"?token={token}") as client:
            frames, code = await until_close(client)
            closed_at = datetime.now(UTC)
    assert [frame["type"] for frame in frames] == ["status", "error"]
    assert code == 4001
    assert closed_at >= ends_at


async def test_signing_out_closes_the_sessions_sockets_with_4001_and_no_others() -> None:
    async with serving() as served:
        token = await served.token(session="ses-out")
        async with served.connect(f"?token={token}") as client, served.signed_in(user=1) as other:
            await heard(client)
            await served.ports.sessions.end(SessionId("ses-out"), at=datetime.now(UTC))
            assert (await until_close(client))[1] == 4001
            await say(other, {"type": "ping"})
            assert (await heard(other))["type"] == "pong"


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"type": 7}', "[" * 50_000])
async def test_what_is_no_message_closes_with_4002(text: str) -> None:
    async with serving() as served, served.signed_in() as client:
        await client.send(text)
        assert (await until_close(client))[1] == 4002


async def test_the_thirty_first_message_in_a_minute_closes_with_4003() -> None:
    settings = msgspec.structs.replace(QUIET, limit_websocket=30)
    async with serving(settings) as served, served.signed_in() as client:
        for _ in range(31):
            await say(client, {"type": "ping"})
        frames, code = await until_close(client)
    assert [frame["type"] for frame in frames] == ["pong"] * 30 + ["error"]
    assert (frames[-1]["data"]["code"], code) == ("RATE_LIMITED", 4003)


async def test_the_eleventh_question_in_a_minute_closes_with_4003() -> None:
    settings = msgspec.structs.replace(QUIET, limit_agent=10)
    async with serving(settings) as served, served.signed_in() as client:
        for _ in range(10):
            await say(client, ASK)
            assert (await heard(client))["type"] == "agent_update"
        await say(client, ASK)
        frames, code = await until_close(client)
    assert (frames[-1]["data"]["code"], code) == ("RATE_LIMITED", 4003)


async def test_bytes_close_with_1003() -> None:
    async with serving() as served, served.signed_in() as client:
        await client.send(b'{"type": "ping"}')
        assert (await until_close(client))[1] == 1003


async def test_text_that_is_not_utf_8_closes_with_1007() -> None:
    async with serving() as served, served.signed_in() as client:
        client.transport.write(Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True))
        assert (await until_close(client))[1] == 1007


async def test_a_message_over_a_mebibyte_closes_with_1009_and_one_of_that_size_does_not() -> None:
    async with serving() as served, served.signed_in() as client:
        exact = '{"type":"ping","data":"' + "x" * (1_048_576 - 25) + '"}'
        assert len(exact) == 1_048_576
        await client.send(exact)
        assert (await heard(client))["type"] == "pong"
        await client.send(exact + " ")
        assert (await until_close(client))[1] == 1009


async def test_an_unknown_type_is_an_error_and_the_socket_stays() -> None:
    async with serving() as served, served.signed_in() as client:
        await say(client, {"type": "dance"})
        assert (await heard(client))["type"] == "error"
        await say(client, {"type": "ping"})
        pong = await heard(client)
        assert pong["type"] == "pong"
        assert datetime.strptime(pong["timestamp"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # the format


async def test_a_server_that_ends_closes_with_1001() -> None:
    async with serving() as served, served.signed_in() as client:
        served.server.should_exit = True
        frames, code = await until_close(client)
    assert (frames, code) == ([], 1001)


async def test_one_connection_too_many_closes_with_1008() -> None:
    settings = msgspec.structs.replace(QUIET, max_connections_per_user=1)
    async with serving(settings) as served, served.signed_in(), served.signed_in(user=2):
        query = f"?token={await served.token()}"
        async with served.connect(query) as client:
            frames, code = await until_close(client)
    assert (frames[0]["data"]["code"], code) == ("SERVICE_UNAVAILABLE", 1008)


async def test_a_page_of_another_origin_is_refused_with_1008() -> None:
    settings = msgspec.structs.replace(QUIET, websocket_origins=("https://app.example.com",))
    async with serving(settings) as served:
        async with served.signed_in(origin="https://app.example.com"):
            pass
        async with served.signed_in(origin=f"http://127.0.0.1:{served.port}"):
            pass
        query = f"?token={await served.token()}"
        async with served.connect(query, origin="https://evil.example") as client:
            frames, code = await until_close(client)
        assert (frames[0]["data"]["code"], code) == ("FORBIDDEN", 1008)


class Pings:
    """Counts the pings that a client gets; it answers each as ever."""

    def __init__(self, client: ClientConnection) -> None:
        self.count = 0
        self._process = client.process_event
        client.process_event = self._note  # type: ignore[method-assign]

    def _note(self, event: Any) -> None:
        self.count += isinstance(event, Frame) and event.opcode is Opcode.PING
        self._process(event)


class BrokenLimiter:
    """A limiter with a fault in it."""

    async def admit(self, name: object, key: str) -> Any:
        raise ZeroDivisionError(f"{name} {key}")

    def published(self) -> dict[str, int]:
        return {}


class DeafIncidents:
    """Lets the operator sleep."""

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        del error, where, names


async def test_a_fault_of_ours_closes_with_1011_and_never_4500() -> None:
    def broken(ports: Ports) -> Ports:
        return dataclasses.replace(ports, limiter=BrokenLimiter(), incidents=DeafIncidents())

    async with serving(adjust=broken) as served, served.signed_in() as client:
        await say(client, {"type": "ping"})
        frames, code = await until_close(client)
    assert (frames[0]["data"]["code"], code) == ("INTERNAL_ERROR", 1011)


async def test_a_reader_that_is_too_slow_closes_with_1008_and_nobody_else_waits_for_it() -> None:
    async with serving(send_buffer=65_536) as served, served.signed_in(user=2) as other:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            slow.connect(("127.0.0.1", served.port))
            slow.setblocking(False)
            query = f"?token={await served.token()}"
            async with served.connect(query, sock=slow, max_queue=1) as client:
                padding = {"type": "ping", "id": "x" * 200}
                for _ in range(5_000):
                    await say(client, padding)

                async def is_given_up() -> bool:  # and the other is answered meanwhile
                    await say(other, {"type": "ping"})
                    assert (await heard(other))["type"] == "pong"
                    open_ones = served.app._connections._open
                    return any(getattr(one, "closed_with", None) == 1008 for one in open_ones)

                await until(is_given_up, "the close of the slow reader")
                assert (await until_close(client))[1] == 1008


async def test_a_closed_connection_whose_client_never_reads_is_dropped() -> None:
    async with serving(send_buffer=65_536, linger_s=0.1, server_linger_s=0) as served:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            deaf.connect(("127.0.0.1", served.port))
            deaf.setblocking(False)
            query = f"?token={await served.token()}"
            client = await served.connect(query, sock=deaf, max_queue=1)
            for _ in range(5_000):
                await say(client, {"type": "ping", "id": "x" * 200})
            await until(lambda: not served.server.server_state.connections, "a server without connections")
            client.transport.abort()


async def test_a_client_that_answers_no_ping_is_found_dead() -> None:
    async with serving(ping_s=0.2) as served:
        token = await served.token()
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(
            f"GET /ws?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b"keepalive" in await happens(reader.read(-1), "the close of a client that answers no ping")
        writer.close()


async def test_an_idle_connection_lives_on_pings() -> None:
    async with serving(ping_s=3.0) as served, served.signed_in() as client:
        pings = Pings(client)
        await until(lambda: pings.count >= 2, "a second ping: the answer to the first has counted")
        await say(client, {"type": "ping"})
        assert (await heard(client))["type"] == "pong"


async def test_a_run_survives_its_socket_and_is_heard_again_without_gap_or_repeat() -> None:
    async with serving() as served:
        async with served.signed_in() as client:
            await say(client, ASK)
            first = await heard(client)
            claim = await served.claim()
            await served.progress(claim, 10, 20)
            seqs = [first["data"]["seq"], *[(await heard(client))["data"]["seq"] for _ in range(2)]]
        await served.progress(claim, 30, 40)
        async with served.signed_in() as client:
            await say(client, {"type": "subscribe", "data": {"run_id": claim.run.id, "after": seqs[-1]}})
            seqs += [(await heard(client))["data"]["seq"] for _ in range(2)]
            await served.complete(claim)
            last = await heard(client)
    assert seqs == [1, 2, 3, 4, 5]
    assert (last["type"], last["data"]["seq"], last["data"]["success"]) == ("agent_result", 6, True)
    assert first["type"] == "agent_update"
    assert first["data"]["progress"] == 0
    assert first["data"]["request_id"] == "c-1"


async def test_any_connection_of_the_owner_stops_a_run_and_both_hear_its_end() -> None:
    async with serving() as served, served.signed_in() as one, served.signed_in() as other:
        await say(one, ASK)
        run_id = (await heard(one))["data"]["run_id"]
        claim = await served.claim()
        await say(other, {"type": "stop_processing", "data": {"run_id": run_id}})

        async def is_asked_to_stop() -> bool:
            return (await served.ports.runs.extend(claim, lease_s=60)).is_cancel_requested

        await until(is_asked_to_stop, "the word to stop")
        ending = Ending(move=RunMove.CANCEL)
        ended = await served.ports.runs.finish(claim, ending, [cancelled(claim.run)], answer=None)
        await served.ports.feed.publish(ended)
        for client in (one, other):
            last = await heard(client)
            assert last["type"] == "agent_result"
            assert (last["data"]["success"], last["data"]["cancelled"]) == (False, True)


async def test_a_run_that_waits_is_stopped_without_a_worker() -> None:
    async with serving() as served, served.signed_in() as client:
        await say(client, ASK)
        await heard(client)
        await say(client, {"type": "stop_processing"})
        assert (await heard(client))["data"]["cancelled"] is True


async def test_fifty_clients_at_once_each_hear_their_own_run_and_no_other() -> None:
    settings = msgspec.structs.replace(QUIET, slots=2)

    async def client_of(served: Served, user: int) -> list[dict[str, Any]]:
        async with served.signed_in(user=user) as client:
            await say(client, {**ASK, "id": f"of-{user}"})
            frames = [await heard(client)]
            while frames[-1]["type"] != "agent_result":
                frames.append(await heard(client))
        return frames

    async with serving(settings) as served:
        stories = await asyncio.gather(*(client_of(served, user) for user in range(1, 51)))
    for user, frames in enumerate(stories, 1):
        assert {frame["data"]["request_id"] for frame in frames} == {f"of-{user}"}
        assert len({frame["data"]["run_id"] for frame in frames}) == 1
        assert [frame["data"]["seq"] for frame in frames] == list(range(1, len(frames) + 1))
        assert set(frames[-1]["data"]["result"]) >= {"recommendations", "metrics", "actions", "supply_config"}


async def test_no_token_is_ever_logged() -> None:
    lines: list[str] = []

    class Ears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    async with serving() as served:
        logger = logging.getLogger("uvicorn.error")
        ears, level = Ears(), logger.level
        logger.addHandler(ears)
        logger.setLevel(logging.DEBUG)
        try:
            token = await served.token()
            async with served.connect(f"?token={token}") as client:
                await heard(client)
        finally:
            logger.removeHandler(ears)
            logger.setLevel(level)
    assert any("/ws" in line for line in lines)
    assert not any(token in line for line in lines)


async def _principal(served: Served) -> Any:
    claims = served.ports.tokens.read(await served.token())
    return Principal(user_id=claims.user_id, session_id=claims.session_id, expires_at=claims.expires_at)
