"""Every way a request can fail, with its public code; nothing here knows HTTP or a socket."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one field of a request."""

    path: str
    code: str
    message: str


class NetraError(Exception):
    """A failure with a public `code`, a sentence for a person, and `details` for a program."""

    code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details


class InvalidRequest(NetraError):
    """The request cannot be read at all."""

    code = "INVALID_REQUEST"


class ValidationFailed(NetraError):
    """The request is readable but breaks the schema or a limit."""

    code = "VALIDATION_ERROR"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, errors=[msgspec.to_builtins(fault) for fault in faults])
        self.faults = tuple(faults)

    @classmethod
    def of(cls, path: str, code: str, message: str) -> "ValidationFailed":
        """Return the refusal of one field."""
        return cls(message, [Fault(path=path, code=code, message=message)])


class Unauthorized(NetraError):
    """Nobody is signed in, or the proof does not hold."""

    code = "UNAUTHORIZED"


class AccountChanged(Unauthorized):
    """The account is gone, disabled or has another password since the proof was looked at."""


class TokenExpired(Unauthorized):
    """The proof was good once; sign in again."""


class Forbidden(NetraError):
    """The caller sees the thing and may not do this to it."""

    code = "FORBIDDEN"


class NotFound(NetraError):
    """No such thing for this caller, whether or not somebody else owns it."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {str(key)!r} does not exist", kind=kind, id=str(key))
        self.kind = kind
        self.key = key


class Conflict(NetraError):
    """The request contradicts the present state."""

    code = "CONFLICT"


class ThreadBusy(Conflict):
    """The thread already has as many waiting runs as it may have."""

    code = "THREAD_BUSY"


class AmbiguousRun(Conflict):
    """A run was meant but not named, and there is not exactly one to mean."""

    code = "AMBIGUOUS_RUN"


class IdempotencyInProgress(Conflict):
    """The first request with this key has not ended yet."""

    code = "IDEMPOTENCY_IN_PROGRESS"


class IdempotencyKeyReused(NetraError):
    """The key came before with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"


class Gone(NetraError):
    """The thing was there and is no longer kept."""

    code = "GONE"


class PayloadTooLarge(NetraError):
    """The body is over the limit."""

    code = "PAYLOAD_TOO_LARGE"


class RateLimited(NetraError):
    """Too many requests in the window."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(NetraError):
    """Something this needs is down or full; the same request may work later."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after_s: int = 1, **details: object) -> None:
        super().__init__(message, **details)
        self.retry_after_s = retry_after_s


class UpstreamFailed(NetraError):
    """A service that was asked gave no usable answer."""

    code = "UPSTREAM_ERROR"


class DeadlineExceeded(NetraError):
    """The work took longer than it may."""

    code = "TIMEOUT"


class OAuthNotConfigured(NetraError):
    """Sign-in with Google is not set up in this deployment."""

    def __init__(self) -> None:
        super().__init__("Sign-in with Google is not configured here.", reason="oauth_not_configured")


class OAuthRefused(InvalidRequest):
    """What came back from the identity provider proves nobody who may come in; `reason` says which."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason


class OAuthFailed(UpstreamFailed):
    """The identity provider gave no usable answer; the same request may work later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="oauth_provider_failed")


class UnreadableFile(NetraError):
    """A file that is not a request log of a known kind."""

    code = "UNREADABLE_FILE"


class UnsoundHandover(NetraError):
    """One agent's work does not fit together, so the next one must not build on it."""

    code = "PROCESSING_ERROR"

    def __init__(self, agent: str, why: str) -> None:
        super().__init__(f"{agent} made something unsound: {why}.", agent=agent, reason=why)


class WorkStopped(NetraError):
    """The work was told to stop: its run was cancelled, taken over, or its process is ending."""

    code = "CANCELLED"


class LeaseLost(WorkStopped):
    """Another claim owns the run now; whoever holds the old one must stop writing."""

    code = "LEASE_LOST"
