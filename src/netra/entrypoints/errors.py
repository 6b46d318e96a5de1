"""The table from error to HTTP status and close code, and the shape of error responses.

It defines numbers, shapes and bytes, without a framework: `edge`, `http` and `websocket` send them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeGuard

import msgspec

from netra.domain import errors
from netra.domain.errors import NetraError

PROBLEM_TYPE: Final = "application/problem+json"


class RouteNotFound(NetraError):
    """No route has this path."""

    code = "NOT_FOUND"


class MethodNotAllowed(NetraError):
    """The route has other methods."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, method: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"This route does not support {method}.", allowed=list(allowed))
        self.allowed = allowed


class UnsupportedMediaType(NetraError):
    """The body has a media type that this route does not support."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class RequestTimeout(NetraError):
    """The request's body arrived too slowly, or not at all."""

    code = "REQUEST_TIMEOUT"


class UriTooLong(NetraError):
    """The first line of the request is too long."""

    code = "URI_TOO_LONG"


class HeadersTooLarge(NetraError):
    """There are too many headers, or too long ones."""

    code = "HEADERS_TOO_LARGE"


class TooManyConnections(errors.Unavailable):
    """The limit of connections is reached; nothing is broken."""


class Unexpected(NetraError):
    """An internal error; the request id finds the log line, and nothing else is revealed."""

    def __init__(self) -> None:
        super().__init__("Internal error; quote the request id when you report it.")


class Outcome(msgspec.Struct, frozen=True):
    """How an error ends a request, and how it ends a socket when it does."""

    status: int
    close_code: int = 1011


OUTCOMES: Final[Mapping[type[NetraError], Outcome]] = {
    errors.InvalidRequest: Outcome(400, 4002),
    errors.Unauthorized: Outcome(401, 4000),
    errors.TokenExpired: Outcome(401, 4001),
    errors.Forbidden: Outcome(403, 1008),
    errors.NotFound: Outcome(404),
    RouteNotFound: Outcome(404),
    MethodNotAllowed: Outcome(405),
    RequestTimeout: Outcome(408),
    errors.Conflict: Outcome(409),
    errors.Gone: Outcome(410),
    errors.PreconditionFailed: Outcome(412),
    errors.PayloadTooLarge: Outcome(413, 1009),
    UriTooLong: Outcome(414),
    HeadersTooLarge: Outcome(431),
    UnsupportedMediaType: Outcome(415, 1003),
    errors.ValidationFailed: Outcome(422),
    errors.IdempotencyKeyReused: Outcome(422),
    errors.UnreadableFile: Outcome(422),
    errors.RateLimited: Outcome(429, 4003),
    errors.Unavailable: Outcome(503),
    TooManyConnections: Outcome(503, 1008),
    errors.UpstreamFailed: Outcome(502),
    errors.DeadlineExceeded: Outcome(504),
    NetraError: Outcome(500),
}


def outcome_of(error: NetraError | type[NetraError]) -> Outcome:
    """Return the row of the error's class, or of its nearest base class.

    >>> outcome_of(errors.ThreadBusy("busy")).status
    409
    """
    kind = error if isinstance(error, type) else type(error)
    return next(OUTCOMES[base] for base in kind.__mro__ if base in OUTCOMES)


def retry_after_s(error: NetraError) -> int | None:
    """Return the seconds after which the same request may succeed, if known."""
    if isinstance(error, errors.RateLimited | errors.Unavailable):
        return error.retry_after_s
    return None


def is_outage(error: NetraError) -> bool:
    """Return whether a dependency failed: the cause is logged for the operator, not sent to the client."""
    return isinstance(error, errors.Unavailable) and error.__cause__ is not None


def codes() -> dict[str, int]:
    """Return every public error code with its HTTP status."""
    kinds = [kind for kind in (*vars(errors).values(), *_OWN) if _is_public(kind)]
    return {kind.code: outcome_of(kind).status for kind in kinds}


def _is_public(kind: object) -> TypeGuard[type[NetraError]]:
    """Return whether a request can end with this class of error: work that stops never reaches a client."""
    return (
        isinstance(kind, type) and issubclass(kind, NetraError) and not issubclass(kind, errors.WorkStopped)
    )


_OWN: Final = (MethodNotAllowed, RequestTimeout, UriTooLong, HeadersTooLarge, UnsupportedMediaType)

# Documentation only: clients must expect further codes.
CODES: Final = msgspec.Meta(extra_json_schema={"x-extensible-enum": sorted(codes())})


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """An error: a code for programs, a sentence for people, details for both."""

    code: Annotated[str, CODES]
    message: str
    details: Mapping[str, Any]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The documented shape of every error."""

    error: ErrorBody
    request_id: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The same error by RFC 9457, for clients that request it."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, CODES]
    details: Mapping[str, Any]
    request_id: str


def envelope_of(error: NetraError, *, request_id: str) -> Envelope:
    """Return `error` in the documented shape."""
    body = ErrorBody(code=error.code, message=error.message, details=error.details)
    return Envelope(error=body, request_id=request_id)


def problem_of(error: NetraError, *, request_id: str) -> Problem:
    """Return `error` as a problem; its title is the code in words."""
    return Problem(
        type="about:blank",
        title=error.code.replace("_", " ").capitalize(),
        status=outcome_of(error).status,
        detail=error.message,
        code=error.code,
        details=error.details,
        request_id=request_id,
    )


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error as an HTTP response."""

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes


def refusal_of(error: NetraError, *, request_id: str, accept: str = "") -> Refusal:
    """Return the response for a failed request: the envelope, or a problem if the client accepts it."""
    wants_problem = PROBLEM_TYPE in accept
    shape = problem_of if wants_problem else envelope_of
    return Refusal(
        status=outcome_of(error).status,
        media_type=PROBLEM_TYPE if wants_problem else "application/json",
        headers=_headers(error),
        body=msgspec.json.encode(shape(error, request_id=request_id), enc_hook=str),
    )


def _headers(error: NetraError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if (seconds := retry_after_s(error)) is not None:
        headers["Retry-After"] = str(seconds)
    if isinstance(error, errors.Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return headers
