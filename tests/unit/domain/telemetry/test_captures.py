"""Payloads that real emitters sent: each call once, with the counts of the endpoint."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.otlp.bodies import records_of as decoded
from tests.unit.domain.telemetry.payloads import reading_of

from netra.domain.telemetry.calls import Reading
from netra.domain.telemetry.records import Record, Signal
from netra.domain.workloads.model import Event

CAPTURES = Path("../shared/data/otlp")
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.shared_data


@cache
def expected() -> dict[str, Any]:
    emitters: dict[str, Any] = json.loads((CAPTURES / "expected.json").read_text())["emitters"]
    return emitters


def records_of(emitter: str) -> list[Record]:
    found: list[Record] = []
    for path in sorted(CAPTURES.glob(f"{emitter}.*.json")):
        kind = path.name.removeprefix(f"{emitter}.").split(".")[0].split("-")[0]
        body = json.dumps(json.loads(path.read_text()).get("body")).encode()
        if kind in {"traces", "logs"}:
            found += decoded(body, Signal(kind))
    return found


def tokens(call: dict[str, Any] | Event) -> tuple[int, ...]:
    row = call if isinstance(call, dict) else {name: getattr(call, name) for name in TOKENS}
    return tuple(row.get(name) or 0 for name in TOKENS)


def wrong_with(reading: Reading, call: dict[str, Any]) -> str | None:
    """Return how the event of an expected call differs; None where it is exact."""
    events = {each.event.id: each.event for each in reading.calls}
    event = events.get(call["id"]) if "id" in call else next(iter(events.values()), None)
    if event is None:
        return f"missing: {call['id']}"
    at = EPOCH + timedelta(microseconds=int(call["timestamp_unix_nano"]) // 1000)
    is_late = call["timestamp_unix_nano"] != "0" and abs(event.timestamp - at) > timedelta(milliseconds=1)
    times = [name for name in ("latency_ms", "ttft_ms") if name in call]
    off = [name for name in times if abs((getattr(event, name) or -9) - call[name]) > 1]
    return None if tokens(event) == tokens(call) and not (is_late or off) else f"{call} is {event}"


def emitters() -> list[str]:
    return sorted(expected()) if CAPTURES.is_dir() else []


@pytest.mark.parametrize("emitter", emitters())
def test_every_call_of_a_capture_is_read_once_and_exactly(emitter: str) -> None:
    reading = reading_of(records_of(emitter))
    calls = expected()[emitter]["calls"]
    assert [fault for call in calls if (fault := wrong_with(reading, call))] == []
    assert len(reading.calls) == len(calls)
    assert len(reading.without_usage) == len(expected()[emitter]["without_usage"])


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.bin")), ids=lambda path: path.name)
def test_a_protobuf_body_says_what_its_json_says(path: Path) -> None:
    body = json.dumps(json.loads(path.with_suffix(".json").read_text())["body"]).encode()
    assert decoded(path.read_bytes(), is_json=False) == decoded(body)
