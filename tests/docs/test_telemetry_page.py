"""The page about telemetry: its routes exist, and its blocks send calls with the real packages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.api.conftest import serving, settings_for, sign_up_at
from tests.unit.domain.telemetry.test_litellm import PAYLOAD
from tests.waiting import COMMAND_S

from netra.adapters.otlp.decoder import RECORDS_MAX
from netra.domain.telemetry.destinations import NEW_PER_HOUR
from netra.domain.telemetry.settling import HOLD_S, QUIET_S
from netra.entrypoints.app import create_app
from netra.entrypoints.http.inflating import BODY_BYTES_MAX
from netra.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/telemetry.md").read_text()
BLOCKS = dict(
    re.findall(
        r"^## ([^\n]+)\n\n(?:[^\n#]+\n\n)?```(?:bash|python|yaml|toml)\n(.*?)^```",
        PAGE,
        re.MULTILINE | re.DOTALL,
    )
)
CALL = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = trace.get_tracer_provider()
if not isinstance(provider, TracerProvider):
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("opentelemetry.instrumentation.genai").start_as_current_span("chat gpt-4o") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "gpt-4o")
    span.set_attribute("gen_ai.usage.input_tokens", 1200)
    span.set_attribute("gen_ai.usage.output_tokens", 300)
    span.set_attribute("gen_ai.input.messages", '[{"role": "user", "content": "Weather in Oslo?"}]')
assert provider.force_flush()
provider.shutdown()
"""


def test_the_routes_of_the_page_exist() -> None:
    app = create_app(Settings(data=Path("never-opened")))
    paths = {route.path for route in app.litestar.routes}
    for path in ("/api/otlp/v1/traces", "/api/otlp/v1/logs", "/api/otlp/v1/metrics"):
        assert path in PAGE
        assert path in paths
    for path in ("otlp/v1/traces", "litellm", "intake", "events"):
        assert f"/api/workloads/{{id}}/{path}" in PAGE
        assert f"/api/workloads/{{workload_id:str}}/{path}" in paths


def test_the_figures_of_the_page_hold() -> None:
    assert f"{BODY_BYTES_MAX >> 20} MiB" in PAGE
    assert f"{RECORDS_MAX:,} records" in PAGE
    assert f"at most {NEW_PER_HOUR} an hour" in PAGE
    assert f"quiet for {QUIET_S:g} seconds, or after {HOLD_S:g} seconds" in PAGE


@pytest.mark.system
@pytest.mark.parametrize("section", ["Python", "Any program with OpenTelemetry, Python or Node"])
def test_a_block_sends_a_call_with_the_official_exporter(section: str, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    with serving(settings_for(tmp_path)) as base_url, sign_up_at(base_url, "ada@example.com") as client:
        issued = client.post("/api/keys", json={"name": "t", "scopes": ["ingest"]}).raise_for_status().json()
        known = {"NETRA": base_url, "NETRA_KEY": issued["secret"]}
        block = BLOCKS[section]
        script = f"python - <<'SCRIPT'\n{block if section == 'Python' else ''}{CALL}SCRIPT\n"
        shell = f'python() {{ "{sys.executable}" "$@"; }}\n' + ("" if section == "Python" else block) + script
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", shell],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert "netra.otel is off" not in ran.stderr
        (workload,) = client.get("/api/workloads").json()["data"]
        assert workload["name"] == "support-bot"


@pytest.mark.system
def test_litellms_callback_reaches_the_workload_of_its_block(tmp_path: Path) -> None:
    with serving(settings_for(tmp_path)) as base_url, sign_up_at(base_url, "ada@example.com") as client:
        made = client.post("/api/workloads", json={"name": "gateway"}).json()
        (endpoint,) = re.findall(r"endpoint: http://127.0.0.1:8000(\S+/litellm)", BLOCKS["LiteLLM"])
        body = json.dumps(PAYLOAD)
        kind = {"content-type": "application/x-ndjson"}
        taken = client.post(endpoint.replace("ID", made["id"]), content=body, headers=kind)
        assert taken.raise_for_status().json()["accepted"] == 1
