"""Generates the OpenAPI document from the routes: their Structs, rules and parameters.

A route's documented error statuses follow from its rule, so the document cannot miss a status that the
admission sends.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, cast, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, HeaderParameter, ParameterKwarg, PathParameter, QueryParameter
from litestar.routes import HTTPRoute

from netra.domain.optimization.result import Advice
from netra.domain.workloads.model import Event
from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.errors import Envelope, Problem
from netra.entrypoints.http.admission import JSON, Rule, rule_of
from netra.entrypoints.http.openapi_examples import ANSWERED, SENT, TAGS
from netra.entrypoints.http.openapi_responses import (
    EVENT_KINDS,
    HEADERS,
    Responses,
    answered,
    codes_of,
    refused_statuses,
)
from netra.entrypoints.http.restrictions import restricted
from netra.entrypoints.schemas import Json, components, reference, rename_references

Kind = Any  # Any: a Struct, a type that msgspec describes, or a schema

_NOTES: Final = "netra.notes"
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
    """What a handler's signature does not show: bodies by media type, other responses, idempotency, codes.

    A body is a Struct, or a schema where any JSON is accepted.
    """

    bodies: Mapping[str, Kind] = {}
    answers: Mapping[int, Kind] = {}
    takes_key: bool = False
    codes: tuple[str, ...] = ()


def noted(
    *,
    bodies: Mapping[str, Kind] | None = None,
    answers: Mapping[int, Kind] | None = None,
    key: bool = False,
    codes: tuple[str, ...] = (),
) -> Json:
    """Return the `opt` that completes a route's description."""
    return {_NOTES: Notes(bodies=bodies or {}, answers=answers or {}, takes_key=key, codes=codes)}


def document(app: Litestar, *also: Litestar) -> Json:
    """Return the OpenAPI 3.1 document of all public routes; `also` has routes that are switched off here."""
    handlers = {(path, _method(one)): one for each in (*also, app) for path, one in _handlers(each)}
    found = sorted(handlers.items(), key=lambda each: each[0])
    responses = Responses()
    paths: dict[str, Json] = {}
    for (path, method), handler in found:
        paths.setdefault(path, {})[method] = _operation(handler, responses)
    kinds = [kind for _, handler in found for kind in _kinds(handler)]
    bodies = [kind for _, handler in found for kind in _structs(_bodies(handler).values())]
    made: Json = {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": _SERVERS,
        "externalDocs": {
            "description": "Guides and reference",
            "url": "https://github.com/netrasystems/netra",
        },
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components([Advice, Envelope, Problem, *EVENT_KINDS, *kinds], sent=[Event, *bodies]),
            "responses": dict(sorted(responses.shared.items())),
            "headers": {
                name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()
            },
            "securitySchemes": {"bearer": _BEARER},
        },
    }
    rename_references(made)
    return restricted(made)


_SERVERS: Final = [
    {"url": "/", "description": "This deployment, local or production.", "x-internal": False},
    {
        "url": "/v2",
        "description": "This deployment, local or production, under the version prefix.",
        "x-internal": False,
    },
]
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


def _method(handler: HTTPRouteHandler) -> str:
    return min(handler.http_methods).lower()


def operation_id(handler: HTTPRouteHandler) -> str:
    """Return the handler's name; one that is too bare to stand alone begins with its group."""
    name = handler.handler_name.rpartition(".")[2]
    prefix = _PREFIXES.get(next(iter(handler.resolve_tags() or ()), ""), "")
    return handler.operation_id if isinstance(handler.operation_id, str) else f"{prefix}{name}"


_PREFIXES: Final = {"Authentication": "auth_", "Agent": "agent_", "Health": "health_"}


def _operation(handler: HTTPRouteHandler, responses: Responses) -> Json:
    rule, notes = rule_of(handler.opt), _notes(handler)
    name = operation_id(handler)
    operation: Json = {
        "operationId": name,
        "summary": handler.summary,
        "description": inspect.getdoc(handler.fn),
        "tags": list(handler.resolve_tags() or ()),
        "security": [] if rule.is_public else [{"bearer": []}],
        "parameters": [*_parameters(handler), *([_KEY] if notes.takes_key else [])],
        **_responses(handler, rule, responses),
    }
    if bodies := _bodies(handler):
        example = {"example": SENT[name]} if name in SENT else {}
        content = {media_type: {"schema": _schema(kind)} for media_type, kind in bodies.items()}
        content[next(iter(content))].update(example)
        operation["requestBody"] = {"required": True, "content": content}
    if rule.scope is not None and not rule.is_public:
        operation["x-api-key-scope"] = rule.scope.value
    return operation


def _responses(handler: HTTPRouteHandler, rule: Rule, responses: Responses) -> Json:
    notes, parameters = _notes(handler), list(_parameters(handler))
    statuses = refused_statuses(
        rule,
        takes_key=notes.takes_key,
        is_checked=bool(parameters) or notes.takes_key,
        has_id=any(given["in"] == "path" for given in parameters),
        can_fail=rule.limit is not None,
    )
    own = {200: _answer(handler), **notes.answers}
    refused = (statuses - own.keys()) | {status for status, kind in own.items() if kind is Envelope}
    codes = {one: codes_of(one, takes_key=notes.takes_key, more=notes.codes) for one in sorted(refused)}
    made = {status: responses.refused(status, rule, codes[status]) for status in refused}
    example = ANSWERED.get(operation_id(handler))
    for status, kind in own.items():
        if kind is not Envelope:
            shown = example if status == 200 else None
            made[status] = answered(
                status, kind, rule, takes_key=notes.takes_key, has_tag=304 in own, example=shown
            )
    return {
        "responses": {str(status): made[status] for status in sorted(made)},
        "x-error-codes": sorted({code for listed in codes.values() for code in listed}),
    }


def _parameters(handler: HTTPRouteHandler) -> Iterator[Json]:
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


def _bounded(schema: Json, kwarg: ParameterKwarg) -> Json:
    bounds = {"minimum": kwarg.ge, "maximum": kwarg.le, "pattern": kwarg.pattern}
    return (
        schema
        | (kwarg.schema_extra or {})
        | {word: bound for word, bound in bounds.items() if bound is not None}
    )


def _bodies(handler: HTTPRouteHandler) -> Mapping[str, Kind]:
    if noted_bodies := _notes(handler).bodies:
        return noted_bodies
    kind, kwarg = _split(get_type_hints(handler.fn, include_extras=True).get("data"))
    return {JSON: kind} if isinstance(kwarg, BodyKwarg) else {}


def _kinds(handler: HTTPRouteHandler) -> Iterator[Kind]:
    """Yield every Struct that the route sends."""
    yield from _structs([*_notes(handler).answers.values(), _answer(handler)])


def _structs(kinds: Iterable[Kind]) -> Iterator[Kind]:
    return (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def _answer(handler: HTTPRouteHandler) -> Kind:
    answered = get_type_hints(handler.fn)["return"]
    return get_args(answered)[0] if get_origin(answered) is Response else answered


def _notes(handler: HTTPRouteHandler) -> Notes:
    notes: Notes = handler.opt.get(_NOTES, Notes())
    return notes


def _split(hint: object) -> tuple[Kind, object]:
    """Return the type and its annotation, if any."""
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, annotation, *_ = get_args(hint)
    return kind, annotation


def _present(kind: Kind) -> Kind:
    """Return the type of a parameter that is present: None only means that it is absent."""
    parts = get_args(kind)
    return next(part for part in parts if part is not type(None)) if type(None) in parts else kind


def _schema(kind: Kind) -> Json:
    return dict(cast("Json", kind)) if isinstance(kind, dict) else reference(kind)
