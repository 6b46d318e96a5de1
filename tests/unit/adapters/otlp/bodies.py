"""Bodies of OTLP requests, in JSON and in protobuf."""

import json
from typing import Any

from netra.adapters.otlp.decoder import OtlpDecoder
from netra.domain.telemetry.metrics import CounterPoint
from netra.domain.telemetry.records import Record, Signal

DECODER = OtlpDecoder()


def attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def traces(*spans: dict[str, Any], scope: str = "lib", service: str = "app") -> dict[str, Any]:
    scopes = [{"scope": {"name": scope, "version": "1"}, "spans": list(spans)}]
    resource = {"attributes": [attribute("service.name", stringValue=service)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}


def as_json(request: dict[str, Any]) -> bytes:
    return json.dumps(request).encode()


def records_of(body: bytes, signal: Signal = Signal.TRACES, *, is_json: bool = True) -> list[Record]:
    blocks = DECODER.decode(body, signal=signal, is_json=is_json)
    return [record for block in blocks for record in block.records()]


def points_of(body: bytes, *, is_json: bool = True) -> list[CounterPoint]:
    blocks = DECODER.decode(body, signal=Signal.METRICS, is_json=is_json)
    return [point for block in blocks for point in block.points()]


def as_protobuf(request: dict[str, Any], signal: Signal = Signal.TRACES) -> bytes:
    """Return a JSON request in protobuf, made by the official messages; ids in hexadecimal."""
    import base64

    from google.protobuf.json_format import Parse

    from netra.adapters.otlp.protobuf_bodies import _request_of

    def with_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: base64.b64encode(bytes.fromhex(item)).decode()
            if key in {"traceId", "spanId", "parentSpanId"} and item
            else with_ids(item)
            for key, item in value.items()
        }

    message = Parse(json.dumps(with_ids(request)), _request_of(signal), ignore_unknown_fields=True)
    encoded: bytes = message.SerializeToString()
    return encoded
