"""The little of HTTP/1.1 that the rig's proxy needs: one request and one response a connection."""

import asyncio
import contextlib
import hashlib
import socket
import struct
from dataclasses import dataclass, field

HEAD_MAX = 65_536  # bytes of a request's head
RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset


@dataclass
class Head:
    """The head of a request."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return the path without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """Return the query without the question mark, and without its proofs."""
        parts = self.target.partition("?")[2].split("&")
        return "&".join(part for part in parts if not part.startswith(("token=", "ticket=")))

    @property
    def is_upgrade(self) -> bool:
        """Return whether the request opens a WebSocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    def digest(self, body: bytes) -> str:
        """Return the digest of a body."""
        return hashlib.sha256(body).hexdigest()

    def to_server(self, body: bytes) -> bytes:
        """Return the request as it is passed on."""
        dropped = (
            set() if self.is_upgrade else {"connection", "transfer-encoding", "content-length", "expect"}
        )
        kept = [f"{name}: {value}" for name, value in self.headers.items() if name not in dropped]
        if not self.is_upgrade:
            kept += ["connection: close"]
            kept += (
                [f"content-length: {len(body)}"]
                if body or self.method not in {"GET", "HEAD", "DELETE"}
                else []
            )
        lines = [f"{self.method} {self.target} HTTP/1.1", *kept, "", ""]
        return "\r\n".join(lines).encode("latin-1") + body


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Return the head of the next request; None when the client has left."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    head = Head(method, target)
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            head.headers[name.strip().lower()] = value.strip()
    return head


async def read_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    """Return the whole body of a request."""
    if "chunked" in head.headers.get("transfer-encoding", ""):
        parts: list[bytes] = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
    return await reader.readexactly(int(head.headers.get("content-length", 0)))


async def send_json(
    writer: asyncio.StreamWriter, body: bytes, *, status: int, headers: dict[str, str]
) -> None:
    """Send a whole response."""
    own = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "*",
    }
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in (own | headers).items()), "", ""]
    writer.write("\r\n".join(lines).encode("latin-1") + body)
    await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection with a reset."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
