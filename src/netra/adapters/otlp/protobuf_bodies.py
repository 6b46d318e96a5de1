"""OTLP in protobuf as records, decoded by the official messages on protobuf's C implementation.

The messages are imported when the first body comes: it takes a tenth of a second, which no start should pay.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from netra.domain.errors import InvalidRequest
from netra.domain.telemetry.dialects import IGNORED_SCOPES
from netra.domain.telemetry.metrics import CounterPoint, is_usage_metric
from netra.domain.telemetry.records import Attributes, Record, Signal, SpanEvent

Message = Any  # a generated message, whose attributes exist at run time only

_SPAN_ID_BYTES: Final = 8
_TRACE_ID_BYTES: Final = 16
_ERROR: Final = 2
_DELTA: Final = 1
_LEVELS_MAX: Final = 8  # nested lists and mappings of one value that are read
_BODY_TEXT_MAX: Final = 256  # characters of a log record's body that may be an event's name
_PLAIN: Final = frozenset(("string_value", "int_value", "double_value", "bool_value"))
_NO_ATTRIBUTES: Final[Attributes] = {}


def resources_of(body: bytes, signal: Signal) -> Sequence[Message]:
    """Return the resources of an export request. Raises `ValueError` for what is no such message."""
    from google.protobuf.message import DecodeError  # slow to import

    request = _request_of(signal)
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    resources: Sequence[Message] = getattr(request, f"resource_{_NAMES[signal]}")
    return resources


_NAMES: Final = {Signal.TRACES: "spans", Signal.LOGS: "logs", Signal.METRICS: "metrics"}


def _request_of(signal: Signal) -> Message:
    if signal is Signal.TRACES:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return ExportTraceServiceRequest()
    if signal is Signal.LOGS:
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

        return ExportLogsServiceRequest()
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    return ExportMetricsServiceRequest()


class ProtobufBlock:
    """The telemetry of one sender in a protobuf request."""

    def __init__(self, resource: Message, signal: Signal) -> None:
        self._resource = resource
        self._signal = signal
        self.resource: Attributes = mapping_of(resource.resource.attributes)

    def __len__(self) -> int:
        if self._signal is Signal.TRACES:
            return sum(len(scope.spans) for scope in self._resource.scope_spans)
        if self._signal is Signal.LOGS:
            return sum(len(scope.log_records) for scope in self._resource.scope_logs)
        return sum(len(scope.metrics) for scope in self._resource.scope_metrics)

    def records(self) -> Iterator[Record]:
        """Yield the spans or log records."""
        if self._signal is Signal.TRACES:
            for scope in self._resource.scope_spans:
                yield from _spans(scope, self.resource)
        elif self._signal is Signal.LOGS:
            for scope in self._resource.scope_logs:
                for log in scope.log_records:
                    yield _log(log, self.resource, scope.scope.name, scope.scope.version)

    def points(self) -> Iterator[CounterPoint]:
        """Yield the data points of counters of tokens."""
        if self._signal is not Signal.METRICS:
            return
        for scope in self._resource.scope_metrics:
            for metric in scope.metrics:
                if is_usage_metric(metric.name):
                    yield from _points(metric, self.resource)


def _spans(scope: Message, resource: Attributes) -> Iterator[Record]:
    name, version = scope.scope.name, scope.scope.version
    is_ignored = name in IGNORED_SCOPES
    for span in scope.spans:
        if len(span.span_id) != _SPAN_ID_BYTES:  # other signals parse too, as spans without ids
            raise InvalidRequest("A span has no id of 8 bytes; were logs or metrics sent to /v1/traces?")
        yield Record(
            name=span.name,
            attributes=_NO_ATTRIBUTES if is_ignored else mapping_of(span.attributes),
            resource=resource,
            scope=name,
            version=version,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            is_failed=span.status.code == _ERROR,
            trace_state=span.trace_state,
            events=tuple(_event(event) for event in span.events) if span.events else (),
        )


def _log(log: Message, resource: Attributes, scope: str, version: str) -> Record:
    if len(log.trace_id) not in {0, _TRACE_ID_BYTES}:
        raise InvalidRequest("A log record has a trace id that is none; were traces sent to /v1/logs?")
    at_ns = log.time_unix_nano or log.observed_time_unix_nano
    text = log.body.string_value
    return Record(
        name=log.event_name,
        attributes=mapping_of(log.attributes),
        resource=resource,
        scope=scope,
        version=version,
        trace_id=log.trace_id.hex(),
        parent_id=log.span_id.hex(),
        start_ns=at_ns,
        end_ns=at_ns,
        is_log=True,
        body=text if len(text) <= _BODY_TEXT_MAX else "",
    )


def _event(event: Message) -> SpanEvent:
    kind = None
    for pair in event.attributes:
        if pair.key == "exception.type":
            kind = pair.value.string_value
    return SpanEvent(name=event.name, at_ns=event.time_unix_nano, exception_type=kind)


def _points(metric: Message, resource: Attributes) -> Iterator[CounterPoint]:
    kind = metric.WhichOneof("data")
    if kind not in {"sum", "histogram"}:
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        value = point.sum if kind == "histogram" else getattr(point, point.WhichOneof("value") or "as_int")
        yield CounterPoint(
            metric=metric.name,
            attributes=mapping_of(point.attributes),
            resource=resource,
            start_ns=point.start_time_unix_nano,
            at_ns=point.time_unix_nano,
            value=float(value),
            is_delta=data.aggregation_temporality == _DELTA,
        )


def mapping_of(pairs: Iterable[Message]) -> dict[str, Any]:
    """Return attributes as a mapping."""
    found: dict[str, Any] = {}
    for pair in pairs:  # the receiver's innermost loop: a call a value would cost a quarter
        value = pair.value
        if text := value.string_value:  # as most are
            found[pair.key] = text
            continue
        kind = value.WhichOneof("value")
        found[pair.key] = getattr(value, kind) if kind in _PLAIN else _value(value, _LEVELS_MAX)
    return found


def _value(value: Message, levels: int) -> Any:  # Any: whatever an attribute can be
    kind = value.WhichOneof("value")
    if kind is None or levels == 0:
        return None
    if kind == "array_value":
        return [_value(item, levels - 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, levels - 1) for pair in value.kvlist_value.values}
    return getattr(value, kind)
