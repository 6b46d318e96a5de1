"""A TCP proxy that does what networks do: delay, fall silent, reset, cut in the middle of a message."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from tests.servers.process import HOST

CHUNK_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset


class Proxy:
    """Passes bytes on to one server; its faults are attributes that a test sets and takes back."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._through = asyncio.Event()
        self._through.set()
        self._stranded: list[asyncio.Event] = []  # what silent connections wait for
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pairs: dict[
            asyncio.StreamWriter, asyncio.StreamWriter
        ] = {}  # towards a server: towards its client
        self.port = 0
        self.latency_s = 0.0  # before each chunk, in both directions
        self.is_refusing = False  # new connections are reset at once
        self.cut_after: int | None = None  # bytes that still come from the server before a reset
        self.turns = 0  # how often a client spoke after its server had: round trips begun
        self._answered: set[asyncio.StreamWriter] = set()  # clients whose server spoke last

    def hold(self) -> None:
        """Be half open: connections stay, nothing passes."""
        self._through.clear()

    def release(self) -> None:
        """Let pass what was held."""
        self._through.set()

    def strand(self) -> None:
        """Let the connections of now be silent for good; those that come are carried."""
        self.hold()
        self._stranded.append(self._through)
        self._through = asyncio.Event()
        self.release()

    def reset(self) -> None:
        """Break every connection with a reset."""
        for writer in tuple(self._writers):
            _reset(writer)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._tasks)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, both ways, to its end."""
        if self.is_refusing:
            _reset(writer)
            return
        carrying = asyncio.current_task()
        assert carrying is not None
        self._tasks.add(carrying)
        carrying.add_done_callback(self._tasks.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to_port)
        except OSError:  # nobody listens there now
            _reset(writer)
            return
        both = {writer, far_writer}
        self._pairs[far_writer] = writer
        self._writers |= both
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, is_answer=False),
                self._carry(far_reader, writer, is_answer=True),
            )
        finally:
            self._writers -= both
            self._answered.discard(writer)
            del self._pairs[far_writer]
            for one in both:
                one.close()

    async def end(self) -> None:
        """Break everything and wait for it."""
        for through in (self._through, *self._stranded):
            through.set()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _note_turn(self, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        client = writer if is_answer else self._pairs[writer]
        if is_answer:
            self._answered.add(client)
        elif client in self._answered:
            self._answered.remove(client)
            self.turns += 1

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        through = self._through
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                self._note_turn(writer, is_answer=is_answer)
                await through.wait()
                if self.latency_s:
                    await asyncio.sleep(self.latency_s)
                if is_answer and self.cut_after is not None:
                    chunk, self.cut_after = chunk[: self.cut_after], max(self.cut_after - len(chunk), 0)
                writer.write(chunk)
                await writer.drain()
                if is_answer and self.cut_after == 0:
                    self.cut_after = None
                    self.reset()
                    return
            await self._through.wait()
            writer.write_eof()


@asynccontextmanager
async def proxied(to_port: int) -> AsyncGenerator[Proxy]:
    """Open a proxy to a port of this machine."""
    proxy = Proxy(to_port)
    server = await asyncio.start_server(proxy.serve, HOST, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
