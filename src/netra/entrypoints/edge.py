"""The outermost frame of every request and socket, with rules that apply to all of them.

Version prefixes, request ids, security headers, HEAD, and the last-resort 500. Routing, sign-in and rate
limits are handled inside.
"""

import re
from collections.abc import Collection
from typing import Final

from netra.domain.errors import NetraError
from netra.entrypoints.asgi import (
    API_VERSION,
    EXCHANGE,
    REFUSED,
    WIRE,
    App,
    Exchange,
    Header,
    Message,
    Receive,
    Scope,
    Send,
)
from netra.entrypoints.credentials import header
from netra.entrypoints.errors import Refusal, RouteNotFound, Unexpected, refusal_of
from netra.entrypoints.proxies import TrustedProxies
from netra.ports.ids import IdSource
from netra.ports.incidents import Incidents

SUPPORTED_VERSIONS: Final = ("v2",)
SOCKET_PATH: Final = "/ws"

_OTHER_VERSION: Final = re.compile(r"/v\d+(/|$)")
_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_ROOTS: Final = frozenset({"api", "health", "ws", "schema", "openapi.json", "asyncapi.json", "docs"})
_VERSION: Final[Header] = (b"x-api-version", API_VERSION.encode())
_ALWAYS: Final[tuple[Header, ...]] = (
    _VERSION,
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_OVER_TLS: Final[Header] = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Edge:
    """Wraps the application; `open` must have been called before the first request."""

    def __init__(self, app: App, *, trusted_proxies: Collection[str]) -> None:
        self._app = app
        self._proxies = TrustedProxies(trusted_proxies)
        self._ids: IdSource | None = None
        self._incidents: Incidents | None = None

    def open(self, *, ids: IdSource, incidents: Incidents) -> None:
        """Set the ports that the edge needs, once they are open."""
        self._ids = ids
        self._incidents = incidents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        scope["path"] = unversioned(scope["path"])
        exchange = scope[EXCHANGE] = self._exchange(scope)
        if kind == "http":
            await self._answer(scope, receive, send, exchange)
        # the socket's handler adds the headers itself: no frame pays for a wrapper
        elif scope["path"] == SOCKET_PATH:
            scope[WIRE] = receive, send
            await self._app(scope, receive, send)
        else:
            error = no_route(scope["path"], "There is no socket at this path.")
            await send_refusal(send, error, exchange, prefix="websocket.")

    def _exchange(self, scope: Scope) -> Exchange:
        headers = scope["headers"]
        given = header(headers, b"x-request-id")
        is_given = given is not None and _ID.fullmatch(given) is not None
        request_id = given if given is not None and is_given else self._new_id()
        peer = scope.get("client")
        address = peer[0] if peer else "local"
        scheme = scope.get("scheme")
        if self._proxies.trusts(address):
            scheme = (header(headers, b"x-forwarded-proto") or b"").decode("latin-1") or scheme
        address = self._proxies.client_of(address, headers)
        sent = [*_ALWAYS, (b"x-request-id", request_id)]
        if scheme in {"https", "wss"}:
            sent.append(_OVER_TLS)
        return Exchange(request_id=request_id.decode(), client_address=address, headers=sent)

    def _new_id(self) -> bytes:
        if self._ids is None:
            raise RuntimeError("the application has not been started: its lifespan did not run")
        return self._ids.new("req").encode()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, exchange: Exchange) -> None:
        has_started = False

        async def stamped(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = [*message["headers"], *exchange.headers]
            await send(message)

        outward: Send = stamped
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: the server reads the original after the response
            outward = _without_body(stamped)
        try:
            if REFUSED in scope:
                await send_refusal(outward, scope[REFUSED], exchange)
            else:
                await self._app(scope, receive, outward)
        except Exception as error:  # noqa: BLE001 (the outermost frame: nothing above it could answer)
            exchange.incident = error
        if exchange.incident is not None and self._incidents is not None:
            self._incidents.report(exchange.incident, where="http", request_id=exchange.request_id)
        if exchange.incident is not None and not has_started:
            await send_refusal(outward, Unexpected(), exchange)


def unversioned(path: str) -> str:
    """Return the path without our version prefix; other versions stay, and match no route.

    >>> unversioned("/v2/threads"), unversioned("/v2/api/threads"), unversioned("/v2/health/ready")
    ('/api/threads', '/api/threads', '/health/ready')
    >>> unversioned("/v3/threads")
    '/v3/threads'
    """
    if not path.startswith("/v2/"):
        return path
    rest = path[3:]
    root = rest[1:].partition("/")[0]
    return rest if root in _ROOTS else f"/api{rest}"


def no_route(path: str, sentence: str) -> RouteNotFound:
    """Return the error for an unknown path, with `sentence`; for an unknown version, with the known ones.

    >>> no_route("/v3/ws", "Nothing is here.").details
    {'supported_versions': ['v2']}
    """
    if _OTHER_VERSION.match(path):
        versions = list(SUPPORTED_VERSIONS)
        return RouteNotFound("This version of the API does not exist.", supported_versions=versions)
    return RouteNotFound(sentence)


def _without_body(send: Send) -> Send:
    """Return a `send` for HEAD: the headers of GET, without a body."""
    is_over = False

    async def headers_only(message: Message) -> None:
        nonlocal is_over
        if message["type"] == "http.response.start":
            await send(message)
        elif not is_over:
            is_over = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return headers_only


async def send_refusal(send: Send, error: NetraError, exchange: Exchange, *, prefix: str = "") -> None:
    """Send the error envelope; `prefix` is that of a handshake's messages."""
    refusal: Refusal = refusal_of(error, request_id=exchange.request_id)
    headers = [
        (b"content-type", refusal.media_type.encode()),
        (b"content-length", b"%d" % len(refusal.body)),
        *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items()),
        *(exchange.headers if prefix else ()),
    ]
    await send({"type": f"{prefix}http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": refusal.body})
