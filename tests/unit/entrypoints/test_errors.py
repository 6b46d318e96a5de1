"""The table of errors: every error has a row, and the row is the documented one."""

import inspect
import json

import pytest

from netra.domain import errors
from netra.domain.errors import NetraError
from netra.entrypoints.errors import (
    OUTCOMES,
    HeadersTooLarge,
    MethodNotAllowed,
    RequestTimeout,
    RouteNotFound,
    Unexpected,
    UnsupportedMediaType,
    UriTooLong,
    outcome_of,
    refusal_of,
)

STATUSES = {
    "INVALID_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "THREAD_BUSY": 409,
    "IDEMPOTENCY_IN_PROGRESS": 409,
    "GONE": 410,
    "PAYLOAD_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_ERROR": 422,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "RATE_LIMITED": 429,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL_ERROR": 500,
    "UPSTREAM_ERROR": 502,
    "SERVICE_UNAVAILABLE": 503,
    "TIMEOUT": 504,
}
SAMPLES: list[NetraError] = [
    errors.InvalidRequest("m"),
    errors.Unauthorized("m"),
    errors.TokenExpired("m"),
    errors.Forbidden("m"),
    errors.NotFound("run", "run-1"),
    RouteNotFound("m"),
    MethodNotAllowed("PUT", allowed=["GET"]),
    RequestTimeout("m"),
    errors.Conflict("m"),
    errors.ThreadBusy("m"),
    errors.IdempotencyInProgress("m"),
    errors.Gone("m"),
    errors.PayloadTooLarge("m"),
    UriTooLong("m"),
    HeadersTooLarge("m"),
    UnsupportedMediaType("m"),
    errors.ValidationFailed.of("a", "b", "c"),
    errors.IdempotencyKeyReused("m"),
    errors.RateLimited("m", retry_after_s=7),
    errors.OAuthNotConfigured(),
    Unexpected(),
    errors.UpstreamFailed("m"),
    errors.Unavailable("m", retry_after_s=3),
    errors.DeadlineExceeded("m"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_a_code_has_its_documented_status(error: NetraError) -> None:
    assert outcome_of(error).status == STATUSES[error.code]


def test_every_error_of_the_domain_finds_a_row() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NetraError)]
    assert all(any(above in OUTCOMES for above in kind.__mro__) for kind in kinds)


@pytest.mark.parametrize(
    ("error", "close_code"),
    [
        (errors.Unauthorized("m"), 4000),
        (errors.TokenExpired("m"), 4001),
        (errors.InvalidRequest("m"), 4002),
        (errors.RateLimited("m", retry_after_s=1), 4003),
        (errors.PayloadTooLarge("m"), 1009),
        (errors.Unavailable("m"), 1011),
        (Unexpected(), 1011),
    ],
)
def test_an_error_closes_a_socket_with_its_documented_code(error: NetraError, close_code: int) -> None:
    assert outcome_of(error).close_code == close_code


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (errors.RateLimited("m", retry_after_s=7), "Retry-After", "7"),
        (errors.Unavailable("m", retry_after_s=3), "Retry-After", "3"),
        (errors.TokenExpired("m"), "WWW-Authenticate", "Bearer"),
        (MethodNotAllowed("PUT", allowed=["GET", "POST"]), "Allow", "GET, POST"),
    ],
)
def test_a_refusal_brings_the_headers_that_help(error: NetraError, name: str, value: str) -> None:
    assert refusal_of(error, request_id="req-1").headers[name] == value


def test_details_that_json_does_not_know_become_text() -> None:
    error = errors.Conflict("m", where=object)
    assert json.loads(refusal_of(error, request_id="req-1").body)["error"]["details"]["where"]


def test_a_problem_holds_the_same_facts_as_the_envelope() -> None:
    error = errors.NotFound("run", "run-1")
    envelope = json.loads(refusal_of(error, request_id="req-1").body)
    refusal = refusal_of(error, request_id="req-1", accept="application/problem+json, */*;q=0.1")
    problem = json.loads(refusal.body)
    assert refusal.media_type == "application/problem+json"
    assert (problem["status"], problem["title"]) == (404, "Not found")
    assert problem["detail"] == envelope["error"]["message"]
    assert problem["details"] == envelope["error"]["details"]
    assert problem["request_id"] == envelope["request_id"] == "req-1"
