"""OTLP in protobuf: the same records as in JSON."""

from typing import Any

import pytest
from tests.unit.adapters.otlp.bodies import (
    DECODER,
    as_json,
    as_protobuf,
    attribute,
    points_of,
    records_of,
    traces,
)

from netra.adapters.otlp.decoder import OtlpDecoder
from netra.domain.errors import InvalidRequest, PayloadTooLarge
from netra.domain.telemetry.records import Signal

pytest.importorskip("opentelemetry.proto")

SPAN: dict[str, Any] = {
    "traceId": "ab" * 16,
    "spanId": "cd" * 8,
    "parentSpanId": "ef" * 8,
    "name": "chat",
    "traceState": "ot=th:8",
    "startTimeUnixNano": "1796000000000000000",
    "endTimeUnixNano": "1796000000100000000",
    "attributes": [
        attribute("a", stringValue="x"),
        attribute("b", intValue="7"),
        attribute("c", doubleValue=0.5),
        attribute("d", boolValue=True),
        attribute("e", arrayValue={"values": [{"stringValue": "s"}]}),
        attribute("f", kvlistValue={"values": [attribute("g", intValue="-1")]}),
        attribute("h"),
    ],
    "events": [
        {
            "name": "exception",
            "timeUnixNano": "5",
            "attributes": [attribute("exception.type", stringValue="E")],
        },
        {"name": "other", "attributes": [attribute("x", intValue="1")]},
    ],
    "status": {"code": 2},
}
LOG: dict[str, Any] = {
    "timeUnixNano": "0",
    "observedTimeUnixNano": "9",
    "eventName": "e",
    "traceId": "ab" * 16,
    "spanId": "cd" * 8,
    "body": {"stringValue": "name"},
    "attributes": [attribute("a", intValue="1")],
}


def logs(*records: dict[str, Any]) -> dict[str, Any]:
    return {"resourceLogs": [{"scopeLogs": [{"scope": {"name": "s"}, "logRecords": list(records)}]}]}


def metrics(*each: dict[str, Any]) -> dict[str, Any]:
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": list(each)}]}]}


def test_spans_are_the_same_in_both_encodings() -> None:
    request = traces(SPAN)
    assert records_of(as_protobuf(request), is_json=False) == records_of(as_json(request))


def test_attributes_of_ignored_scopes_are_not_read() -> None:
    (record,) = records_of(as_protobuf(traces(SPAN, scope="codex_exec")), is_json=False)
    assert record.attributes == {}


def test_log_records_are_the_same_in_both_encodings() -> None:
    request = logs(LOG, {**LOG, "traceId": "", "body": {"stringValue": "x" * 300}})
    body = as_protobuf(request, Signal.LOGS)
    assert records_of(body, Signal.LOGS, is_json=False) == records_of(as_json(request), Signal.LOGS)


def test_counters_are_the_same_in_both_encodings() -> None:
    point = {"asInt": "7", "attributes": [attribute("type", stringValue="input")], "timeUnixNano": "5"}
    request = metrics(
        {"name": "claude_code.token.usage", "sum": {"dataPoints": [point], "aggregationTemporality": 1}},
        {
            "name": "gen_ai.client.token.usage",
            "histogram": {"dataPoints": [{"sum": 8.5, "timeUnixNano": "1"}]},
        },
        {"name": "gen_ai.client.token.usage", "gauge": {"dataPoints": [point]}},
        {"name": "other", "sum": {"dataPoints": [point]}},
    )
    found = points_of(as_protobuf(request, Signal.METRICS), is_json=False)
    assert found == points_of(as_json(request))
    assert [point.value for point in found] == [7, 8.5]


def test_nesting_is_bounded() -> None:
    deep: dict[str, Any] = {"stringValue": "end"}
    for _ in range(20):
        deep = {"arrayValue": {"values": [deep]}}
    body = as_protobuf(traces({**SPAN, "attributes": [{"key": "deep", "value": deep}]}))
    (record,) = records_of(body, is_json=False)
    assert str(record.attributes["deep"]).count("[") == 8


def test_a_block_has_only_what_its_signal_has() -> None:
    (block,) = DECODER.decode(as_protobuf(traces(SPAN)), signal=Signal.TRACES, is_json=False)
    assert (len(block), list(block.points())) == (1, [])
    (block,) = DECODER.decode(as_protobuf(logs(LOG), Signal.LOGS), signal=Signal.LOGS, is_json=False)
    assert len(block) == 1
    body = as_protobuf(metrics({"name": "x"}), Signal.METRICS)
    (block,) = DECODER.decode(body, signal=Signal.METRICS, is_json=False)
    assert (len(block), list(block.records())) == (1, [])


@pytest.mark.parametrize("body", [b"\xff", b"{}", b"\x0a\x05ab"])
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no protobuf export of traces"):
        records_of(body, is_json=False)


def test_other_signals_than_the_paths_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="were logs or metrics sent to /v1/traces"):
        records_of(as_protobuf(logs({"timeUnixNano": "5"}), Signal.LOGS), is_json=False)
    with pytest.raises(InvalidRequest, match="were traces sent to /v1/logs"):
        records_of(as_protobuf(traces({"attributes": [attribute("a")]})), Signal.LOGS, is_json=False)


def test_nothing_sent_is_nothing_read() -> None:
    assert records_of(b"", is_json=False) == []


def test_the_records_of_a_request_are_bounded() -> None:
    with pytest.raises(PayloadTooLarge, match="The request has 2 records; at most 1 go in one"):
        OtlpDecoder(records_max=1).decode(as_json(traces(SPAN, SPAN)), signal=Signal.TRACES, is_json=True)
