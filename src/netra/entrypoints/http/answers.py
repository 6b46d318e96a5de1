"""Encodes a Struct as a response: JSON and two headers, without options.

Litestar's own response has many more features and costs four times as much; handlers that need them return a
`Response`.
"""

from typing import Any, Final, cast

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from netra.entrypoints.asgi import Header
from netra.entrypoints.asgi import Send as PlainSend

_ENCODER: Final = msgspec.json.Encoder()
_JSON: Final = (b"content-type", b"application/json")


class Answer(Response[Any]):
    """The response class of every handler that returns a Struct."""

    def __init__(self, content: object, *, status_code: int | None = None, **_: object) -> None:
        self.content = content
        self.status_code = status_code

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        """Return the encoded response."""
        return _Sent(_ENCODER.encode(self.content), status=self.status_code or 200)


class Encoded(Response[Any]):
    """A response whose JSON text is known already, with headers of its own."""

    def __init__(self, body: bytes, *, headers: list[Header]) -> None:
        self._sent = _Sent(body, status=200, headers=headers)

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        """Return the response."""
        return self._sent


class _Sent(ASGIResponse):
    """An encoded response."""

    def __init__(self, body: bytes, *, status: int, headers: list[Header] | None = None) -> None:
        self.body = body
        self.status_code = status
        self._own_headers = headers or []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        del scope, receive  # required by ASGI, not needed
        await _send(self.body, cast("PlainSend", send), status=self.status_code, headers=self._own_headers)


async def send_json(content: object, send: PlainSend) -> None:
    """Send `content` with status 200, without a handler."""
    await _send(_ENCODER.encode(content), send, status=200, headers=[])


async def _send(body: bytes, send: PlainSend, *, status: int, headers: list[Header]) -> None:
    described = [_JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": body, "more_body": False})
