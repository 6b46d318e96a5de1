"""The messages of OTLP/JSON, with the fields that are read; each may be missing or null.

Spans, log records and metrics stay undecoded until they are read one by one: memory then grows with the body
and not with what it holds.
"""

from typing import Final

import msgspec

ABSENT: Final = msgspec.Raw()  # of a field that is not there

Whole = int | str  # a 64-bit integer; the specification writes it as text, some emitters as a number


class Value(msgspec.Struct, rename="camel", gc=False):
    """A value of an attribute: one of these fields."""

    string_value: str | None = None
    int_value: Whole | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: "Values | None" = None
    kvlist_value: "Pairs | None" = None


class Values(msgspec.Struct):
    """A list of values."""

    values: list[Value] | None = None


class Pair(msgspec.Struct, gc=False):
    """An attribute."""

    key: str | None = None
    value: Value | None = None


class Pairs(msgspec.Struct):
    """A list of attributes as a value."""

    values: list[Pair] | None = None


class Resource(msgspec.Struct):
    """What sent the telemetry."""

    attributes: list[Pair] | None = None


class Scope(msgspec.Struct):
    """The library that made the telemetry."""

    name: str | None = None
    version: str | None = None


class Status(msgspec.Struct):
    """The outcome of a span."""

    code: int | str | None = None


class Event(msgspec.Struct, rename="camel"):
    """An event within a span."""

    name: str | None = None
    time_unix_nano: Whole | None = None
    attributes: list[Pair] | None = None


class Span(msgspec.Struct, rename="camel"):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    start_time_unix_nano: Whole | None = None
    end_time_unix_nano: Whole | None = None
    attributes: list[Pair] | None = None
    events: list[Event] | None = None
    status: Status | None = None


class Log(msgspec.Struct, rename="camel"):
    """A log record."""

    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None
    time_unix_nano: Whole | None = None
    observed_time_unix_nano: Whole | None = None
    attributes: list[Pair] | None = None
    body: Value | None = None


class Point(msgspec.Struct, rename="camel"):
    """A data point of a counter or of a histogram."""

    attributes: list[Pair] | None = None
    start_time_unix_nano: Whole | None = None
    time_unix_nano: Whole | None = None
    as_double: float | str | None = None
    as_int: Whole | None = None
    sum: float | str | None = None


class Points(msgspec.Struct, rename="camel"):
    """The data points of one metric."""

    data_points: list[Point] | None = None
    aggregation_temporality: int | str | None = None


class Metric(msgspec.Struct):
    """A metric; other kinds than counters and histograms are not read."""

    name: str | None = None
    sum: Points | None = None
    histogram: Points | None = None


class ScopeSpans(msgspec.Struct):
    """The spans of one library."""

    scope: Scope | None = None
    spans: list[msgspec.Raw] | None = None


class ScopeLogs(msgspec.Struct, rename="camel"):
    """The log records of one library."""

    scope: Scope | None = None
    log_records: list[msgspec.Raw] | None = None


class ScopeMetrics(msgspec.Struct):
    """The metrics of one library."""

    scope: Scope | None = None
    metrics: list[msgspec.Raw] | None = None


class ResourceSpans(msgspec.Struct, rename="camel"):
    """The spans of one sender."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class ResourceLogs(msgspec.Struct, rename="camel"):
    """The log records of one sender."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None


class ResourceMetrics(msgspec.Struct, rename="camel"):
    """The metrics of one sender."""

    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] | None = None


class TracesRequest(msgspec.Struct, rename="camel"):
    """An export of traces."""

    resource_spans: list[ResourceSpans] | None = None
    resource_logs: msgspec.Raw = ABSENT
    resource_metrics: msgspec.Raw = ABSENT


class LogsRequest(msgspec.Struct, rename="camel"):
    """An export of logs."""

    resource_logs: list[ResourceLogs] | None = None
    resource_spans: msgspec.Raw = ABSENT
    resource_metrics: msgspec.Raw = ABSENT


class MetricsRequest(msgspec.Struct, rename="camel"):
    """An export of metrics."""

    resource_metrics: list[ResourceMetrics] | None = None
    resource_spans: msgspec.Raw = ABSENT
    resource_logs: msgspec.Raw = ABSENT


AnyRequest = TracesRequest | LogsRequest | MetricsRequest
