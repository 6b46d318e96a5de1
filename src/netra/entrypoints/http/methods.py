"""The methods of a path, for the `Allow` header.

Litestar's own response to OPTIONS lists only the handler registered first.
"""

from collections.abc import Iterable
from typing import Final, cast

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from netra.entrypoints.asgi import App, Receive, Scope, Send

_ANSWERED: Final = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH"})


def allowed(methods: Iterable[str]) -> list[str]:
    """Return the allowed methods, including implied ones; empty if there are no methods.

    >>> allowed({"GET", "DELETE"}), allowed({"websocket"})
    (['DELETE', 'GET', 'HEAD', 'OPTIONS'], [])
    """
    found = _ANSWERED.intersection(methods)
    if not found:
        return []
    implied = ("HEAD", "OPTIONS") if "GET" in found else ("OPTIONS",)
    return sorted([*found, *implied])


def answering_options(app: ASGIApp) -> ASGIApp:
    """Return `app` with OPTIONS answered before it: middleware for routes without admission rules."""

    inner = cast("App", app)

    async def with_options(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await answer_options(scope, send)
        else:
            await inner(scope, receive, send)

    return cast("ASGIApp", with_options)


async def answer_options(scope: Scope, send: Send) -> None:
    """Answer OPTIONS for the matched route."""
    app: Litestar = scope["litestar_app"]
    here = [
        method
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format == scope["path_template"]
        for method in route.methods
    ]
    headers = [(b"allow", ", ".join(allowed(here)).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
