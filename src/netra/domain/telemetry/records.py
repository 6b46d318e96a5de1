"""One span or log record, decoded; the vocabulary of OpenTelemetry without its wire format."""

import enum
from collections.abc import Mapping
from typing import Any

import msgspec

Attributes = Mapping[str, Any]  # Any: text, number, truth value, list or mapping, as it was sent

RATIO_BITS = 56  # bits of the sampling threshold in `tracestate`


class Signal(enum.StrEnum):
    """The kinds of telemetry that an exporter sends."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


class SpanEvent(msgspec.Struct, frozen=True, gc=False):
    """An event within a span; `exception_type` is set for an exception."""

    name: str
    at_ns: int
    exception_type: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A span, or a log record with `is_log`; ids are lower-case hexadecimal, empty where absent.

    A log record stands at one instant: `start_ns` equals `end_ns`, and `span_id` is empty; `parent_id` is
    the span it was written in. Times are nanoseconds since 1970, 0 where unknown.
    """

    name: str
    attributes: Attributes
    resource: Attributes
    scope: str = ""
    version: str = ""
    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    start_ns: int = 0
    end_ns: int = 0
    is_failed: bool = False
    is_log: bool = False
    trace_state: str = ""
    events: tuple[SpanEvent, ...] = ()
    body: str = ""  # of a log record, where it is short text


def adjusted_count(trace_state: str) -> float:
    """Return how many calls a sampled one stands for, by the threshold `th` of `tracestate`; 1 without one.

    >>> adjusted_count("ot=th:e"), adjusted_count("vendor=1"), adjusted_count("ot=th:zz")
    (8.0, 1.0, 1.0)
    """
    for member in trace_state.split(","):
        key, _, value = member.strip().partition("=")
        if key != "ot":
            continue
        for field in value.split(";"):
            name, _, digits = field.partition(":")
            if name == "th" and 1 <= len(digits) <= RATIO_BITS // 4:
                return _ratio(digits)
    return 1.0


def _ratio(digits: str) -> float:
    try:
        threshold = int(digits.ljust(RATIO_BITS // 4, "0"), 16)
    except ValueError:
        return 1.0
    return 1 / (1 - threshold / (1 << RATIO_BITS))
