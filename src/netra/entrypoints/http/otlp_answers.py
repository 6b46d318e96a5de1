"""Answers of OTLP in the request's own encoding: success, partial success, and `google.rpc.Status`."""

import re
from typing import Final

import msgspec

from netra.domain.telemetry.records import Signal
from netra.domain.telemetry.service import Outcome
from netra.entrypoints.credentials import Headers
from netra.entrypoints.http.admission import JSON, media_type

PROTOBUF: Final = "application/x-protobuf"
_PATH: Final = re.compile(r"^(?:/v2)?/api/(?:workloads/[^/]+/)?otlp/v1/(?:traces|logs|metrics)/?$")
_REJECTED: Final = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}
# google.rpc.Code by HTTP status; others are INTERNAL
_CODES: Final = {400: 3, 401: 16, 403: 7, 404: 5, 413: 11, 415: 3, 422: 3, 429: 8, 503: 14, 504: 4}
_INTERNAL: Final = 13
MESSAGE_MAX: Final = 2_000  # characters of a message; answers stay small


class RpcStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Why an export failed: `google.rpc.Status`."""

    code: int
    message: str


def is_export(path: str) -> bool:
    """Return whether a path takes OTLP.

    >>> is_export("/api/otlp/v1/traces"), is_export("/api/workloads")
    (True, False)
    """
    return _PATH.match(path) is not None


def answer_of(outcome: Outcome, signal: Signal, *, is_json: bool) -> tuple[bytes, str]:
    """Return body and media type of the answer to an export that was taken."""
    message = outcome.message[:MESSAGE_MAX]
    is_whole = not outcome.rejected and not message
    if is_json:
        rejected = {_REJECTED[signal]: str(outcome.rejected)} if outcome.rejected else {}
        partial = None if is_whole else {**rejected, "errorMessage": message}
        return msgspec.json.encode({} if partial is None else {"partialSuccess": partial}), JSON
    return b"" if is_whole else _field(1, _numbered(outcome.rejected, message)), PROTOBUF


def status_of(status: int, message: str, *, is_json: bool) -> tuple[bytes, str]:
    """Return body and media type of a failure."""
    code = _CODES.get(status, _INTERNAL)
    if is_json:
        return msgspec.json.encode(RpcStatus(code=code, message=message[:MESSAGE_MAX])), JSON
    return _numbered(code, message[:MESSAGE_MAX]), PROTOBUF


def is_json_request(headers: Headers) -> bool:
    """Return whether a request came as JSON; protobuf is the usual encoding of OTLP."""
    return media_type(headers, usual=PROTOBUF) == JSON


def _numbered(number: int, text: str) -> bytes:
    """Return a protobuf message with an integer as field 1 and text as field 2, each unless empty."""
    head = b"\x08" + _varint(number) if number else b""
    return head + (_field(2, text.encode(errors="replace")) if text else b"")


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
