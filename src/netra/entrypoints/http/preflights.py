"""Counts OPTIONS requests before Litestar answers; converts rejected preflights to the error envelope."""

from netra.domain.errors import InvalidRequest, RateLimited
from netra.entrypoints.asgi import App, Message, Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import header
from netra.entrypoints.edge import send_refusal
from netra.entrypoints.http.unrouted import count
from netra.entrypoints.services import Switchboard


class Preflights:
    """Converts Litestar's plain-text rejection of a preflight, which bypasses its router."""

    def __init__(self, app: App, *, switchboard: Switchboard) -> None:
        self._app = app
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            try:
                await count(scope, self._switchboard)
            except RateLimited as error:
                await send_refusal(send, error, exchange_of(scope))
                return
            send = _enveloped(scope, send)
        await self._app(scope, receive, send)


def _enveloped(scope: Scope, send: Send) -> Send:
    """Return a `send` that converts a plain-text rejection to the error envelope."""
    is_refused = False

    async def sent(message: Message) -> None:
        nonlocal is_refused
        if message["type"] == "http.response.start":
            is_plain = (header(message["headers"], b"content-type") or b"").startswith(b"text/plain")
            is_refused = is_plain and message["status"] == 400
        if not is_refused:
            await send(message)
        elif message["type"] == "http.response.body":
            error = InvalidRequest(f"Cross-origin request not allowed: {message['body'].decode()}.")
            await send_refusal(send, error, exchange_of(scope))

    return sent
