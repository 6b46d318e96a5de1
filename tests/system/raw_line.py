"""A server on the loopback address and connections to it of which a test writes every byte."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any

from netra.adapters.local.clock import SystemClock
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.incidents import LoggedIncidents
from netra.entrypoints.asgi import Receive, Scope, Send
from netra.entrypoints.edge import Edge
from netra.entrypoints.server.server import Server, server_config
from netra.entrypoints.server.wire_limits import WireLimits

PATIENCE_S = 30
ENVELOPE = {"error", "request_id"}
USUAL = WireLimits()


class Echo:
    """Answers with the length of the body, at `/held` once it is `released`, at `/early` unread.

    It accepts a socket, once it is `released` where the query is `held`, and closes it.
    `asked` has the method, path and headers of each request, in the order in which they began.
    """

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.asked: list[tuple[str, str, dict[bytes, bytes]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        if scope["type"] == "websocket":
            await receive()
            if scope["query_string"] == b"held":
                self.is_asked.set()
                await self.released.wait()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        size = 0
        self.asked.append((scope["method"], scope["path"], dict(scope["headers"])))
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

    def __init__(self, app: Echo, server: Server, port: int) -> None:
        self.app = app
        self.server = server
        self.port = port

    @asynccontextmanager
    async def line(self) -> AsyncGenerator[Line]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Line(reader, writer)
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    limits: WireLimits = USUAL, *, trusted_proxies: Collection[str] = ()
) -> AsyncGenerator[Served]:
    """Serve an `Echo` behind the edge until the block ends."""
    app = Echo()
    edge = Edge(app, trusted_proxies=trusted_proxies)
    edge.open(ids=RandomIdSource(clock=SystemClock()), incidents=LoggedIncidents())
    config = server_config(edge, host="127.0.0.1", port=0, log_level="error", limits=limits)
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
                yield Served(app, server, listening.getsockname()[1])
            finally:
                app.released.set()
                server.should_exit = True
