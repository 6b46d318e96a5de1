"""OTLP/JSON as records: 64-bit integers as numbers or text, ids in either case, unknown fields ignored."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from netra.adapters.otlp.json_messages import (
    Event,
    Log,
    LogsRequest,
    MetricsRequest,
    Pair,
    Pairs,
    Point,
    Resource,
    Span,
    TracesRequest,
    Value,
    Whole,
)
from netra.domain.telemetry.dialects import IGNORED_SCOPES
from netra.domain.telemetry.metrics import CounterPoint, is_usage_metric
from netra.domain.telemetry.records import Attributes, Record, SpanEvent

_ERROR: Final = (2, "2", "STATUS_CODE_ERROR")
_DELTA: Final = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
_LEVELS_MAX: Final = 8  # nested lists and objects of one value that are read
_BODY_TEXT_MAX: Final = 256  # characters of a log record's body that may be an event's name
_NS_MAX: Final = 2**63 - 1
_TRACES: Final = msgspec.json.Decoder(TracesRequest)
_LOGS: Final = msgspec.json.Decoder(LogsRequest)
_METRICS: Final = msgspec.json.Decoder(MetricsRequest)


def spans_of(body: bytes) -> Iterator[Record]:
    """Yield the spans of an export request. Raises `msgspec.DecodeError` or `RecursionError`."""
    for resource in _TRACES.decode(body).resource_spans or ():
        about = _attributes_of(resource.resource)
        for scope in resource.scope_spans or ():
            name, version = (scope.scope.name or "", scope.scope.version or "") if scope.scope else ("", "")
            for span in scope.spans or ():
                yield _span(span, about, name, version)


def logs_of(body: bytes) -> Iterator[Record]:
    """Yield the log records of an export request. Raises `msgspec.DecodeError` or `RecursionError`."""
    for resource in _LOGS.decode(body).resource_logs or ():
        about = _attributes_of(resource.resource)
        for scope in resource.scope_logs or ():
            name, version = (scope.scope.name or "", scope.scope.version or "") if scope.scope else ("", "")
            for log in scope.log_records or ():
                yield _log(log, about, name, version)


def points_of(body: bytes) -> Iterator[CounterPoint]:
    """Yield the data points of counters of tokens. Raises `msgspec.DecodeError` or `RecursionError`."""
    for resource in _METRICS.decode(body).resource_metrics or ():
        about = _attributes_of(resource.resource)
        for scope in resource.scope_metrics or ():
            for metric in scope.metrics or ():
                data = metric.sum or metric.histogram
                if data is None or not is_usage_metric(metric.name or ""):
                    continue
                for point in data.data_points or ():
                    yield CounterPoint(
                        metric=metric.name or "",
                        attributes=_mapping(point.attributes),
                        resource=about,
                        start_ns=_ns(point.start_time_unix_nano),
                        at_ns=_ns(point.time_unix_nano),
                        value=_number(point),
                        is_delta=data.aggregation_temporality in _DELTA,
                    )


def _number(point: Point) -> float:
    for value in (point.as_double, point.as_int, point.sum):
        if value is not None:
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 0.0


def _attributes_of(resource: Resource | None) -> Attributes:
    return {} if resource is None else _mapping(resource.attributes)


def _span(span: Span, resource: Attributes, scope: str, version: str) -> Record:
    return Record(
        name=span.name or "",
        attributes={} if scope in IGNORED_SCOPES else _mapping(span.attributes),
        resource=resource,
        scope=scope,
        version=version,
        trace_id=(span.trace_id or "").lower(),
        span_id=(span.span_id or "").lower(),
        parent_id=(span.parent_span_id or "").lower(),
        start_ns=_ns(span.start_time_unix_nano),
        end_ns=_ns(span.end_time_unix_nano),
        is_failed=span.status is not None and span.status.code in _ERROR,
        trace_state=span.trace_state or "",
        events=tuple(_event(event) for event in span.events) if span.events else (),
    )


def _log(log: Log, resource: Attributes, scope: str, version: str) -> Record:
    at_ns = _ns(log.time_unix_nano) or _ns(log.observed_time_unix_nano)
    text = log.body.string_value if log.body is not None else None
    return Record(
        name=log.event_name or "",
        attributes=_mapping(log.attributes),
        resource=resource,
        scope=scope,
        version=version,
        trace_id=(log.trace_id or "").lower(),
        parent_id=(log.span_id or "").lower(),
        start_ns=at_ns,
        end_ns=at_ns,
        is_log=True,
        body=text if text is not None and len(text) <= _BODY_TEXT_MAX else "",
    )


def _event(event: Event) -> SpanEvent:
    kind = None
    for pair in event.attributes or ():
        if pair.key == "exception.type" and pair.value is not None:
            kind = pair.value.string_value
    return SpanEvent(name=event.name or "", at_ns=_ns(event.time_unix_nano), exception_type=kind)


def _mapping(pairs: Sequence[Pair] | None) -> dict[str, Any]:
    return {pair.key or "": _value(pair.value, _LEVELS_MAX) for pair in pairs} if pairs else {}


def _value(value: Value | None, levels: int) -> Any:  # Any: whatever an attribute can be
    if value is None:
        return None
    if isinstance(value.int_value, str):
        return _whole(value.int_value)
    for plain in (value.string_value, value.int_value, value.double_value, value.bool_value):
        if plain is not None:
            return plain
    return _nested(value, levels - 1) if levels else None


def _nested(value: Value, levels: int) -> Any:  # Any: a list or a mapping
    if value.array_value is not None:
        return [_value(item, levels) for item in value.array_value.values or ()]
    return None if value.kvlist_value is None else _pairs(value.kvlist_value, levels)


def _pairs(pairs: Pairs, levels: int) -> dict[str, Any]:
    return {pair.key or "": _value(pair.value, levels) for pair in pairs.values or ()}


def _whole(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() else text


def _ns(value: Whole | None) -> int:
    """Return a time in nanoseconds, or 0 (unknown) if it is not a time."""
    if isinstance(value, str):
        value = int(value) if len(value) <= 20 and value.isascii() and value.isdigit() else 0
    return value if value is not None and 0 <= value <= _NS_MAX else 0
