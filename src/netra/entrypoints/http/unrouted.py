"""Rate limits for requests without a route's rule: unknown paths, wrong methods, and OPTIONS.

Requests for health and for the documents are never counted.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import RateLimited
from netra.domain.quotas import LimitName
from netra.entrypoints.asgi import Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import origin_of
from netra.entrypoints.edge import send_refusal
from netra.entrypoints.http import refusals
from netra.entrypoints.rate_limiting import add_headers, address_key, must_be_allowed
from netra.entrypoints.services import Switchboard

NOT_COUNTED: Final = frozenset(
    {
        *("/health", "/health/ready", "/health/dependencies"),
        *("/openapi.json", "/schema/openapi.json", "/asyncapi.json"),
        *("/", "/docs", "/schema", "/favicon.ico", "/docs/docs.html", "/docs/docs.js", "/docs/docs.css"),
        "/docs/favicon.svg",
    }
)


def is_counted(path: str) -> bool:
    """Return whether requests to `path` count when no route counts them.

    >>> is_counted("/health/"), is_counted("/health/nope")
    (False, True)
    """
    return (path.rstrip("/") or "/") not in NOT_COUNTED


async def count(scope: Scope, switchboard: Switchboard) -> None:
    """Count the request under its client's address, against the general limit. Raises `RateLimited`."""
    exchange = exchange_of(scope)
    if not is_counted(scope["path"]):
        return
    services, key = switchboard.services, address_key(exchange)
    admission = await services.ports().limiter.admit(LimitName.GENERAL, key)
    add_headers(admission, exchange)
    if not admission.allowed:
        await services.security_journal().note_once(
            SecurityEventKind.LIMIT_REACHED,
            origin=origin_of(exchange, scope["headers"]),
            key=f"{LimitName.GENERAL.value} {key}",
        )
    must_be_allowed(admission)


def refusing_unread(
    switchboard: Switchboard,
) -> Callable[[refusals.AnyRequest, HTTPException], Response[bytes]]:
    """Return the handler for what Litestar cannot route or read; unrouted requests are counted."""

    def refuse(request: refusals.AnyRequest, error: HTTPException) -> Response[bytes]:
        answer = refusals.refuse_unread(request, error)
        is_unrouted = error.status_code in {404, 405} and request.method != "OPTIONS"
        return _Counted(answer, switchboard=switchboard) if is_unrouted else answer

    return refuse


class _Counted(Response[bytes]):
    """A response that is sent only if the rate limit admits the request."""

    def __init__(self, answer: Response[bytes], *, switchboard: Switchboard) -> None:
        super().__init__(
            answer.content,
            status_code=answer.status_code,
            media_type=answer.media_type,
            headers=dict(answer.headers),
        )
        self._switchboard = switchboard

    def to_asgi_response(self, *arguments: Any, **named: Any) -> Any:
        """Return an ASGI application that counts, then answers."""
        inner = cast("ASGIApp", cast("Any", super()).to_asgi_response(*arguments, **named))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await count(scope, self._switchboard)
            except RateLimited as error:
                await send_refusal(send, error, exchange_of(scope))
            else:
                await inner(cast("Any", scope), cast("Any", receive), cast("Any", send))

        return answer
