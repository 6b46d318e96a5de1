"""The official exporter against a killed service: nothing acknowledged is lost, nothing is doubled."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from tests.api.conftest import settings_for, sign_up_at
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.long(45)]

CALLS, BATCH = 4_000, 512
PAGE = 100


class Noting(SpanExporter):
    """The official exporter; notes which batches were acknowledged."""

    def __init__(self, base_url: str, key: str) -> None:
        self._inner = OTLPSpanExporter(
            endpoint=f"{base_url}/api/otlp/v1/traces",
            headers={"authorization": f"Bearer {key}"},
            compression=Compression.Gzip,
        )
        self.taken: list[Sequence[ReadableSpan]] = []
        self.failed: list[Sequence[ReadableSpan]] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        (self.taken if result is SpanExportResult.SUCCESS else self.failed).append(spans)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def count(self) -> int:
        return sum(map(len, self.taken))


def emit(provider: TracerProvider, first: int, beyond: int) -> None:
    """Make calls: the even ones with the provider's id, the odd ones known by their span."""
    tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai")
    for n in range(first, beyond):
        with tracer.start_as_current_span("chat gpt-4o") as span:
            said: dict[str, Any] = {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": 1_000 + n,
                "gen_ai.usage.output_tokens": 1,
            }
            span.set_attributes({**said, "gen_ai.response.id": f"r-{n}"} if n % 2 == 0 else said)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NetraServer]:
    made = NetraServer(tmp_path, settings=settings_for(tmp_path / "data"))
    with running(made):
        yield made


def inputs_of(client: httpx.Client) -> list[int]:
    """Return the input tokens of every stored call, which differ from call to call."""
    (workload,) = client.get("/api/workloads").raise_for_status().json()["data"]
    found: list[int] = []
    asked: dict[str, Any] = {"limit": PAGE}
    while "cursor" not in asked or asked["cursor"] is not None:
        answer = client.get(f"/api/workloads/{workload['id']}/events", params=asked)
        page = answer.raise_for_status().json()
        found += [row["event"]["input_tokens"] for row in page["data"]]
        asked["cursor"] = page["pagination"]["next_cursor"]
    return found


def inputs_in(batches: Sequence[Sequence[ReadableSpan]]) -> set[int]:
    return {
        int(str((span.attributes or {})["gen_ai.usage.input_tokens"])) for spans in batches for span in spans
    }


def test_a_killed_service_keeps_every_acknowledged_call_once(server: NetraServer) -> None:
    with sign_up_at(server.url, "ada@example.com") as client:
        issued = client.post("/api/keys", json={"name": "t", "scopes": ["ingest"]}).raise_for_status().json()
        exporter = Noting(server.url, issued["secret"])
        provider = TracerProvider(resource=Resource.create({"service.name": "bot"}))
        queue = BatchSpanProcessor(
            exporter, max_queue_size=CALLS, max_export_batch_size=BATCH, schedule_delay_millis=20
        )
        provider.add_span_processor(queue)
        emitting = threading.Thread(target=emit, args=(provider, 0, CALLS // 2))
        emitting.start()
        wait_until(lambda: exporter.count() >= 2 * BATCH, "the first acknowledged batches", pause_s=0.001)
        server.kill()
        emitting.join()
        server.start()  # the exporter has been trying again meanwhile
        emit(provider, CALLS // 2, CALLS)
        provider.force_flush(60_000)
        acknowledged = [*exporter.taken]
        assert sum(map(len, [*acknowledged, *exporter.failed])) == CALLS
        for spans in [*exporter.failed, *acknowledged[::2]]:  # every other one stands for itself
            assert exporter.export(spans) is SpanExportResult.SUCCESS
        server.kill()  # with everything acknowledged, and nothing settled
        server.start()
        (workload,) = client.get("/api/workloads").raise_for_status().json()["data"]
        path = f"/api/workloads/{workload['id']}"
        wait_until(
            lambda: client.get(path).raise_for_status().json()["event_count"] >= CALLS,
            "all calls",
            pause_s=0.2,
        )
        stored = inputs_of(client)
        assert inputs_in(acknowledged) <= set(stored)
        assert sorted(stored) == list(range(1_000, 1_000 + CALLS))
        provider.shutdown()


def test_a_service_that_cannot_write_is_asked_again_and_loses_nothing(server: NetraServer) -> None:
    with sign_up_at(server.url, "ada@example.com") as client:
        issued = client.post("/api/keys", json={"name": "t", "scopes": ["ingest"]}).raise_for_status().json()
        exporter = Noting(server.url, issued["secret"])
        provider = TracerProvider(resource=Resource.create({"service.name": "bot"}))
        provider.add_span_processor(
            BatchSpanProcessor(exporter, max_export_batch_size=BATCH, schedule_delay_millis=20)
        )
        emit(provider, 0, BATCH)
        provider.force_flush(60_000)
        assert exporter.count() == BATCH
        with server.full_disk(1):
            emit(provider, BATCH, 2 * BATCH)
            flushing = threading.Thread(target=provider.force_flush, args=(60_000,))
            flushing.start()
            refused = [refusal(client, issued["secret"]) for _ in range(3)]
            flushing.join(2)  # the exporter tries again meanwhile
            assert flushing.is_alive(), "it was not refused"
        flushing.join()
        assert refused == [(503, True)] * 3
        assert (exporter.count(), exporter.failed) == (2 * BATCH, [])
        provider.shutdown()


def refusal(client: httpx.Client, key: str) -> tuple[int, bool]:
    """Return the status of an export, and whether exporters have the patience that it asks for."""
    attributes = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}},
    ]
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "startTimeUnixNano": "1700000000000000000"}
    body = {
        "resourceSpans": [{"scopeSpans": [{"spans": [{**span, "name": "chat", "attributes": attributes}]}]}]
    }
    answer = client.post(
        "/api/otlp/v1/traces", json=body, headers={"x-api-key": key, "x-netra-workload": "bot"}
    )
    return answer.status_code, 0 < int(answer.headers.get("retry-after", "0")) <= 3
