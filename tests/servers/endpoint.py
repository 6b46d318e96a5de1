"""An endpoint that answers a language model's requests as badly as a test asks for, over a real socket."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 60.0  # a busy machine takes its time
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass(kw_only=True)
class Asked:
    """One request, and the way back to whoever sent it."""

    path: str
    headers: Mapping[str, str]
    body: Any
    writer: asyncio.StreamWriter
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # the client has hung up
    pieces: int = 0

    async def send(self, *parts: bytes) -> None:
        """Send bytes as they are."""
        for part in parts:
            self.writer.write(part)
        await self.writer.drain()

    async def piece(self, text: str) -> None:
        """Send a word of a chat completion, and count it."""
        await self.send(event({"model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}))
        self.pieces += 1

    async def reply(self, status: int, body: bytes, *, headers: str = "") -> None:
        """Send a whole answer."""
        head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        await self.send(head.encode(), body)


Script = Callable[[Asked], Awaitable[None]]


def event(data: object) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def chat(text: str, *, finish: str | None = "stop", **more: object) -> bytes:
    """Return a whole chat completion as a stream."""
    events = [
        event({"model": "m", "choices": [{"index": 0, "delta": {"content": word}}]})
        for word in text.split(" ")
    ]
    if finish is not None:
        events.append(event({"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}))
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    events.append(event({"model": "m", "choices": [], "usage": usage, **more}))
    return b"".join([*events, b"data: [DONE]\n\n"])


def streaming(*parts: bytes) -> Script:
    """Return a script that sends a stream and hangs up."""

    async def script(asked: Asked) -> None:
        await asked.send(STREAM_HEAD, *parts)

    return script


def replying(status: int, body: bytes, *, headers: str = "") -> Script:
    """Return a script that sends one answer."""

    async def script(asked: Asked) -> None:
        await asked.reply(status, body, headers=headers)

    return script


async def speaking_until_hung_up(asked: Asked) -> None:
    """Send a word after another for as long as anybody listens."""
    await asked.send(STREAM_HEAD)
    while not asked.gone.is_set():
        await asked.piece("word ")
        await asyncio.sleep(0.01)


async def silent(asked: Asked) -> None:
    """Say nothing at all until the client hangs up."""
    await asked.gone.wait()


class BadEndpoint:
    """Plays `script` to everyone, or the next of `lines` while there are any."""

    def __init__(self) -> None:
        self.script: Script = streaming(chat("all is well"))
        self.lines: list[Script] = []
        self.asked: list[Asked] = []
        self.arrived = asyncio.Condition()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up and listen no more."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()
        if self._serving:
            await asyncio.wait(self._serving, timeout=PATIENCE_S)

    async def wait_for(self, count: int) -> Asked:
        """Return the request number `count`, once it is there."""
        async with asyncio.timeout(PATIENCE_S), self.arrived:
            await self.arrived.wait_for(lambda: len(self.asked) >= count)
        return self.asked[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            path = head[0].split(" ")[1]
            asked = Asked(path=path, headers=headers, body=json.loads(body or b"null"), writer=writer)
            async with self.arrived:
                self.asked.append(asked)
                self.arrived.notify_all()
            hearing = asyncio.create_task(_heard(reader, asked))
            try:
                await (self.lines.pop(0) if self.lines else self.script)(asked)
            finally:
                hearing.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()


async def _heard(reader: asyncio.StreamReader, asked: Asked) -> None:
    with suppress(ConnectionError):
        await reader.read()
    asked.gone.set()


@asynccontextmanager
async def bad_endpoint() -> AsyncGenerator[BadEndpoint]:
    """Run an endpoint in the test's own loop."""
    endpoint = BadEndpoint()
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.stop()
