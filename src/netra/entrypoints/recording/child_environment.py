"""What makes a program send its telemetry to one receiver: variables, and switches of coding agents."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Final

from netra.entrypoints.recording.receiver import BASE, LOOPBACK

_SIGNALS: Final = ("TRACES", "LOGS", "METRICS")
_PARTS: Final = ("ENDPOINT", "HEADERS", "PROTOCOL", "COMPRESSION", "CERTIFICATE", "TIMEOUT", "INSECURE")


def child_environment(environment: Mapping[str, str], *, url: str, token: str, name: str) -> dict[str, str]:
    """Return the environment of a program that reports to `url`; what it had set otherwise is replaced.

    `name` is the service's, unless the program has one.
    """
    specific = {f"OTEL_EXPORTER_OTLP_{signal}_{part}" for signal in _SIGNALS for part in _PARTS}
    kept = {key: text for key, text in environment.items() if key not in {*specific, "OTEL_SDK_DISABLED"}}
    direct = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), LOOPBACK]))
    return {
        "OTEL_SERVICE_NAME": name,
        **kept,
        **{f"OTEL_{signal}_EXPORTER": "otlp" for signal in _SIGNALS},
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"{url}{BASE}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={token}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "NETRA_BASE_URL": url,  # for netra.otel.start
        "NETRA_API_KEY": token,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def child_command(command: Sequence[str], *, url: str, token: str) -> list[str]:
    """Return the command with the switches that it needs: Codex reads no variables of OpenTelemetry."""
    if PurePath(command[0]).name not in {"codex", "codex.exe"}:
        return list(command)
    headers = f'{{ "Authorization" = "Bearer {token}" }}'
    place = f'endpoint = "{url}{BASE}/v1/logs", protocol = "json", headers = {headers}'
    return [command[0], "-c", f"otel.exporter={{ otlp-http = {{ {place} }} }}", *command[1:]]
