"""How a Struct becomes an answer: JSON, two headers, nothing to be configured.

Litestar's own response can do far more and costs four times as much; handlers that need more of it
return a `Response` themselves.
"""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_ENCODER: Final = msgspec.json.Encoder()
_JSON: Final = (b"content-type", b"application/json")


class Answer(Response[Any]):
    """The response class of every handler that returns a Struct."""

    def __init__(self, content: Any, *, status_code: int | None = None, **_: Any) -> None:
        self.content = content
        self.status_code = status_code

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """Return the answer, encoded."""
        return _Sent(_ENCODER.encode(self.content), status=self.status_code or 200)


class _Sent(ASGIResponse):
    """An answer on its way out."""

    def __init__(self, body: bytes, *, status: int) -> None:
        self.body = body
        self.status_code = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive  # ASGI's shape; nothing in it is needed
        headers = [_JSON, (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
