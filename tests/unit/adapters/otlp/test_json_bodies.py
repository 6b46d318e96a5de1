"""OTLP/JSON as it is sent: numbers as text, ids in capitals, null and unknown fields."""

from typing import Any

import pytest
from tests.unit.adapters.otlp.bodies import DECODER, as_json, attribute, points_of, records_of, traces

from netra.domain.errors import InvalidRequest
from netra.domain.telemetry.records import Signal, SpanEvent

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
    (record,) = records_of(as_json({**traces(SPAN), "x": {}}))
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


@pytest.mark.parametrize("body", [b"{}", b'{"resourceSpans": null}', b'{"a": []}'])
def test_nothing_sent_is_nothing_read(body: bytes) -> None:
    assert records_of(body) == []
    assert [*records_of(b"{}", Signal.LOGS), *points_of(b"{}")] == []


def test_a_scope_or_a_span_may_be_bare() -> None:
    bare = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}, {"spans": null}, {"scope": {}}]}]}'
    (record,) = records_of(bare)
    assert (record.scope, record.start_ns, record.is_failed) == ("", 0, False)


def test_attributes_of_ignored_scopes_are_not_read() -> None:
    (record,) = records_of(as_json(traces(SPAN, scope="codex_exec")))
    assert record.attributes == {}


def test_nesting_is_bounded() -> None:
    deep: dict[str, Any] = {"stringValue": "end"}
    for _ in range(20):
        deep = {"arrayValue": {"values": [deep]}}
    (record,) = records_of(as_json(traces({**SPAN, "attributes": [{"key": "deep", "value": deep}]})))
    assert str(record.attributes["deep"]).count("[") == 8


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'{"resourceSpans": [{"scopeSpans": [{"spans": "x"}]}]}', b"\xff"]
)
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        records_of(body)


def test_other_signals_than_the_paths_are_refused_by_name() -> None:
    with pytest.raises(InvalidRequest, match="it holds logs, which go to /v1/logs, not to /v1/traces"):
        records_of(b'{"resourceLogs": []}')
    assert records_of(b'{"resourceSpans": [], "resourceLogs": []}') == []


@pytest.mark.parametrize("place", ["outside", "within a record"])
def test_deep_nesting_is_refused(place: str) -> None:
    deep = b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000
    if place == "within a record":
        deep = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"x": ' + deep + b"}]}]}]}"
    with pytest.raises(InvalidRequest):
        records_of(deep)


def test_a_block_has_only_what_its_signal_has() -> None:
    (block,) = DECODER.decode(as_json(traces(SPAN)), signal=Signal.TRACES, is_json=True)
    assert (len(block), list(block.points()), block.resource) == (1, [], {"service.name": "app"})
    metrics = b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "x"}]}]}]}'
    (counters,) = DECODER.decode(metrics, signal=Signal.METRICS, is_json=True)
    assert (len(counters), list(counters.records())) == (1, [])


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
    first, bare = records_of(as_json(sent), Signal.LOGS)
    assert (first.name, first.body, first.end_ns, first.parent_id, first.scope) == ("e", "name", 9, "ab", "s")
    assert first.is_log
    assert (bare.end_ns, bare.body) == (0, "")
    long = {**record, "body": {"stringValue": "x" * 300}, "timeUnixNano": "x"}
    sent["resourceLogs"][0]["scopeLogs"] = [{"logRecords": [long]}]
    assert [(each.body, each.end_ns) for each in records_of(as_json(sent), Signal.LOGS)] == [("", 9)]


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
    found = points_of(as_json(sent))
    assert [point.value for point in found] == [7, 8.5, 0, 0]
    assert (found[0].is_delta, found[0].direction, found[1].direction) == (True, "input", None)
