"""Rate limits of requests that reach no route's own rule: unknown paths, wrong methods, and OPTIONS.

Health and the documents are not counted, however they are asked.
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
from netra.entrypoints.rate_limiting import address_key, must_be_allowed, tell
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
    """Decide whether requests to `path` count where no route counts them.

    >>> is_counted("/health/"), is_counted("/health/nope")
    (False, True)
    """
    return (path.rstrip("/") or "/") not in NOT_COUNTED


async def count(scope: Scope, switchboard: Switchboard) -> None:
    """Count the request under its client's address, as general. Raises `RateLimited`."""
    exchange = exchange_of(scope)
    if not is_counted(scope["path"]):
        return
    services, key = switchboard.services, address_key(exchange)
    admission = await services.ports().limiter.admit(LimitName.GENERAL, key)
    tell(admission, exchange)
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
    """Return the handler of what Litestar cannot route or read; what it cannot route is counted."""

    def refuse(request: refusals.AnyRequest, error: HTTPException) -> Response[bytes]:
        answer = refusals.refuse_unread(request, error)
        is_unrouted = error.status_code in {404, 405} and request.method != "OPTIONS"
        return _Counted(answer, switchboard=switchboard) if is_unrouted else answer

    return refuse


class _Counted(Response[bytes]):
    """An answer that is sent if the limit admits the request."""

    def __init__(self, answer: Response[bytes], *, switchboard: Switchboard) -> None:
        super().__init__(
            answer.content,
            status_code=answer.status_code,
            media_type=answer.media_type,
            headers=dict(answer.headers),
        )
        self._switchboard = switchboard

    def to_asgi_response(self, *arguments: Any, **named: Any) -> Any:
        """Return what counts, then answers."""
        inner = cast("ASGIApp", cast("Any", super()).to_asgi_response(*arguments, **named))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await count(scope, self._switchboard)
            except RateLimited as error:
                await send_refusal(send, error, exchange_of(scope))
            else:
                await inner(cast("Any", scope), cast("Any", receive), cast("Any", send))

        return answer
