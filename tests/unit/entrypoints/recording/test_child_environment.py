"""The environment and the command of a recorded program."""

import tomllib

from netra.entrypoints.recording.child_environment import child_command, child_environment

URL, TOKEN = "http://127.0.0.1:4000", "t0"


def test_everything_that_would_lead_elsewhere_is_replaced() -> None:
    before = {
        "PATH": "/bin",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://elsewhere",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x=y",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_TRACES_EXPORTER": "console",
        "OTEL_SDK_DISABLED": "true",
        "no_proxy": "example.com",
    }
    made = child_environment(before, url=URL, token=TOKEN, name="app")
    assert made["PATH"] == "/bin"
    assert made["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"{URL}/api/otlp"
    assert made["OTEL_EXPORTER_OTLP_HEADERS"] == f"x-api-key={TOKEN}"
    assert (made["OTEL_EXPORTER_OTLP_PROTOCOL"], made["OTEL_TRACES_EXPORTER"]) == ("http/protobuf", "otlp")
    assert not {
        "OTEL_SDK_DISABLED",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    } & set(made)
    assert made["NO_PROXY"] == made["no_proxy"] == "example.com,127.0.0.1"
    assert made["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
    assert (made["NETRA_BASE_URL"], made["NETRA_API_KEY"]) == (URL, TOKEN)


def test_a_service_keeps_its_name() -> None:
    assert child_environment({}, url=URL, token=TOKEN, name="app")["OTEL_SERVICE_NAME"] == "app"
    named = child_environment({"OTEL_SERVICE_NAME": "bot"}, url=URL, token=TOKEN, name="app")
    assert named["OTEL_SERVICE_NAME"] == "bot"


def test_codex_is_told_by_a_switch_and_others_by_variables_alone() -> None:
    assert child_command(["python", "codex"], url=URL, token=TOKEN) == ["python", "codex"]
    made = child_command(["/opt/bin/codex", "exec", "x"], url=URL, token=TOKEN)
    assert (made[0], made[1], made[3:]) == ("/opt/bin/codex", "-c", ["exec", "x"])
    exporter = tomllib.loads(made[2])["otel"]["exporter"]["otlp-http"]
    assert exporter["endpoint"] == f"{URL}/api/otlp/v1/logs"
    assert exporter["headers"] == {"Authorization": f"Bearer {TOKEN}"}
