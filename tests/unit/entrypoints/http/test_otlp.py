"""Telemetry over HTTP: from an export request to events, with OTLP's own answers."""

import gzip
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from tests.conftest import SteppedClock
from tests.unit.adapters.otlp.bodies import as_json, as_protobuf, attribute, traces

from netra.adapters.local.intake_meter import LocalIntakeMeter
from netra.bootstrap.one_process import tokens_of
from netra.domain.paging import PageRequest
from netra.domain.telemetry.settling import QUIET_S
from netra.domain.users.model import KeyScope
from netra.domain.workloads.columns import Events
from netra.entrypoints.http.inflating import inflated

from .conftest import SETTINGS, House, opened

TRACES, JSON, PROTOBUF = "/api/otlp/v1/traces", "application/json", "application/x-protobuf"
BOMB = gzip.compress(b"\0" * 80_000_000)
START_NS = 1_796_000_000_000_000_000
MODEL = [
    attribute("gen_ai.operation.name", stringValue="chat"),
    attribute("gen_ai.request.model", stringValue="gpt-4o"),
    attribute("gen_ai.input.messages", stringValue='[{"role":"user","parts":[{"content":"In Oslo?"}]}]'),
]
USAGE = [
    attribute("gen_ai.usage.input_tokens", intValue="1200"),
    attribute("gen_ai.usage.output_tokens", intValue="300"),
]


def span(number: int = 1, *, attributes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "traceId": "ab" * 16,
        "spanId": f"{number:016x}",
        "name": "chat gpt-4o",
        "startTimeUnixNano": str(START_NS + number * 1_000_000_000),
        "endTimeUnixNano": str(START_NS + number * 1_000_000_000 + 100_000_000),
        "attributes": [*MODEL, *USAGE] if attributes is None else attributes,
    }


class Receiver:
    """An open application with a clock that the test moves."""

    def __init__(self, house: House, clock: SteppedClock) -> None:
        self.house = house
        self.clock = clock

    async def send(
        self,
        body: bytes,
        *,
        path: str = TRACES,
        kind: str = JSON,
        **headers: str,
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.house.client.post(path, content=body, headers={"content-type": kind, **named})

    async def settled(self) -> None:
        """Let every trace become quiet, and settle what is due."""
        await self.clock.step(QUIET_S + 1)
        while await self.house.services.telemetry_settler().settle_one():
            pass

    async def workloads(self) -> dict[str, int]:
        found = (await self.house.client.get("/api/workloads")).json()["data"]
        return {each["name"]: each["event_count"] for each in found}

    async def log(self) -> Events:
        """Return the events of the only workload."""
        ports = self.house.services.ports()
        owner_id = self.house.principal.user_id
        (workload,) = (await ports.workloads.page(owner_id=owner_id, request=PageRequest())).items
        return await ports.event_log.read(workload.id, owner_id=owner_id)


@asynccontextmanager
async def receiving(**settings: Any) -> AsyncGenerator[Receiver]:
    clock = SteppedClock()
    changed = msgspec.structs.replace(SETTINGS, **settings)
    assert changed.secret is not None
    plugs = {
        "clock": clock,
        "tokens": tokens_of(changed, changed.secret, clock),
        "intake_meter": LocalIntakeMeter(changed.intake_limits, clock=clock),
    }
    async with opened(changed, **plugs) as house:
        yield Receiver(house, clock)


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as opened_receiver:
        yield opened_receiver


async def test_spans_become_events_of_the_services_workload(receiver: Receiver) -> None:
    answer = await receiver.send(as_json(traces(span(1), span(2), service="bot")))
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (
        200,
        {},
        JSON,
    )
    assert await receiver.workloads() == {"bot": 0}
    await receiver.settled()
    assert await receiver.workloads() == {"bot": 2}


async def test_the_same_export_again_adds_nothing(receiver: Receiver) -> None:
    body = as_json(traces(span(1), service="bot"))
    for _ in range(2):
        await receiver.send(body)
        await receiver.send(body)
        await receiver.settled()
    assert await receiver.workloads() == {"bot": 1}


async def test_protobuf_is_answered_in_protobuf(receiver: Receiver) -> None:
    pytest.importorskip("opentelemetry.proto")
    body = as_protobuf(traces(span(1), service="bot"))
    answer = await receiver.send(body, kind=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == PROTOBUF
    squeezed = await receiver.send(gzip.compress(body), kind=PROTOBUF, content_encoding="gzip")
    assert squeezed.status_code == 200
    await receiver.settled()
    assert await receiver.workloads() == {"bot": 1}


async def test_compressed_json_and_an_empty_request_are_taken(receiver: Receiver) -> None:
    body = gzip.compress(as_json(traces(span(1), service="bot")))
    assert (await receiver.send(body, content_encoding="gzip")).status_code == 200
    assert (await receiver.send(b"{}")).json() == {}
    assert (await receiver.send(b"", kind=PROTOBUF)).status_code == 200
    await receiver.settled()
    assert await receiver.workloads() == {"bot": 1}


async def test_a_header_or_the_path_chooses_the_workload(receiver: Receiver) -> None:
    made = (await receiver.house.client.post("/api/workloads", json={"name": "mine"})).json()
    await receiver.send(as_json(traces(span(1))), x_netra_workload="mine")
    await receiver.send(as_json(traces(span(2))), x_netra_workload=made["id"])
    await receiver.send(as_json(traces(span(3))), path=f"/api/workloads/{made['id']}/otlp/v1/traces")
    await receiver.settled()
    assert await receiver.workloads() == {"mine": 3}
    missing = await receiver.send(as_json(traces(span(1))), path="/api/workloads/wl-none/otlp/v1/traces")
    assert (missing.status_code, missing.json()["code"]) == (404, 5)


async def test_a_service_without_a_name_is_rejected_with_the_way_out(receiver: Receiver) -> None:
    body = as_json(traces(span(1), span(2), service="unknown_service:python"))
    partial = (await receiver.send(body)).json()["partialSuccess"]
    assert partial["rejectedSpans"] == "2"
    assert "set OTEL_SERVICE_NAME" in partial["errorMessage"]
    pytest.importorskip("opentelemetry.proto")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    sent = as_protobuf(traces(span(1), service="unknown_service"))
    answer = await receiver.send(sent, kind=PROTOBUF)
    decoded = ExportTraceServiceResponse.FromString(answer.content)
    assert decoded.partial_success.rejected_spans == 1
    assert "set OTEL_SERVICE_NAME" in decoded.partial_success.error_message


async def test_calls_without_usage_are_a_warning_and_no_rejection(receiver: Receiver) -> None:
    streamed = [*MODEL, attribute("gen_ai.request.stream", boolValue=True)]
    partial = (await receiver.send(as_json(traces(span(1, attributes=streamed))))).json()["partialSuccess"]
    assert partial == {
        "errorMessage": '1 streams of `gpt-4o` sent no usage: set stream_options={"include_usage": true}.'
    }


async def test_a_wrapper_without_usage_around_a_call_is_no_warning(receiver: Receiver) -> None:
    inner = {**span(2), "parentSpanId": f"{1:016x}", "startTimeUnixNano": str(START_NS + 1_001_000_000)}
    outer = {**span(1, attributes=MODEL), "endTimeUnixNano": str(START_NS + 5_000_000_000)}
    assert (await receiver.send(as_json(traces(outer, inner, service="bot")))).json() == {}


async def test_logs_and_metrics_have_routes(receiver: Receiver) -> None:
    resource = {"attributes": [attribute("service.name", stringValue="bot")]}
    record = {
        "timeUnixNano": str(START_NS),
        "attributes": [
            attribute("event.name", stringValue="claude_code.api_request"),
            attribute("model", stringValue="claude-sonnet-5"),
            *(
                attribute(name, stringValue="100")
                for name in ("input_tokens", "output_tokens", "duration_ms")
            ),
            attribute("request_id", stringValue="req_1"),
        ],
    }
    logs = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}
    assert (await receiver.send(as_json(logs), path="/api/otlp/v1/logs")).json() == {}
    point = {"asInt": "1300", "attributes": [attribute("type", stringValue="input")], "timeUnixNano": "5"}
    metric = {"name": "claude_code.token.usage", "sum": {"dataPoints": [point]}}
    metrics = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    assert (await receiver.send(as_json(metrics), path="/api/otlp/v1/metrics")).json() == {}
    await receiver.settled()
    assert await receiver.workloads() == {"bot": 1}


@pytest.mark.parametrize(
    ("body", "path", "kind", "status", "words"),
    [
        (b"{", "/api/otlp/v1/traces", JSON, 400, "no JSON export of traces"),
        (b'{"resourceLogs": []}', "/api/otlp/v1/traces", JSON, 400, "go to /v1/logs"),
        (b'{"a":' * 1_000_000, "/api/otlp/v1/traces", JSON, 400, ""),
        (b"x", "/api/otlp/v1/traces", "text/plain", 415, "application/x-protobuf or application/json"),
    ],
)
async def test_what_cannot_be_decoded_is_a_status_of_grpc(
    receiver: Receiver, body: bytes, path: str, kind: str, status: int, words: str
) -> None:
    began = time.process_time()
    answer = await receiver.send(body, path=path, kind=kind)
    assert answer.status_code == status
    assert words in answer.text
    assert time.process_time() - began < 1
    if kind == JSON:
        assert set(answer.json()) == {"code", "message"}


async def test_a_failure_in_protobuf_is_a_status_in_protobuf(receiver: Receiver) -> None:
    pytest.importorskip("opentelemetry.proto")
    answer = await receiver.send(b"\xff\xff", kind=PROTOBUF)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROTOBUF)
    assert answer.content[:2] == b"\x08\x03"
    assert b"no protobuf export of traces" in answer.content


async def test_other_compressions_are_refused(receiver: Receiver) -> None:
    answer = await receiver.send(b"x", content_encoding="br")
    assert answer.status_code == 415
    assert "as gzip, or without a Content-Encoding" in answer.json()["message"]


@pytest.mark.parametrize("body", [BOMB, gzip.compress(BOMB)])
async def test_a_body_that_expands_without_end_is_refused(receiver: Receiver, body: bytes) -> None:
    answer = await receiver.send(body, content_encoding="gzip")
    assert answer.status_code in {400, 413}


async def test_a_broken_body_is_refused(receiver: Receiver) -> None:
    whole = gzip.compress(as_json(traces(span(1))))
    for body, words in ((b"no gzip", "is not gzip"), (whole[:-20], "cut short")):
        answer = await receiver.send(body, content_encoding="gzip")
        assert (answer.status_code, words in answer.json()["message"]) == (400, True)


def test_parts_of_a_gzip_body_are_joined_and_bounded() -> None:
    parts = gzip.compress(b"a" * 10) + gzip.compress(b"b" * 10)
    assert inflated(parts, encoding=b"GZIP") == b"a" * 10 + b"b" * 10
    assert inflated(b"plain", encoding=None) == b"plain"
    for body, encoding in (
        (b"x" * 11, None),
        (parts, b"gzip"),
        (gzip.compress(b"") + parts, b"gzip"),
    ):
        with pytest.raises(Exception, match="longer than 10 bytes"):
            inflated(body, encoding=encoding, most=10)


async def test_a_key_with_the_scope_ingest_is_enough_in_either_header(receiver: Receiver) -> None:
    client = receiver.house.client
    keys = {}
    for scope in (KeyScope.INGEST, KeyScope.READ):
        made = await client.post("/api/keys", json={"name": scope.value, "scopes": [scope.value]})
        keys[scope] = made.json()["secret"]
    body = as_json(traces(span(1), service="bot"))
    bare = {"authorization": "", "content-type": JSON}
    sign_in = client.headers.pop("authorization")
    for headers, status in (
        ({"x-api-key": keys[KeyScope.INGEST]}, 200),
        ({"authorization": f"Bearer {keys[KeyScope.INGEST]}"}, 200),
        ({"authorization": f"Bearer%20{keys[KeyScope.INGEST]}"}, 200),  # as Claude Code sends it
        ({"authorization": "Bearer%20", "x-api-key": keys[KeyScope.INGEST]}, 401),
        ({"x-api-key": keys[KeyScope.READ]}, 403),
        ({}, 401),
    ):
        answer = await client.post(
            "/api/otlp/v1/traces", content=body, headers={"content-type": bare["content-type"], **headers}
        )
        assert answer.status_code == status
    elsewhere = await client.get("/api/workloads", headers={"x-api-key": keys[KeyScope.READ]})
    assert elsewhere.status_code == 401
    client.headers["authorization"] = sign_in


async def test_records_and_bytes_a_minute_are_limited_not_requests() -> None:
    async with receiving(limit_general=1, limit_ingest_events=3) as receiver:
        one = as_json(traces(span(1), service="bot"))
        assert [(await receiver.send(one)).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = await receiver.send(one)
        assert (refused.headers["retry-after"], refused.json()["code"]) == ("3", 8)
        receiver.clock.turn(62)  # the window, the resolution of its counts, and a second
        assert (await receiver.send(one)).status_code == 200


async def test_no_word_of_a_prompt_is_kept(receiver: Receiver) -> None:
    await receiver.send(as_json(traces(span(1), service="bot")))
    await receiver.settled()
    log = await receiver.log()
    claimed = repr(vars(receiver.house.services.ports().telemetry_staging))
    assert log.prompt_hash is not None
    assert "Oslo" not in claimed + repr(log)


async def test_prompts_can_be_dropped_without_being_hashed() -> None:
    async with receiving(otlp_content="drop") as receiver:
        await receiver.send(as_json(traces(span(1), service="bot")))
        await receiver.settled()
        log = await receiver.log()
        assert log.prompt_hash is None


async def test_a_workload_that_is_deleted_meanwhile_is_forgotten(receiver: Receiver) -> None:
    await receiver.send(as_json(traces(span(1), service="bot")))
    (made,) = (await receiver.house.client.get("/api/workloads")).json()["data"]
    await receiver.house.client.delete(f"/api/workloads/{made['id']}")
    await receiver.settled()
    assert await receiver.workloads() == {}
