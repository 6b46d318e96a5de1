"""Routes of the API documents: OpenAPI, AsyncAPI, and the page that renders them without external files."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Final

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from netra.entrypoints.asgi import Exchange, Header
from netra.entrypoints.errors import RouteNotFound
from netra.entrypoints.http.accounts import register
from netra.entrypoints.http.admission import JSON
from netra.entrypoints.http.compression import compressing
from netra.entrypoints.http.console import wants_page
from netra.entrypoints.http.methods import answering_options
from netra.entrypoints.http.openapi import document
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.schemas import Json

ASYNCAPI: Final = "application/vnd.aai.asyncapi+json;version=3.0.0"

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_OF_PAGES: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", _POLICY),
)
_AROUND: Final = [answering_options, compressing]
_KINDS: Final[Mapping[str, str]] = {
    "docs.html": "text/html",
    "docs.js": "text/javascript",
    "docs.css": "text/css",
    "favicon.svg": "image/svg+xml",
}


def documents_router(*, asyncapi: Callable[[], bytes], has_console: bool) -> Router:
    """Return the routes; their content is created once. With a console, `/` sends browsers there."""
    folder = files("netra.entrypoints.http") / "pages"
    pages = {name: (folder / name).read_bytes() for name in _KINDS}
    made: dict[str, bytes] = {}

    @get(["/openapi.json", "/schema/openapi.json"], sync_to_thread=False)
    def openapi(request: ApiRequest) -> Response[bytes]:
        if "openapi" not in made:
            made["openapi"] = msgspec.json.encode(openapi_document(request.app))
        return Response(made["openapi"], media_type=JSON)

    @get("/asyncapi.json", sync_to_thread=False)
    def asyncapi_json(request: ApiRequest) -> Response[bytes]:
        if "asyncapi" not in made:
            made["asyncapi"] = asyncapi()
        wants_plain = JSON in request.headers.get("accept", "")  # simple tools refuse the parameter
        return Response(made["asyncapi"], media_type=JSON if wants_plain else ASYNCAPI)

    @get("/", sync_to_thread=False)
    def start(request: ApiRequest) -> Response[bytes] | Response[None]:
        if has_console and wants_page(request.headers.get("accept", "")):
            return Response(None, status_code=307, headers={"Location": "console/", "Vary": "Accept"})
        page = _page(pages, "docs.html", request.exchange)
        page.headers["Vary"] = "Accept"
        return page

    @get(["/docs", "/schema"], sync_to_thread=False)
    def docs(request: ApiRequest) -> Response[bytes]:
        return _page(pages, "docs.html", request.exchange)

    @get("/docs/{name:str}", sync_to_thread=False)
    def part(name: FromPath[str], request: ApiRequest) -> Response[bytes]:
        return _page(pages, name, request.exchange)

    @get("/favicon.ico", sync_to_thread=False)
    def favicon(request: ApiRequest) -> Response[bytes]:
        return _page(pages, "favicon.svg", request.exchange)

    handlers: list[HTTPRouteHandler] = [openapi, asyncapi_json, start, docs, part, favicon]
    return Router("/", route_handlers=handlers, middleware=_AROUND, include_in_schema=False)


def openapi_document(app: Litestar) -> Json:
    """Return the OpenAPI document of `app`, with the routes that its settings switch off."""
    accounts = Router("/api/auth", route_handlers=[register], tags=["Authentication"])
    unused = Provide(lambda: None, sync_to_thread=False)
    switched_off = Litestar(
        [accounts], dependencies={"sign_in_desk": unused}, request_class=ApiRequest, openapi_config=None
    )
    return document(app, switched_off)


def _page(pages: Mapping[str, bytes], name: str, exchange: Exchange) -> Response[bytes]:
    """Return a file of the page, which needs a wider content security policy than an API response."""
    if name not in pages:
        raise RouteNotFound(f"There is no document {name!r}.")
    replaced = {key for key, _ in _OF_PAGES}
    exchange.headers = [kept for kept in exchange.headers if kept[0] not in replaced]
    exchange.headers.extend(_OF_PAGES)
    return Response(pages[name], media_type=_KINDS[name])
