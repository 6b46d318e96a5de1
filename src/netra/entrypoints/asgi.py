"""ASGI definitions shared by both protocols, and the data attached to a request by the edge."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

from netra.domain.idempotency import KeyEntry

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

API_VERSION: Final = "2.0.0"
EXCHANGE: Final = "netra.exchange"  # key in the scope
# key in the scope of the server's error for bytes that are not a valid request
REFUSED: Final = "netra.refused"
CLOSED_BY_SERVER: Final = (
    "netra.closed_by_server"  # key, in a socket's disconnect message, of the close code that the server sent
)
ABORT: Final = (
    "netra.abort"  # key, in a request's scope, of a function that drops its connection; only a server sets it
)
WIRE: Final = "netra.wire"  # key in the scope of a socket's own `receive` and `send`


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt of a request under an idempotency key, and the stored entry of the key."""

    key: str
    entry: KeyEntry


class Exchange(msgspec.Struct, kw_only=True):
    """One request or socket: its id, its origin, and extra headers of its response."""

    request_id: str
    client_address: str
    headers: list[Header]
    # id of what the request creates, the same for each attempt under its idempotency key
    name: str | None = None
    attempt: Attempt | None = None  # under an idempotency key; None without one
    incident: BaseException | None = None  # an internal error, for the edge to report


def exchange_of(scope: Scope) -> Exchange:
    """Return the `Exchange` that the edge stored in the scope."""
    exchange: Exchange = scope[EXCHANGE]
    return exchange


def wire_of(scope: Scope) -> tuple[Receive, Send]:
    """Return the server's own ends of a socket, bypassing middleware that would slow down each frame."""
    wire: tuple[Receive, Send] = scope[WIRE]
    return wire
