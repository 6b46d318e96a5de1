"""The words of ASGI that the doors share, and what travels with one request from edge to handler."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

API_VERSION: Final = "2.0.0"
EXCHANGE: Final = "netra.exchange"  # its key in the scope
REFUSED: Final = "netra.refused"  # the key of what the server found wrong with bytes that are no request
CLOSED_BY_SERVER: Final = (
    "netra.closed_by_server"  # the key, in a socket's disconnect message, of the code it sent
)
ABORT: Final = (
    "netra.abort"  # the key, in a request's scope, of what drops its connection; only a server sets it
)
WIRE: Final = "netra.wire"  # the key of a socket's own `receive` and `send`


class Exchange(msgspec.Struct, kw_only=True):
    """One request or socket: its id, where it comes from, and the headers that its answer will carry."""

    request_id: str
    client_address: str
    headers: list[Header]
    name: str | None = None  # of what the request makes, at each try under its idempotency key
    incident: BaseException | None = None  # what broke inside, for the edge to report


def exchange_of(scope: Scope) -> Exchange:
    """Return what the edge put into the scope."""
    exchange: Exchange = scope[EXCHANGE]
    return exchange


def wire_of(scope: Scope) -> tuple[Receive, Send]:
    """Return the server's own ends of a socket: every layer in between is paid by each frame."""
    wire: tuple[Receive, Send] = scope[WIRE]
    return wire
