"""The physical limit on this server: an ASGI application that does nothing but answer."""

import asyncio
import json
from typing import Any

BODY = json.dumps({"status": "healthy", "timestamp": "2024-01-01T00:00:00Z", "version": "2.0.0"}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
sockets: set[Any] = set()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every request with the same body; let a socket that says so flood all sockets."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})
    else:
        await _socket(receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _socket(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    sockets.add(send)
    try:
        while (message := await receive())["type"] != "websocket.disconnect":
            order = json.loads(message["text"])
            for _ in range(order["frames"]):
                await asyncio.gather(
                    *(one({"type": "websocket.send", "text": order["text"]}) for one in sockets)
                )
    finally:
        sockets.discard(send)
