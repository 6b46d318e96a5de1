"""The responses of the OpenAPI document: shared ones by status, and each route's own.

A route's documented error statuses follow from its rule, so the document cannot miss a status that the
admission sends.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from netra.domain.errors import NetraError
from netra.entrypoints import errors
from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.errors import PROBLEM_TYPE, Envelope, Problem, envelope_of
from netra.entrypoints.http.admission import JSON, Rule
from netra.entrypoints.run_events import AgentResultData, AgentUpdateData, ErrorData
from netra.entrypoints.schemas import Json, reference

EVENT_STREAM: Final = "text/event-stream"
EVENT_KINDS: Final = (AgentUpdateData, AgentResultData, ErrorData)

_WORDS: Final = {
    200: "Done.",
    204: "No event can follow.",
    303: "Redirect to the page that began the sign-in.",
    304: "Unchanged: `If-None-Match` names the present entity tag.",
    400: "The request cannot be read.",
    401: "Not signed in, or the token is not valid.",
    403: "Signed in, but not allowed.",
    404: "Not found for this caller.",
    409: "The request conflicts with the current state.",
    412: "The resource was changed since it was read.",
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
HEADERS: Final[Mapping[str, tuple[str, Json]]] = {
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
    "ETag": ("Names the answer; send it as `If-None-Match` to learn whether it changed.", {"type": "string"}),
    "Idempotency-Replayed": ("`true` on a replayed response.", {"type": "string", "const": "true"}),
}
_NAMES: Final = {
    400: "InvalidRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    422: "ValidationFailed",
    429: "RateLimited",
    500: "InternalError",
    502: "UpstreamFailed",
    503: "Unavailable",
}


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The description of an answer that is a text file of one of these media types."""

    media_types: tuple[str, ...]


class Responses(msgspec.Struct):
    """Collects the shared error responses while operations refer to them."""

    shared: Json = msgspec.field(default_factory=dict[str, object])

    def refused(self, status: int, rule: Rule, codes: tuple[str, ...]) -> Json:
        """Return a reference to the response of an error with this status."""
        made = _described(status, _refusal_headers(status, rule))
        made["content"] = {
            JSON: {"schema": reference(Envelope), "examples": _examples(codes)},
            PROBLEM_TYPE: {"schema": reference(Problem)},
        }
        name = _name(status, rule, codes)
        self.shared[name] = made
        return {"$ref": f"#/components/responses/{name}"}


def refused_statuses(
    rule: Rule, *, takes_key: bool, is_checked: bool, has_id: bool, can_fail: bool
) -> set[int]:
    """Return the error statuses of a route with this rule."""
    return {
        *({400, 500} | ({503} if can_fail else set())),
        *(set() if rule.is_public else {401, 403}),
        *(set() if rule.limit is None and rule.is_public else {429}),  # attempts to sign in are counted
        *({413, 415, 422} if rule.reads else set()),
        *({422} if is_checked else set()),
        *({409} if takes_key else set()),
        *({404} if has_id else set()),
    }


def answered(
    status: int, kind: Any, rule: Rule, *, takes_key: bool, has_tag: bool = False, example: Any = None
) -> Json:
    """Return the response of a route's own answer of `kind`."""
    names = [*_ALWAYS, *(_COUNTED if rule.limit is not None and status != 503 else ())]
    names += ["Idempotency-Replayed"] if status == 200 and takes_key else []
    names += ["ETag"] if status in {200, 304} and has_tag else []
    made = _described(status, names)
    if kind is EVENT_STREAM:
        made["content"] = {EVENT_STREAM: {"schema": _STREAM, "x-event-data": _EVENT_DATA}}
    elif isinstance(kind, Files):
        text = {"type": "string"}
        made["content"] = {media_type: {"schema": text} for media_type in kind.media_types}
    elif kind is not None:
        shown = {} if example is None else {"example": example}
        made["content"] = {JSON: {"schema": reference(kind), **shown}}
    return made


def _name(status: int, rule: Rule, codes: tuple[str, ...]) -> str:
    """Return the name of a shared response: its status, and what distinguishes it from the usual one."""
    extra = "".join(code.title().replace("_", "") for code in codes if code in _RARE)
    return _NAMES[status] + extra + ("" if rule.limit is not None else "Uncounted")


_STREAM: Final = {
    "type": "string",
    "description": (
        "Events in the format of the HTML standard: `id` is the event's `seq`, `event` is `agent_update`, "
        "`agent_result` or `error`, `data` is one JSON object as in `x-event-data`."
    ),
}
_EVENT_DATA: Final = {
    "oneOf": [reference(kind) for kind in EVENT_KINDS],
    "x-events": {"agent_update": "AgentUpdateData", "agent_result": "AgentResultData", "error": "ErrorData"},
}


def _described(status: int, headers: list[str]) -> Json:
    return {
        "description": _WORDS[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
    }


def _refusal_headers(status: int, rule: Rule) -> list[str]:
    names = [*_ALWAYS, *(_COUNTED if rule.limit is not None and status not in {500, 502, 503} else ())]
    names += ["Retry-After"] if status in {429, 503} else []
    names += ["WWW-Authenticate"] if status == 401 else []
    return names


def _examples(codes: tuple[str, ...]) -> Json:
    """Return an example of the envelope for every code."""
    return {code: {"value": msgspec.to_builtins(_example(code))} for code in codes}


def _example(code: str) -> Envelope:
    error = NetraError(_SENTENCES.get(code, "A sentence that names the value and what to do."))
    envelope = envelope_of(error, request_id="req-0123456789abcdef")
    return msgspec.structs.replace(envelope, error=msgspec.structs.replace(envelope.error, code=code))


# One sentence a code, of those that a client meets most.
_SENTENCES: Final[Mapping[str, str]] = {
    "INVALID_REQUEST": "The body is not valid JSON: expected a quote (byte 1).",
    "UNAUTHORIZED": "Sign in and send the token as `Authorization: Bearer <token>`.",
    "FORBIDDEN": "This API key lacks the scope execute.",
    "NOT_FOUND": "run 'run-789' does not exist",
    "CONFLICT": "This e-mail address has an account.",
    "THREAD_BUSY": "The thread has the maximum number of waiting runs.",
    "IDEMPOTENCY_IN_PROGRESS": "The first request with this key is still in progress.",
    "IDEMPOTENCY_KEY_REUSED": "The key was used before with another body.",
    "PAYLOAD_TOO_LARGE": "The body is longer than 1048576 bytes.",
    "UNSUPPORTED_MEDIA_TYPE": "Send the body as application/json, not as 'text/plain'.",
    "VALIDATION_ERROR": "message must not be blank",
    "RATE_LIMITED": "Over 10 requests in 60 seconds.",
    "INTERNAL_ERROR": errors.Unexpected().message,
    "SERVICE_UNAVAILABLE": "A dependency is down; try again later.",
    "UPSTREAM_ERROR": "The identity provider gave no usable answer.",
}


def codes_of(status: int, *, takes_key: bool, more: tuple[str, ...]) -> tuple[str, ...]:
    """Return the error codes that a route sends with this status."""
    known = errors.codes()
    usual = {code for code in _SENTENCES if known[code] == status and code not in _RARE}
    keyed = {"IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"} if takes_key else set[str]()
    return tuple(sorted(usual | {code for code in keyed | set(more) if known[code] == status}))


_RARE: Final = frozenset({"CONFLICT", "THREAD_BUSY", "IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"})
