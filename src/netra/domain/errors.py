"""Define every failure of a request with its public code, independent of HTTP and WebSocket."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault in one field of a request."""

    path: str
    code: str
    message: str


class NetraError(Exception):
    """A failure with a public `code`, a message for people, and `details` for programs."""

    code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details


class InvalidRequest(NetraError):
    """The request is malformed."""

    code = "INVALID_REQUEST"


class ValidationFailed(NetraError):
    """The request is well-formed but violates the schema or a limit."""

    code = "VALIDATION_ERROR"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, errors=[msgspec.to_builtins(fault) for fault in faults])
        self.faults = tuple(faults)

    @classmethod
    def of(cls, path: str, code: str, message: str) -> "ValidationFailed":
        """Return the error for a single field."""
        return cls(message, [Fault(path=path, code=code, message=message)])


class Unauthorized(NetraError):
    """The caller is not signed in, or the credential is invalid."""

    code = "UNAUTHORIZED"


class AccountChanged(Unauthorized):
    """The account was deleted, disabled or given another password after the credential was checked."""


class TokenExpired(Unauthorized):
    """The credential has expired; sign in again."""


class Forbidden(NetraError):
    """The caller may see the resource but not do this to it."""

    code = "FORBIDDEN"


class NotFound(NetraError):
    """The resource does not exist for this caller; a resource of another owner is reported the same way."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {str(key)!r} does not exist", kind=kind, id=str(key))
        self.kind = kind
        self.key = key


class Conflict(NetraError):
    """The request conflicts with the present state."""

    code = "CONFLICT"


class ThreadBusy(Conflict):
    """The thread has the maximum number of waiting runs."""

    code = "THREAD_BUSY"


class AmbiguousRun(Conflict):
    """The request names no run, and the owner does not have exactly one live run."""

    code = "AMBIGUOUS_RUN"


class IdempotencyInProgress(Conflict):
    """The first request with this key is still in progress."""

    code = "IDEMPOTENCY_IN_PROGRESS"


class IdempotencyKeyReused(NetraError):
    """The key was used before with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"


class PreconditionFailed(NetraError):
    """The resource is no longer as the caller has seen it."""

    code = "PRECONDITION_FAILED"


class Gone(NetraError):
    """The resource existed and is no longer kept."""

    code = "GONE"


class PayloadTooLarge(NetraError):
    """The body exceeds the limit."""

    code = "PAYLOAD_TOO_LARGE"


class RateLimited(NetraError):
    """The caller sent too many requests in the window."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(NetraError):
    """A dependency is down or full; the same request may succeed later."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after_s: int = 1, **details: object) -> None:
        super().__init__(message, **details)
        self.retry_after_s = retry_after_s


class UpstreamFailed(NetraError):
    """An upstream service gave no usable answer."""

    code = "UPSTREAM_ERROR"


class DeadlineExceeded(NetraError):
    """The work exceeded its deadline."""

    code = "TIMEOUT"


class OAuthNotConfigured(NetraError):
    """Sign-in with Google is not set up in this deployment."""

    def __init__(self) -> None:
        super().__init__("Sign-in with Google is not configured here.", reason="oauth_not_configured")


class OAuthRefused(InvalidRequest):
    """The identity provider's answer does not permit a sign-in; `reason` states the cause."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason


class OAuthFailed(UpstreamFailed):
    """The identity provider gave no usable answer; the same request may succeed later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="oauth_provider_failed")


class UnreadableFile(NetraError):
    """The file is not a request log of a known format."""

    code = "UNREADABLE_FILE"


class UnsoundHandover(NetraError):
    """An agent's output is inconsistent, so that the next agent must not use it."""

    code = "PROCESSING_ERROR"

    def __init__(self, agent: str, why: str) -> None:
        super().__init__(f"{agent} produced an inconsistent result: {why}.", agent=agent, reason=why)


class WorkStopped(NetraError):
    """The work must stop: its run was cancelled or taken over, or its process is shutting down."""

    code = "CANCELLED"


class LeaseLost(WorkStopped):
    """Another worker holds the claim; the holder of the old one must stop writing."""

    code = "LEASE_LOST"
