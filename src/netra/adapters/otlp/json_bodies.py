"""OTLP/JSON as records: 64-bit integers as numbers or text, ids in either case, unknown fields ignored."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec

from netra.adapters.otlp.json_messages import (
    ABSENT,
    AnyRequest,
    Event,
    Log,
    LogsRequest,
    Metric,
    MetricsRequest,
    Pair,
    Pairs,
    Point,
    Resource,
    ResourceLogs,
    ResourceMetrics,
    ResourceSpans,
    Scope,
    ScopeLogs,
    ScopeMetrics,
    ScopeSpans,
    Span,
    TracesRequest,
    Value,
    Whole,
)
from netra.domain.errors import InvalidRequest
from netra.domain.telemetry.dialects import IGNORED_SCOPES
from netra.domain.telemetry.metrics import CounterPoint, is_usage_metric
from netra.domain.telemetry.records import Attributes, Record, Signal, SpanEvent

_ERROR: Final = (2, "2", "STATUS_CODE_ERROR")
_DELTA: Final = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
_LEVELS_MAX: Final = 8  # nested lists and objects of one value that are read
_BODY_TEXT_MAX: Final = 256  # characters of a log record's body that may be an event's name
_NS_MAX: Final = 2**63 - 1
T = TypeVar("T")
_TRACES: Final = msgspec.json.Decoder(TracesRequest)
_LOGS: Final = msgspec.json.Decoder(LogsRequest)
_METRICS: Final = msgspec.json.Decoder(MetricsRequest)
_SPAN: Final = msgspec.json.Decoder(Span)
_LOG: Final = msgspec.json.Decoder(Log)
_METRIC: Final = msgspec.json.Decoder(Metric)

_FIELDS: Final = {
    Signal.TRACES: "resource_spans",
    Signal.LOGS: "resource_logs",
    Signal.METRICS: "resource_metrics",
}

AnyResource = ResourceSpans | ResourceLogs | ResourceMetrics
AnyScope = ScopeSpans | ScopeLogs | ScopeMetrics


def json_resources_of(body: bytes, signal: Signal) -> Sequence[AnyResource]:
    """Return the resources of an export request.

    Raises `msgspec.DecodeError`, `UnicodeDecodeError` or `RecursionError` for what is no such request.
    """
    request = _request_of(body, signal)
    found: Sequence[AnyResource] | None = getattr(request, _FIELDS[signal])
    strays = [
        each for each, name in _FIELDS.items() if each is not signal and getattr(request, name) != ABSENT
    ]
    if found is None and strays:  # it was sent to the wrong path
        sent = strays[0].value
        raise msgspec.ValidationError(f"it holds {sent}, which go to /v1/{sent}, not to /v1/{signal.value}")
    return found or ()


def _request_of(body: bytes, signal: Signal) -> AnyRequest:
    if signal is Signal.TRACES:
        return _TRACES.decode(body)
    return _LOGS.decode(body) if signal is Signal.LOGS else _METRICS.decode(body)


def spans_of(body: bytes) -> Iterator[Record]:
    """Yield the spans in a request, which may hold log records too.

    Raises `msgspec.DecodeError`, `UnicodeDecodeError` or `RecursionError`; `InvalidRequest` for one span.
    """
    for resource in _TRACES.decode(body).resource_spans or ():
        yield from JsonBlock(resource, Signal.TRACES).records()


def logs_of(body: bytes) -> Iterator[Record]:
    """Yield the log records in a request, which may hold spans too; raises as `spans_of` does."""
    for resource in _LOGS.decode(body).resource_logs or ():
        yield from JsonBlock(resource, Signal.LOGS).records()


class JsonBlock:
    """The telemetry of one sender in a JSON request."""

    def __init__(self, resource: AnyResource, signal: Signal) -> None:
        self._scopes: Sequence[AnyScope] = _scopes_of(resource)
        self._signal = signal
        self.resource: Attributes = _attributes_of(resource.resource)

    def __len__(self) -> int:
        return sum(len(_raws_of(scope)) for scope in self._scopes)

    def records(self) -> Iterator[Record]:
        """Yield the spans or log records. Raises `InvalidRequest`."""
        for scope in self._scopes:
            name, version = _named(scope.scope)
            for raw in _raws_of(scope):
                if self._signal is Signal.TRACES:
                    yield _span(_decoded(_SPAN, raw), self.resource, name, version)
                elif self._signal is Signal.LOGS:
                    yield _log(_decoded(_LOG, raw), self.resource, name, version)

    def points(self) -> Iterator[CounterPoint]:
        """Yield the data points of counters of tokens. Raises `InvalidRequest`."""
        if self._signal is not Signal.METRICS:
            return
        for scope in self._scopes:
            for raw in _raws_of(scope):
                yield from _points(_decoded(_METRIC, raw), self.resource)


def _decoded(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw) -> T:
    try:
        return decoder.decode(raw)
    except RecursionError as error:
        raise InvalidRequest("A record is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"A record cannot be decoded: {error}.") from error


def _scopes_of(resource: AnyResource) -> Sequence[AnyScope]:
    if isinstance(resource, ResourceSpans):
        return resource.scope_spans or ()
    return (resource.scope_logs if isinstance(resource, ResourceLogs) else resource.scope_metrics) or ()


def _raws_of(scope: AnyScope) -> Sequence[msgspec.Raw]:
    if isinstance(scope, ScopeSpans):
        return scope.spans or ()
    return (scope.log_records if isinstance(scope, ScopeLogs) else scope.metrics) or ()


def _named(scope: Scope | None) -> tuple[str, str]:
    return ("", "") if scope is None else (scope.name or "", scope.version or "")


def _points(metric: Metric, resource: Attributes) -> Iterator[CounterPoint]:
    data = metric.sum or metric.histogram
    if data is None or not is_usage_metric(metric.name or ""):
        return
    for point in data.data_points or ():
        yield CounterPoint(
            metric=metric.name or "",
            attributes=_mapping(point.attributes),
            resource=resource,
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
