"""Generates the OpenAPI document from the routes: their Structs, rules and parameters.

A route's documented error statuses follow from its rule, so the document cannot miss a status that the
admission sends.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, cast, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, HeaderParameter, ParameterKwarg, PathParameter, QueryParameter
from litestar.routes import HTTPRoute

from netra.domain.optimization.result import Advice
from netra.domain.workloads.model import Event
from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.errors import PROBLEM_TYPE, Envelope, Problem
from netra.entrypoints.http.admission import JSON, Rule, rule_of
from netra.entrypoints.http.restrictions import restricted

REF: Final = "#/components/schemas/{name}"

_NOTES: Final = "netra.notes"
_WORDS: Final = {
    200: "Done.",
    204: "No event can follow.",
    303: "Redirect to the page that began the sign-in.",
    400: "The request cannot be read.",
    401: "Not signed in, or the token is not valid.",
    403: "Signed in, but not allowed.",
    404: "Not found for this caller.",
    409: "The request conflicts with the current state.",
    413: "The body is larger than the limit.",
    415: "The media type is not supported by this route.",
    422: "The request violates the schema or a limit.",
    429: "Too many requests in 60 seconds.",
    500: "Internal error.",
    502: "An upstream service gave no usable answer.",
    503: "A dependency is down or overloaded; try again later.",
}
_ALWAYS: Final = ("X-Request-ID", "X-API-Version", "Access-Control-Allow-Origin")
_COUNTED: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_HEADERS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "X-Request-ID": ("The request's id; the client's own if it is well-formed.", {"type": "string"}),
    "X-API-Version": ("The version of this API.", {"type": "string", "const": API_VERSION}),
    "Access-Control-Allow-Origin": (
        "The page's origin, if this deployment allows it; otherwise the header is absent.",
        {"type": "string"},
    ),
    "X-RateLimit-Limit": ("Requests admitted in any 60 seconds.", {"type": "integer"}),
    "X-RateLimit-Remaining": ("Requests that may still be sent now.", {"type": "integer"}),
    "X-RateLimit-Reset": (
        "Unix time in seconds at which the whole limit is available again.",
        {"type": "integer"},
    ),
    "Retry-After": ("Seconds until a retry may succeed.", {"type": "integer"}),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}),
    "Idempotency-Replayed": ("`true` on a replayed response.", {"type": "string", "const": "true"}),
}
_PLACES: Final[Mapping[type[ParameterKwarg], str]] = {
    QueryParameter: "query",
    HeaderParameter: "header",
    PathParameter: "path",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeated request with the same key and body gets the first response again, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler's signature does not show: bodies by media type, other responses, idempotency.

    A body is a Struct, or a schema where any JSON is accepted.
    """

    bodies: Mapping[str, Any] = {}
    answers: Mapping[int, Any] = {}
    takes_key: bool = False


def noted(
    *, bodies: Mapping[str, Any] | None = None, answers: Mapping[int, Any] | None = None, key: bool = False
) -> dict[str, Any]:
    """Return the `opt` that completes a route's description."""
    return {_NOTES: Notes(bodies=bodies or {}, answers=answers or {}, takes_key=key)}


def document(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all public routes."""
    found = sorted(_handlers(app), key=lambda each: (each[0], sorted(each[1].http_methods)))
    kinds = [kind for _, handler in found for kind in _kinds(handler)]
    _, components = msgspec.json.schema_components(
        [Advice, Event, Envelope, Problem, *kinds], ref_template=REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for path, handler in found:
        method = next(iter(handler.http_methods)).lower()
        paths.setdefault(path, {})[method] = _operation(handler)
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [_SERVER],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "headers": {
                name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()
            },
            "securitySchemes": {"bearer": _BEARER},
        },
    }
    return restricted(made)


_SERVER: Final = {
    "url": "/",
    "description": "This deployment, local or production; paths may also be prefixed with /v2.",
    "x-internal": False,
}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "An access token by the best practices of RFC 8725 (RFC8725): one algorithm, every claim checked, "
        "revoked at sign-out; or an API key."
    ),
}


_INFO: Final = {
    "title": "Netra",
    "version": API_VERSION,
    "description": (
        "Reads a workload's request log and computes what to change and what that saves. "
        "All errors have one shape; request `application/problem+json` to get RFC 9457 instead."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


def _handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.resolve_include_in_schema():
                    yield route.path_format or "/", handler


def _operation(handler: HTTPRouteHandler) -> dict[str, Any]:
    rule, notes = rule_of(handler.opt), _notes(handler)
    parameters = [*_parameters(handler), *([_KEY] if notes.takes_key else [])]
    operation: dict[str, Any] = {
        "operationId": handler.handler_name.rpartition(".")[2],
        "summary": handler.summary,
        "description": inspect.getdoc(handler.fn),
        "tags": list(handler.resolve_tags() or ()),
        "parameters": parameters,
        "responses": _responses(handler, rule, notes, is_checked=bool(parameters)),
    }
    if bodies := _bodies(handler):
        content = {media_type: {"schema": _schema(kind)} for media_type, kind in bodies.items()}
        operation["requestBody"] = {"required": True, "content": content}
    if not rule.is_public:
        operation["security"] = [{"bearer": []}]
    return operation


def _responses(
    handler: HTTPRouteHandler, rule: Rule, notes: Notes, *, is_checked: bool
) -> dict[str, dict[str, Any]]:
    has_id = any("in" in given and given["in"] == "path" for given in _parameters(handler))
    refused = {400, 500, 503}
    refused |= set() if rule.is_public else {401, 403}
    refused |= set() if rule.limit is None else {429}
    refused |= {413, 415, 422} if rule.reads else set()
    refused |= {422} if is_checked else set()
    refused |= {409} if notes.takes_key else set()
    refused |= {404} if has_id else set()
    answers: dict[int, Any] = dict.fromkeys(refused, Envelope)
    answers[200] = _answer(handler)
    answers.update(notes.answers)
    return {str(status): _response(status, answers[status], rule, handler) for status in sorted(answers)}


def _response(status: int, kind: Any, rule: Rule, handler: HTTPRouteHandler) -> dict[str, Any]:
    names = [*_ALWAYS, *(_COUNTED if rule.limit is not None and status not in {500, 502, 503} else ())]
    names += ["Retry-After"] if kind is Envelope and status in {429, 503} else []
    names += ["WWW-Authenticate"] if status == 401 else []
    names += ["Idempotency-Replayed"] if status == 200 and _notes(handler).takes_key else []
    response: dict[str, Any] = {
        "description": _WORDS[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
    }
    if kind is Envelope:
        response["content"] = {
            JSON: {"schema": _schema(Envelope)},
            PROBLEM_TYPE: {"schema": _schema(Problem)},
        }
    elif kind is str:
        response["content"] = {str(handler.media_type): {"schema": {"type": "string"}}}
    elif kind is not None:
        response["content"] = {JSON: {"schema": _schema(kind)}}
    return response


def _parameters(handler: HTTPRouteHandler) -> Iterator[dict[str, Any]]:
    defaults = inspect.signature(handler.fn).parameters
    for name, hint in get_type_hints(handler.fn, include_extras=True).items():
        kind, kwarg = _split(hint)
        if not isinstance(kwarg, ParameterKwarg):
            continue
        default = defaults[name].default
        schema = _bounded(_schema(_present(kind)), kwarg)
        if default not in {inspect.Parameter.empty, None}:
            schema["default"] = default
        described = {"description": kwarg.description} if kwarg.description else {}
        yield {
            "name": kwarg.name or name,
            "in": _PLACES[type(kwarg)],
            "required": default is inspect.Parameter.empty,
            "schema": schema,
            **described,
        }


def _bounded(schema: dict[str, Any], kwarg: ParameterKwarg) -> dict[str, Any]:
    bounds = {"minimum": kwarg.ge, "maximum": kwarg.le, "pattern": kwarg.pattern}
    return (
        schema
        | (kwarg.schema_extra or {})
        | {word: bound for word, bound in bounds.items() if bound is not None}
    )


def _bodies(handler: HTTPRouteHandler) -> Mapping[str, Any]:
    if noted_bodies := _notes(handler).bodies:
        return noted_bodies
    kind, kwarg = _split(get_type_hints(handler.fn, include_extras=True).get("data"))
    return {JSON: kind} if isinstance(kwarg, BodyKwarg) else {}


def _kinds(handler: HTTPRouteHandler) -> Iterator[Any]:
    """Yield every Struct that the route reads or sends."""
    bodies, answers = _bodies(handler).values(), _notes(handler).answers.values()
    for kind in (*bodies, *answers, _answer(handler)):
        if isinstance(kind, type) and kind is not str:
            yield kind


def _answer(handler: HTTPRouteHandler) -> Any:
    answered = get_type_hints(handler.fn)["return"]
    return get_args(answered)[0] if get_origin(answered) is Response else answered


def _notes(handler: HTTPRouteHandler) -> Notes:
    notes: Notes = handler.opt.get(_NOTES, Notes())
    return notes


def _split(hint: Any) -> tuple[Any, Any]:
    """Return the type and its annotation, if any."""
    if get_origin(hint) is not Annotated:
        return hint, None
    return hint.__origin__, hint.__metadata__[0]


def _present(kind: Any) -> Any:
    """Return the type of a parameter that is present: None only means that it is absent."""
    present = [part for part in get_args(kind) if part is not type(None)]
    return present[0] if present else kind


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, dict):  # already a schema
        return cast("dict[str, Any]", kind)
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REF)
    return schema
