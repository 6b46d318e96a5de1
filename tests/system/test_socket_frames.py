"""Frames that no message limit counts, over a real server and bare bytes: bounds, close codes, log lines."""

import asyncio
import json
import logging
import struct
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import pytest
from tests.system.test_websocket import Served, heard, say, serving
from tests.waiting import PATIENCE_S
from websockets.frames import Frame, Opcode

from netra.domain.audit.model import SecurityEventKind
from netra.domain.ids import UserId
from netra.domain.paging import PageRequest
from netra.entrypoints.server.socket_protocol import FRAGMENTS_MAX, FRAMES_MAX, TURN_FRAMES_MAX

pytestmark = pytest.mark.system

PING = Frame(Opcode.PING, b"").serialize(mask=True)
PONG = Frame(Opcode.PONG, b"").serialize(mask=True)
FIRST = Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True)
MIDDLE = Frame(Opcode.CONT, b"", fin=False).serialize(mask=True)
LAST = Frame(Opcode.CONT, b'{"type":"ping"}').serialize(mask=True)
WHOLE = Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True)
MASK = bytes(4)


class Bare:
    """One socket, of which every byte is ours."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def say(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def frame(self) -> tuple[Opcode, bytes]:
        """Return the next frame."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readexactly(2)
            size = head[1]
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            return Opcode(head[0] & 0b1111), await self._reader.readexactly(size)

    async def until_close(self) -> tuple[Sequence[tuple[Opcode, bytes]], int]:
        """Return the frames before the close, and its code; the server must end the connection."""
        frames = [await self.frame()]
        while frames[-1][0] is not Opcode.CLOSE:
            frames.append(await self.frame())
        assert await self.rest() == b""
        return frames[:-1], int.from_bytes(frames[-1][1][:2])

    async def rest(self) -> bytes:
        """Return what comes until the server ends the connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.read()


@asynccontextmanager
async def bare(served: Served, *, user: int = 1) -> AsyncGenerator[Bare]:
    """Open a socket whose status has been read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        f"GET /ws?token={await served.token(user=user)} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        line = Bare(reader, writer)
        assert b'"status"' in (await line.frame())[1]
        yield line
    finally:
        writer.close()


@contextmanager
def logged(level: int = logging.INFO) -> Generator[list[logging.LogRecord]]:
    """Collect what the server logs from `level` on."""
    records: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    collector = Collector(level)
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio", "netra")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(collector)
        logger.setLevel(level)
    try:
        yield records
    finally:
        for logger, before in zip(loggers, levels, strict=True):
            logger.removeHandler(collector)
            logger.setLevel(before)


@pytest.mark.parametrize("flood", [PING, PONG], ids=["pings", "pongs"])
async def test_control_frames_beyond_the_bound_close_with_1008(flood: bytes) -> None:
    async with serving() as served, bare(served) as line:
        await line.say(flood * FRAMES_MAX, WHOLE)
        frame = await line.frame()
        pongs = 0
        while frame[0] is Opcode.PONG:
            pongs += 1
            frame = await line.frame()
        assert json.loads(frame[1])["type"] == "pong"  # at the bound the connection is as good as new
        assert pongs == (FRAMES_MAX if flood is PING else 0)
        await line.say(flood * (50_000))
        frames, code = await line.until_close()
    assert code == 1008
    assert len(frames) <= TURN_FRAMES_MAX  # those of the turn in which the bound was passed


async def test_fragments_beyond_the_bound_of_a_message_close_with_1008_and_up_to_it_do_not() -> None:
    async with serving() as served, bare(served) as line:
        await line.say(FIRST, MIDDLE * (FRAGMENTS_MAX - 2), LAST)
        assert json.loads((await line.frame())[1])["type"] == "pong"
        await line.say(FIRST, MIDDLE * (FRAGMENTS_MAX - 1), LAST)
        assert (await line.until_close()) == ([], 1008)


async def test_fragments_of_several_messages_count_together() -> None:
    async with serving() as served, bare(served) as line:
        message = b"".join((FIRST, MIDDLE * (FRAGMENTS_MAX - 2), LAST))
        whole = FRAMES_MAX // (FRAGMENTS_MAX - 1)
        await line.say(message * (whole + 1))
        frames, code = await line.until_close()
    assert code == 1008
    assert len(frames) <= whole


async def test_whole_messages_are_left_to_the_message_limit() -> None:
    async with serving() as served, bare(served) as line:
        for _ in range(FRAMES_MAX + 10):
            await line.say(WHOLE)
            assert json.loads((await line.frame())[1])["type"] == "pong"


async def test_a_flood_is_noted_in_the_security_log_once() -> None:
    async with serving() as served:
        for _ in range(2):
            async with bare(served, user=7) as line:
                await line.say(PING * (2 * FRAMES_MAX))
                assert (await line.until_close())[1] == 1008
        page = await served.ports.audit.page(PageRequest())
    noted = [event for event in page.items if event.kind is SecurityEventKind.ACCESS_REFUSED]
    assert [event.user_id for event in noted] == [UserId(7)]


def control(*, opcode: int = 0x9, flags: int = 0x80, size: int = 0) -> bytes:
    """Return a masked frame with the given bits, right or wrong."""
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes([flags | opcode]) + length + MASK + bytes(size)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True), 1007),
        (Frame(Opcode.TEXT, b"\xc3", fin=False).serialize(mask=True) + LAST, 1007),
        (control(opcode=0x3), 1002),
        (control(opcode=0xB), 1002),
        (control(size=126), 1002),
        (control(flags=0), 1002),
        (control(flags=0xC0), 1002),
        (b"\x89\x00", 1002),
        (MIDDLE, 1002),
        (FIRST + FIRST, 1002),
        (control(opcode=0x8, size=1), 1002),
        (Frame(Opcode.CLOSE, struct.pack("!H", 1000) + b"\xff").serialize(mask=True), 1007),
        (Frame(Opcode.CLOSE, struct.pack("!H", 999)).serialize(mask=True), 1002),
        (b"\x81\xff" + struct.pack("!Q", 1_048_577) + MASK + b"a" * 300_000, 1009),
        (b"\x81\xff" + struct.pack("!Q", 2**63 - 1) + MASK, 1009),
    ],
    ids=[
        "not UTF-8",
        "not UTF-8 in fragments",
        "data opcode",
        "control opcode",
        "long ping",
        "fragmented ping",
        "reserved bit",
        "no mask",
        "continuation of nothing",
        "message within a message",
        "close of one byte",
        "close reason not UTF-8",
        "close code",
        "a byte too many",
        "an absurd size",
    ],
)
async def test_what_breaks_the_protocol_closes_with_its_code_and_one_log_line(data: bytes, code: int) -> None:
    async with serving() as served, bare(served) as line:
        with logged() as records:
            await line.say(data)
            assert (await line.until_close())[1] == code
    told = [record for record in records if "closed" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.INFO]
    assert not any(record.exc_info or record.levelno > logging.INFO for record in records)
    assert str(code) in told[0].getMessage()


@pytest.mark.parametrize(
    "begun",
    [b"", b"\x81", WHOLE[:-3], FIRST, FIRST + MIDDLE[:3], b"\x81\xff" + struct.pack("!Q", 1_000_000) + MASK],
    ids=["nothing", "a byte", "part of a frame", "a fragment", "fragments", "a size"],
)
@pytest.mark.parametrize("is_cut", [True, False], ids=["reset", "end"])
async def test_a_client_that_leaves_in_the_middle_leaves_no_trace(begun: bytes, *, is_cut: bool) -> None:
    async with serving() as served:
        with logged() as records:
            async with bare(served) as line:
                await line.say(begun)
                if is_cut:
                    line.writer.transport.abort()
                else:
                    line.writer.write_eof()
            async with asyncio.timeout(PATIENCE_S):
                while served.server.server_state.connections:
                    await asyncio.sleep(0.01)
    assert not any(record.exc_info or record.levelno > logging.INFO for record in records)


async def test_others_are_served_while_five_sockets_of_one_user_flood() -> None:
    async with serving() as served, AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(bare(served)) for _ in range(5)]
        for line in lines:
            line.writer.write(PING * 100_000)
        async with served.signed_in(user=9) as client:
            await say(client, {"type": "ping"})
            assert (await heard(client))["type"] == "pong"
        for line in lines:
            frames, code = await line.until_close()
            assert code == 1008
            assert len(frames) < FRAMES_MAX + 2 * TURN_FRAMES_MAX
