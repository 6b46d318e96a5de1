"""The one table from error to HTTP status and close code, and what a refusal looks like.

It knows numbers, shapes and bytes, not a framework: `edge`, `http` and `websocket` send them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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
        super().__init__(f"{method} is not a method of this route.", allowed=list(allowed))
        self.allowed = allowed


class UnsupportedMediaType(NetraError):
    """The body is of a kind that this route does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class RequestTimeout(NetraError):
    """The body of the request came too slowly, or not at all."""

    code = "REQUEST_TIMEOUT"


class UriTooLong(NetraError):
    """The first line of the request is longer than any that leads somewhere."""

    code = "URI_TOO_LONG"


class HeadersTooLarge(NetraError):
    """There are too many headers, or too long ones."""

    code = "HEADERS_TOO_LARGE"


class TooManyConnections(errors.Unavailable):
    """All places for connections are taken; nothing is broken."""


class Unexpected(NetraError):
    """Something broke here; the request id finds the log line, nothing else is told."""

    def __init__(self) -> None:
        super().__init__("Something went wrong here; quote the request id to have it found.")


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


def outcome_of(error: NetraError) -> Outcome:
    """Return the row of the error's own class, or of the nearest class above it.

    >>> outcome_of(errors.ThreadBusy("busy")).status
    409
    """
    return next(OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES)


def retry_after_s(error: NetraError) -> int | None:
    """Return after how many seconds the same request may work, where the error knows."""
    if isinstance(error, errors.RateLimited | errors.Unavailable):
        return error.retry_after_s
    return None


def is_outage(error: NetraError) -> bool:
    """Return whether something outside failed: then the operator is told the cause, the client is not."""
    return isinstance(error, errors.Unavailable) and error.__cause__ is not None


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: a code for programs, a sentence for people, facts for both."""

    code: str
    message: str
    details: Mapping[str, Any]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The documented shape of every refusal."""

    error: ErrorBody
    request_id: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The same facts by RFC 9457, for a client that asks for them."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: Mapping[str, Any]
    request_id: str


def envelope_of(error: NetraError, *, request_id: str) -> Envelope:
    """Return the documented shape of `error`."""
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
    """An error on its way out by HTTP."""

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes


def refusal_of(error: NetraError, *, request_id: str, accept: str = "") -> Refusal:
    """Return the answer to a request that failed: the envelope, or a problem for who asks for one."""
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
