"""The reading side of a WebSocket without a network: what one read, one turn and one window may hold."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from netra.entrypoints.asgi import CLOSED_BY_SERVER, Receive, Scope, Send
from netra.entrypoints.server.server import server_config
from netra.entrypoints.server.socket_protocol import (
    FRAMES_MAX,
    LINGER_S,
    TURN_FRAMES_MAX,
    WINDOW_S,
    BoundedSocket,
)

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PING = Frame(Opcode.PING, b"").serialize(mask=True)
TEXT = Frame(Opcode.TEXT, b"a").serialize(mask=True)
CLOSE = Frame(Opcode.CLOSE, b"").serialize(mask=True)
PONG_BYTES = b"\x8a\x00"


class Wire(asyncio.Transport):
    """The network's end of a connection: keeps what is written, and whether it is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_paused = False
        self.is_ended = False
        self.state = "open"

    def write(self, data: Any) -> None:
        assert not self.is_ended, "write after the end"
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.is_ended = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_closing(self) -> bool:
        return self.state != "open"

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"


class TurnedLoop:
    """The running loop, with a clock that the test turns and timers that the test fires."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.now_s = 1_000.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.timers.append((delay_s, callback))
        return self._loop.call_later(3_600, lambda: None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


class App:
    """Accepts, then takes a message for each `take`."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.receive: Receive
        self.send: Send
        self.is_accepted = asyncio.Event()
        self.is_over = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.receive, self.send = receive, send
        await receive()
        await send({"type": "websocket.accept"})
        self.is_accepted.set()
        await self.is_over.wait()


class Open:
    """One accepted connection and both of its ends."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.wire = Wire()
        self.loop = TurnedLoop()
        config = server_config(app, host="127.0.0.1", port=0)
        config.ws_ping_interval = None
        config.load()
        config.loaded_app = app
        self.state = ServerState()
        self.socket = BoundedSocket(config, self.state, {}, self.loop)  # type: ignore[arg-type]
        self.socket.connection_made(self.wire)

    async def turn(self) -> int:
        """Let the loop do one turn; return how many frames were read in it that answer with a pong."""
        before = self.pongs
        await asyncio.sleep(0)
        return self.pongs - before

    @property
    def pongs(self) -> int:
        return self.wire.written.count(PONG_BYTES)

    @property
    def close_code(self) -> int | None:
        at = self.wire.written.rfind(b"\x88")
        return None if at < 0 else int.from_bytes(self.wire.written[at + 2 : at + 4])


@pytest.fixture
async def opened() -> AsyncGenerator[Open]:
    app = App()
    one = Open(app)
    one.socket.data_received(HANDSHAKE)
    await app.is_accepted.wait()
    one.wire.written.clear()
    yield one
    app.is_over.set()
    await asyncio.gather(*one.state.tasks)


async def test_one_read_of_many_frames_is_spread_over_turns_of_the_loop(opened: Open) -> None:
    opened.socket.data_received(PING * 1_000)
    assert opened.wire.is_paused
    turns = [opened.pongs]
    while opened.pongs < 1_000:
        turns.append(await opened.turn())
    assert max(turns) <= TURN_FRAMES_MAX
    assert not opened.wire.is_paused


async def test_bytes_that_come_while_others_wait_are_read_after_them(opened: Open) -> None:
    opened.socket.data_received(PING * 200)
    opened.socket.data_received(PING[:3])
    opened.socket.data_received(PING[3:])
    while opened.wire.is_paused:
        await opened.turn()
    assert opened.pongs == 201


async def test_messages_wait_unread_until_the_application_takes_them(opened: Open) -> None:
    opened.socket.data_received(TEXT * 10_000)
    for _ in range(10):
        await opened.turn()
    assert opened.socket.queue.qsize() <= TURN_FRAMES_MAX
    for _ in range(10_000):
        assert (await opened.app.receive())["text"] == "a"
        assert opened.socket.queue.qsize() <= TURN_FRAMES_MAX
    await opened.turn()
    assert not opened.wire.is_paused


async def test_the_bound_of_frames_is_one_of_a_window(opened: Open) -> None:
    for _ in range(3):
        for _ in range(FRAMES_MAX):
            opened.socket.data_received(PING)
        opened.loop.now_s += WINDOW_S
    assert opened.close_code is None
    for _ in range(FRAMES_MAX + 1):
        opened.socket.data_received(PING)
    assert opened.close_code == 1008


async def test_after_a_refusal_nothing_is_parsed_and_the_connection_ends(opened: Open) -> None:
    opened.socket.data_received(PING * (FRAMES_MAX + 1))
    while opened.close_code is None:
        await opened.turn()
    answered = opened.pongs
    opened.socket.data_received(PING * 10)
    await opened.turn()
    assert opened.pongs == answered
    assert opened.wire.is_ended
    assert (
        not opened.wire.is_paused
    )  # what still comes is read and dropped: unread, it would reset the connection
    assert (await opened.app.receive())[CLOSED_BY_SERVER] == 1008
    ((_, end),) = opened.loop.timers
    end()
    assert opened.wire.state == "closed"


async def test_messages_after_our_close_are_counted_and_dropped(opened: Open) -> None:
    await opened.app.send({"type": "websocket.close", "code": 4003})
    for _ in range(FRAMES_MAX):
        opened.socket.data_received(TEXT)
    assert opened.pongs == 0
    assert opened.loop.timers[-1][0] > LINGER_S  # the closing handshake's
    opened.socket.data_received(TEXT)
    assert opened.loop.timers[-1][0] == LINGER_S
    assert opened.wire.is_ended
    assert opened.close_code == 4003
    assert opened.socket.queue.qsize() == 2  # the two ends, and no message


async def test_a_client_that_closes_within_a_flood_is_answered(opened: Open) -> None:
    opened.socket.data_received(PING * 500 + CLOSE + PING * 500)
    while opened.wire.state == "open":
        await opened.turn()
    assert opened.pongs == 500
    await opened.turn()
    assert (await opened.app.receive())["type"] == "websocket.disconnect"


async def test_a_connection_that_is_lost_within_a_flood_is_read_no_more(opened: Open) -> None:
    opened.socket.data_received(PING * 1_000)
    read = opened.pongs
    opened.socket.connection_lost(ConnectionResetError())
    await opened.turn()
    assert opened.pongs == read


async def test_frames_before_the_handshake_is_answered_end_the_connection() -> None:
    one = Open(App())
    one.socket.data_received(HANDSHAKE)
    one.socket.data_received(b"\xff\xff\xff\xff")
    assert one.wire.state == "aborted"
    one.app.is_over.set()
    await asyncio.gather(*one.state.tasks)
