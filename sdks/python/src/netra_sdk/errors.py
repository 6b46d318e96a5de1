"""Every error of the SDK. All of them are a `NetraError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netra_sdk.runs import RunHandle

VALIDATION = "VALIDATION_ERROR"


class NetraError(Exception):
    """The base of every error of this SDK."""


class ConfigurationError(NetraError):
    """The client cannot be built: no credential, or an address that is none."""


class ConnectionFailedError(NetraError):
    """No answer came; `request_id` finds the request in the service's log, if it arrived there."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class TimedOutError(ConnectionFailedError):
    """The call's whole time is over, repeats included."""


class OutcomeUnknownError(ConnectionFailedError):
    """The answer was lost and this call is not repeated by itself: it may have been done.

    Find out, then call again, with the same `idempotency_key` where the operation takes one.
    """

    def __init__(
        self, message: str, *, request_id: str | None = None, idempotency_key: str | None = None
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(NetraError):
    """The answer is not the API's: a proxy's page, broken JSON, a page that leads to itself."""

    def __init__(self, message: str, *, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.body = body[:500]


class StreamBrokenError(NetraError):
    """A stream of events ended too early and could not be resumed; go on after `last_seq`."""

    def __init__(self, message: str, *, last_seq: int) -> None:
        super().__init__(message)
        self.last_seq = last_seq


class SessionLostError(NetraError):
    """The session has ended, or its refresh was refused: sign in again."""


class RunFailedError(NetraError):
    """The run ended without a result: `code` and `message` say why."""

    def __init__(self, code: str, message: str, run: RunHandle) -> None:
        super().__init__(f"run {run.id} failed: {message} ({code})")
        self.code = code
        self.message = message
        self.run = run


class RunCancelledError(NetraError):
    """The run was cancelled."""

    def __init__(self, run: RunHandle) -> None:
        super().__init__(f"run {run.id} was cancelled")
        self.run = run


class WaitTimeoutError(NetraError):
    """The run had not ended in time; it goes on."""

    def __init__(self, run: RunHandle, *, last_seq: int) -> None:
        super().__init__(f"run {run.id} has not ended in time; it goes on")
        self.run = run
        self.last_seq = last_seq


class ApiError(NetraError):
    """The service refused the request."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any],
        request_id: str | None,
        headers: Mapping[str, str],
        idempotency_key: str | None = None,
    ) -> None:
        shown = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{code} ({status}): {message}{shown}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.request_id = request_id
        self.headers = headers
        self.idempotency_key = idempotency_key

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the same request may succeed, if the service named any."""
        return seconds(self.headers.get("retry-after"))


class InvalidRequestError(ApiError):
    """400: the request cannot be read."""


class ValidationFailedError(InvalidRequestError):
    """422: a field violates the schema or a limit; `errors` has path, code and message of each."""

    @property
    def errors(self) -> list[dict[str, str]]:
        """The faulty fields."""
        return list(self.details.get("errors", ()))


class IdempotencyKeyReusedError(InvalidRequestError):
    """422: the key was used before with another body."""


class UnauthorizedError(ApiError):
    """401: not signed in, or the credential is no longer valid."""


class ForbiddenError(ApiError):
    """403: not allowed; an API key may lack a scope."""


class NotFoundError(ApiError):
    """404: it does not exist for this user."""


class GoneError(ApiError):
    """410: it is no longer kept."""


class PreconditionFailedError(ApiError):
    """412: it was changed since it was read."""


class PayloadTooLargeError(ApiError):
    """413: the body is larger than the limit."""


class UnsupportedMediaTypeError(ApiError):
    """415: the route does not read this media type."""


class ConflictError(ApiError):
    """409: the request conflicts with the present state."""


class ThreadBusyError(ConflictError):
    """409: the thread has the maximum number of waiting runs."""


class AmbiguousRunError(ConflictError):
    """409: the request names no run, and there is not exactly one."""


class IdempotencyInProgressError(ConflictError):
    """409: the first request with this key is still in progress."""


class RateLimitedError(ApiError):
    """429: too many requests in a minute."""

    @property
    def limit(self) -> int | None:
        """Requests admitted in a minute."""
        return _number(self.headers.get("x-ratelimit-limit"))

    @property
    def remaining(self) -> int | None:
        """Requests that may still be sent now."""
        return _number(self.headers.get("x-ratelimit-remaining"))

    @property
    def reset_at(self) -> int | None:
        """Unix time at which the whole limit is available again."""
        return _number(self.headers.get("x-ratelimit-reset"))


class ServerError(ApiError):
    """5xx: the service failed."""


class InternalError(ServerError):
    """500: a defect of the service; report it with the request id."""


class UpstreamFailedError(ServerError):
    """502: a service that Netra depends on gave no usable answer."""


class UnavailableError(ServerError):
    """503: a dependency is down or overloaded."""


class DeadlineExceededError(ServerError):
    """504: the work took too long."""


_BY_CODE: Mapping[str, type[ApiError]] = {
    "INVALID_REQUEST": InvalidRequestError,
    VALIDATION: ValidationFailedError,
    "IDEMPOTENCY_KEY_REUSED": IdempotencyKeyReusedError,
    "UNAUTHORIZED": UnauthorizedError,
    "FORBIDDEN": ForbiddenError,
    "NOT_FOUND": NotFoundError,
    "GONE": GoneError,
    "PRECONDITION_FAILED": PreconditionFailedError,
    "PAYLOAD_TOO_LARGE": PayloadTooLargeError,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaTypeError,
    "CONFLICT": ConflictError,
    "THREAD_BUSY": ThreadBusyError,
    "AMBIGUOUS_RUN": AmbiguousRunError,
    "IDEMPOTENCY_IN_PROGRESS": IdempotencyInProgressError,
    "RATE_LIMITED": RateLimitedError,
    "INTERNAL_ERROR": InternalError,
    "UPSTREAM_ERROR": UpstreamFailedError,
    "SERVICE_UNAVAILABLE": UnavailableError,
    "TIMEOUT": DeadlineExceededError,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: PreconditionFailedError,
    413: PayloadTooLargeError,
    415: UnsupportedMediaTypeError,
    422: InvalidRequestError,
    429: RateLimitedError,
    500: InternalError,
    502: UpstreamFailedError,
    503: UnavailableError,
    504: DeadlineExceededError,
}


def class_of(code: str, status: int) -> type[ApiError]:
    """Return the class of an error: by its code, else by its status."""
    usual = ServerError if status >= 500 else ApiError
    return _BY_CODE.get(code) or _BY_STATUS.get(status, usual)


def seconds(text: str | None) -> float | None:
    """Return a number of seconds in a header, or None."""
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
