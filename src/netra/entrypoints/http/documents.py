"""Routes of the API documents: OpenAPI, AsyncAPI, and the page that renders them without external files."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from netra.entrypoints.asgi import Exchange, Header
from netra.entrypoints.errors import RouteNotFound
from netra.entrypoints.http.admission import JSON
from netra.entrypoints.http.methods import answering_options
from netra.entrypoints.http.openapi import document
from netra.entrypoints.http.request import ApiRequest

ASYNCAPI: Final = "application/vnd.aai.asyncapi+json;version=3.0.0"

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_OF_PAGES: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", _POLICY),
)
_KINDS: Final[Mapping[str, str]] = {
    "docs.html": "text/html",
    "docs.js": "text/javascript",
    "docs.css": "text/css",
    "favicon.svg": "image/svg+xml",
}


def documents_router(*, asyncapi: Callable[[], bytes]) -> Router:
    """Return the routes; their content is created once."""
    folder = files("netra.entrypoints.http") / "pages"
    pages = {name: (folder / name).read_bytes() for name in _KINDS}
    made: dict[str, bytes] = {}

    @get(["/openapi.json", "/schema/openapi.json"], sync_to_thread=False)
    def openapi(request: ApiRequest) -> Response[bytes]:
        if "openapi" not in made:
            made["openapi"] = msgspec.json.encode(document(request.app))
        return Response(made["openapi"], media_type=JSON)

    @get("/asyncapi.json", sync_to_thread=False)
    def asyncapi_json() -> Response[bytes]:
        if "asyncapi" not in made:
            made["asyncapi"] = asyncapi()
        return Response(made["asyncapi"], media_type=ASYNCAPI)

    @get(["/", "/docs", "/schema"], sync_to_thread=False)
    def docs(request: ApiRequest) -> Response[bytes]:
        return _page(pages, "docs.html", request.exchange)

    @get("/docs/{name:str}", sync_to_thread=False)
    def part(name: FromPath[str], request: ApiRequest) -> Response[bytes]:
        return _page(pages, name, request.exchange)

    @get("/favicon.ico", sync_to_thread=False)
    def favicon(request: ApiRequest) -> Response[bytes]:
        return _page(pages, "favicon.svg", request.exchange)

    handlers: list[Any] = [openapi, asyncapi_json, docs, part, favicon]
    return Router("/", route_handlers=handlers, middleware=[answering_options], include_in_schema=False)


def _page(pages: Mapping[str, bytes], name: str, exchange: Exchange) -> Response[bytes]:
    """Return a file of the page, which needs a wider content security policy than an API response."""
    if name not in pages:
        raise RouteNotFound(f"There is no document {name!r}.")
    replaced = {key for key, _ in _OF_PAGES}
    exchange.headers = [kept for kept in exchange.headers if kept[0] not in replaced]
    exchange.headers.extend(_OF_PAGES)
    return Response(pages[name], media_type=_KINDS[name])
