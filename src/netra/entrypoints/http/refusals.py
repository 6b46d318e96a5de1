"""Converts every error that ends a request early to the documented envelope."""

from typing import Any, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException

from netra.domain.errors import (
    Fault,
    InvalidRequest,
    NetraError,
    PayloadTooLarge,
    UpstreamFailed,
    ValidationFailed,
)
from netra.entrypoints.asgi import Scope, exchange_of
from netra.entrypoints.edge import no_route
from netra.entrypoints.errors import MethodNotAllowed, Unexpected, is_outage, refusal_of
from netra.entrypoints.http.methods import allowed
from netra.entrypoints.http.otlp_answers import is_export, is_json_request, status_of
from netra.entrypoints.json_body import fault_of

AnyRequest = Request[Any, Any, Any]


def refuse(request: AnyRequest, error: NetraError) -> Response[bytes]:
    """Return the response for an error of the domain."""
    exchange = exchange_of(cast("Scope", request.scope))
    if isinstance(error, UpstreamFailed) or is_outage(error):
        exchange.incident = error  # the response says that it failed, the log says why
    if is_export(request.scope["path"]):
        return _refuse_export(request, error)
    refusal = refusal_of(error, request_id=exchange.request_id, accept=request.headers.get("accept", ""))
    return Response(
        refusal.body, status_code=refusal.status, media_type=refusal.media_type, headers=refusal.headers
    )


def _refuse_export(request: AnyRequest, error: NetraError) -> Response[bytes]:
    """Return the response of OTLP, in the request's own encoding."""
    refusal = refusal_of(error, request_id="")
    body, kind = status_of(refusal.status, error.message, is_json=is_json_request(request.scope["headers"]))
    return Response(body, status_code=refusal.status, media_type=kind, headers=refusal.headers)


def refuse_unread(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Return the response to a request that Litestar could not route or read."""
    translated = _translated(request, error)
    if isinstance(translated, Unexpected):
        return refuse_unexpected(request, error)
    return refuse(request, translated)


def refuse_unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Return a 500, and pass the error to the edge, which reports it."""
    exchange_of(cast("Scope", request.scope)).incident = error
    return refuse(request, Unexpected())


def _translated(request: AnyRequest, error: HTTPException) -> NetraError:
    match error:
        case ValidationException():
            faults = [_fault(extra) for extra in cast("list[dict[str, str]]", error.extra or [])]
            return ValidationFailed(faults[0].message if faults else error.detail, faults)
        case MethodNotAllowedException():
            return _wrong_method(request, error)
        case HTTPException(status_code=404):
            return _no_route(request)
        case HTTPException(status_code=413):
            limit = request.route_handler.resolve_request_max_body_size()
            return PayloadTooLarge(f"The body is longer than {limit} bytes.", limit_bytes=limit)
        case HTTPException(status_code=400) | HTTPException(detail="client disconnected prematurely"):
            return InvalidRequest(f"The request cannot be read: {error.detail}.")
        case _:
            return Unexpected()


def _no_route(request: AnyRequest) -> NetraError:
    path = request.scope["path"]
    return no_route(path, f"There is no route {path[:200]!r}.")


def _wrong_method(request: AnyRequest, error: MethodNotAllowedException) -> NetraError:
    methods = allowed(method.strip() for method in (error.headers or {}).get("allow", "").split(","))
    if not methods:  # the path of a socket
        return _no_route(request)
    return MethodNotAllowed(request.method, allowed=methods)


def _fault(extra: dict[str, str]) -> Fault:
    key = extra.get("key", "")
    within = "" if key == "data" else key.removeprefix("data.")
    return fault_of(extra["message"], within=within)
