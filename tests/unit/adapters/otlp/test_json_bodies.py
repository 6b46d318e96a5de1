"""OTLP/JSON as it is sent: numbers as text, ids in capitals, null and unknown fields."""

import json
from typing import Any

import msgspec
import pytest

from netra.adapters.otlp.json_bodies import logs_of, points_of, spans_of
from netra.domain.telemetry.records import SpanEvent


def attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def traces(span: dict[str, Any], *, scope: str = "lib") -> bytes:
    scopes = [{"scope": {"name": scope, "version": "1", "new": 1}, "spans": [span]}]
    resource = {"attributes": [attribute("service.name", stringValue="app")]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}], "x": {}}).encode()


SPAN: dict[str, Any] = {
    "traceId": "ABCDEF0123456789ABCDEF0123456789",
    "spanId": "ABCDEF0123456789",
    "parentSpanId": None,
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": "1796000000000000000",
    "endTimeUnixNano": 1796000000100000000,
    "attributes": [
        attribute("a", stringValue="x"),
        attribute("b", intValue="7"),
        attribute("c", intValue=8),
        attribute("d", doubleValue=0.5),
        attribute("e", boolValue=False),
        attribute("f", arrayValue={"values": [{"stringValue": "s"}, {"intValue": "nine"}]}),
        attribute("g", kvlistValue={"values": [attribute("h", intValue="-1")]}),
        attribute("i"),
        {"key": "j"},
        attribute("k", doubleValue="Infinity"),
    ],
    "events": [
        {
            "name": "exception",
            "timeUnixNano": "5",
            "attributes": [attribute("exception.type", stringValue="E"), {"key": "exception.type"}],
        },
        {"name": None},
    ],
    "status": {"code": 2, "message": "gone"},
    "droppedAttributesCount": 0,
}


def test_a_span_is_read_whole() -> None:
    (record,) = spans_of(traces(SPAN))
    assert record.attributes == {
        "a": "x",
        "b": 7,
        "c": 8,
        "d": 0.5,
        "e": False,
        "f": ["s", "nine"],
        "g": {"h": -1},
        "i": None,
        "j": None,
        "k": "Infinity",
    }
    assert (record.trace_id, record.span_id, record.parent_id) == (
        "abcdef0123456789abcdef0123456789",
        "abcdef0123456789",
        "",
    )
    assert (record.end_ns - record.start_ns, record.is_failed) == (100_000_000, True)
    assert record.events == (SpanEvent("exception", 5, "E"), SpanEvent("", 0, None))
    assert record.resource == {"service.name": "app"}


@pytest.mark.parametrize(
    "body", [b"{}", b'{"resourceSpans": null}', b'{"resourceSpans": [{}]}', b'{"a": []}']
)
def test_nothing_sent_is_nothing_read(body: bytes) -> None:
    assert [*spans_of(body), *logs_of(body), *points_of(body)] == []


def test_a_scope_or_a_span_may_be_bare() -> None:
    bare = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}, {"spans": null}, {"scope": {}}]}]}'
    (record,) = spans_of(bare)
    assert (record.scope, record.start_ns, record.is_failed) == ("", 0, False)


def test_attributes_of_ignored_scopes_are_not_read() -> None:
    (record,) = spans_of(traces(SPAN, scope="codex_exec"))
    assert record.attributes == {}


def test_nesting_is_bounded() -> None:
    deep: dict[str, Any] = {"stringValue": "end"}
    for _ in range(20):
        deep = {"arrayValue": {"values": [deep]}}
    (record,) = spans_of(traces({**SPAN, "attributes": [{"key": "deep", "value": deep}]}))
    assert str(record.attributes["deep"]).count("[") == 8


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'{"resourceSpans": [{"scopeSpans": [{"spans": "x"}]}]}', b"\xff"]
)
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        list(spans_of(body))


def test_a_log_record_is_read() -> None:
    record = {
        "timeUnixNano": 0,
        "observedTimeUnixNano": "9",
        "eventName": "e",
        "spanId": "AB",
        "traceId": None,
        "body": {"stringValue": "name"},
        "attributes": [attribute("a", intValue=1)],
    }
    sent = {"resourceLogs": [{"scopeLogs": [{"scope": {"name": "s"}, "logRecords": [record, {}]}, {}]}]}
    first, bare = logs_of(json.dumps(sent).encode())
    assert (first.name, first.body, first.end_ns, first.parent_id, first.scope) == ("e", "name", 9, "ab", "s")
    assert first.is_log
    assert (bare.end_ns, bare.body) == (0, "")
    long = {**record, "body": {"stringValue": "x" * 300}, "timeUnixNano": "x"}
    sent["resourceLogs"][0]["scopeLogs"] = [{"logRecords": [long]}]
    assert [(each.body, each.end_ns) for each in logs_of(json.dumps(sent).encode())] == [("", 9)]


def test_counters_of_tokens_are_read_and_others_are_not() -> None:
    points = [
        {
            "asInt": "7",
            "attributes": [attribute("gen_ai.token.type", stringValue="input")],
            "timeUnixNano": "5",
        },
        {"sum": 8.5},
        {"asDouble": "NaN?"},
        {},
    ]
    metrics = [
        {
            "name": "gen_ai.client.token.usage",
            "histogram": {"dataPoints": points, "aggregationTemporality": 1},
        },
        {"name": "http.client.duration", "histogram": {"dataPoints": points}},
        {"name": "claude_code.token.usage", "sum": {}},
        {"name": "claude_code.token.usage", "gauge": {}},
        {"sum": {}},
    ]
    sent = {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}, {}]}, {}]}
    found = list(points_of(json.dumps(sent).encode()))
    assert [point.value for point in found] == [7, 8.5, 0, 0]
    assert (found[0].is_delta, found[0].direction, found[1].direction) == (True, "input", None)
