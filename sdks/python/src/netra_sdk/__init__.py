"""The Python SDK of Netra: `Netra`, `AsyncNetra`, the events of a run, and the errors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netra_sdk.errors import (
    AmbiguousRunError,
    ApiError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    ForbiddenError,
    GoneError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    InternalError,
    InvalidRequestError,
    NetraError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    PreconditionFailedError,
    RateLimitedError,
    RunCancelledError,
    RunFailedError,
    ServerError,
    SessionLostError,
    StreamBrokenError,
    ThreadBusyError,
    TimedOutError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnsupportedMediaTypeError,
    UpstreamFailedError,
    ValidationFailedError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from netra_sdk._batching import Flushed
    from netra_sdk._policy import Response
    from netra_sdk._tokens import Tokens
    from netra_sdk.async_client import AsyncNetra
    from netra_sdk.async_runs import AsyncRun
    from netra_sdk.capture import call_from_anthropic, call_from_openai, prefix_hashes, prompt_hash
    from netra_sdk.client import Answer, Netra
    from netra_sdk.events import AgentResult, AgentUpdate, RunEvent, RunFault, TextPiece, UnknownEvent
    from netra_sdk.pages import AsyncPage, Page
    from netra_sdk.recorder import AsyncRecorder, Recorder
    from netra_sdk.runs import Run
    from netra_sdk.types import Advice, Proposal
    from netra_sdk.types import WorkloadEvent as Call

# Read at first use, so that a program pays only for what it needs.
_LAZY = {
    "Advice": "types",
    "AgentResult": "events",
    "AgentUpdate": "events",
    "Answer": "client",
    "AsyncNetra": "async_client",
    "AsyncPage": "pages",
    "AsyncRun": "async_runs",
    "AsyncRecorder": "recorder",
    "Flushed": "_batching",
    "Netra": "client",
    "Page": "pages",
    "Proposal": "types",
    "Recorder": "recorder",
    "Response": "_policy",
    "Run": "runs",
    "RunEvent": "events",
    "RunFault": "events",
    "TextPiece": "events",
    "Tokens": "_tokens",
    "UnknownEvent": "events",
    "call_from_anthropic": "capture",
    "call_from_openai": "capture",
    "prefix_hashes": "capture",
    "prompt_hash": "capture",
}


def __getattr__(name: str) -> Any:
    if name == "Call":
        return import_module("netra_sdk.types").WorkloadEvent
    if name not in _LAZY:
        raise AttributeError(f"module 'netra_sdk' has no attribute {name!r}")
    return getattr(import_module(f"netra_sdk.{_LAZY[name]}"), name)


__version__ = "2.0.0"

__all__ = [
    "Advice",
    "AgentResult",
    "AgentUpdate",
    "AmbiguousRunError",
    "Answer",
    "ApiError",
    "AsyncNetra",
    "AsyncPage",
    "AsyncRecorder",
    "AsyncRun",
    "Call",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "Flushed",
    "ForbiddenError",
    "GoneError",
    "IdempotencyInProgressError",
    "IdempotencyKeyReusedError",
    "InternalError",
    "InvalidRequestError",
    "Netra",
    "NetraError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Page",
    "PayloadTooLargeError",
    "PreconditionFailedError",
    "Proposal",
    "RateLimitedError",
    "Recorder",
    "Response",
    "Run",
    "RunCancelledError",
    "RunEvent",
    "RunFailedError",
    "RunFault",
    "ServerError",
    "SessionLostError",
    "StreamBrokenError",
    "TextPiece",
    "ThreadBusyError",
    "TimedOutError",
    "Tokens",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnknownEvent",
    "UnsupportedMediaTypeError",
    "UpstreamFailedError",
    "ValidationFailedError",
    "WaitTimeoutError",
    "call_from_anthropic",
    "call_from_openai",
    "prefix_hashes",
    "prompt_hash",
]
