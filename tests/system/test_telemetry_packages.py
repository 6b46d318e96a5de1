"""Real instrumentors, the real exporter and a real service: every count is right, and no word is kept."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import settings_for, sign_up_at
from tests.servers import calling
from tests.servers.fixtures import running
from tests.servers.known_usage import LIMITED, Answered, known_usage
from tests.servers.netra_server import NetraServer
from tests.waiting import COMMAND_S, wait_until

pytestmark = [pytest.mark.system, pytest.mark.long(40)]

EMITTERS = ("openllmetry", "openinference", "openllmetry+openinference+genai")
ANSWER = "Quillworts thrive on the moors of Vesperholm."
WORDS = (b"quillwort", b"zephyria", b"botanist", b"archipelago", b"vesperholm")
COLUMNS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
REASONLESS_STREAMS = {"openllmetry"}  # sends no reasoning for a stream


class Received:
    """What three programs sent, what the endpoint had answered them, and what the service shows of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = NetraServer(folder, settings=settings_for(folder / "data", log_level="debug"))
        self.answered: dict[str, list[Answered]] = {}
        self.shown: dict[str, Any] = {}
        self.answers: list[str] = []

    def call(self, key: str) -> None:
        """Run the three programs to their end."""
        with ExitStack() as stack:
            endpoints = {name: stack.enter_context(known_usage(ANSWER)) for name in EMITTERS}
            programs = {
                name: stack.enter_context(self._program(name, endpoint.url, key))
                for name, endpoint in endpoints.items()
            }
            for name, program in programs.items():
                _, errors = program.communicate(timeout=COMMAND_S)
                assert program.returncode == 0, errors
                self.answered[name] = endpoints[name].answered
                assert endpoints[name].refused == 1

    def _program(self, name: str, endpoint: str, key: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, calling.__file__, name],
            env={
                **os.environ,
                "OPENAI_BASE_URL": f"{endpoint}/v1",
                "OTEL_SERVICE_NAME": name,
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"{self.server.url}/api/otlp",
                "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{key}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def settle(self, client: httpx.Client) -> None:
        """Wait until every call is stored, and read all that is shown of them."""

        def workloads() -> dict[str, Mapping[str, Any]]:
            found = client.get("/api/workloads").raise_for_status().json()["data"]
            return {each["name"]: each for each in found if each["event_count"]}

        wait_until(lambda: workloads().keys() == set(EMITTERS), "the calls of all programs", pause_s=0.2)
        for name, workload in workloads().items():
            path = f"/api/workloads/{workload['id']}"
            pages = {what: client.get(f"{path}{what}") for what in ("", "/events?limit=100", "/intake")}
            self.answers += [page.raise_for_status().text for page in pages.values()]
            self.shown[name] = {what: page.json() for what, page in pages.items()}

    def refused(self, client: httpx.Client, key: str) -> None:
        """Send what cannot be taken, full of the same words."""
        bodies = (
            b'{"resourceSpans": [{"scopeSpans": "quillwort',
            b'{"resourceSpans": "the archipelago of Zephyria"}',
            json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": 7, "x": ANSWER}]}]}]}).encode(),
        )
        for body in bodies:
            headers = {"content-type": "application/json", "x-api-key": key}
            answer = client.post("/api/otlp/v1/traces", content=body, headers=headers)
            assert answer.status_code in {200, 400}
            self.answers.append(answer.text)


def test_calls_by_real_instrumentors_are_counted_exactly_and_no_word_is_kept(tmp_path: Path) -> None:
    """One test, because the programs run for long and calls settle once they were quiet for a while."""
    received = Received(tmp_path)
    with running(received.server), sign_up_at(received.server.url, "ada@example.com") as client:
        issued = client.post("/api/keys", json={"name": "t", "scopes": ["ingest"]}).raise_for_status().json()
        received.call(issued["secret"])
        assert kept_in(tmp_path) == [], "while the records wait for others of their calls"
        received.settle(client)
        received.refused(client, issued["secret"])
    for name in EMITTERS:
        rows = [row["event"] for row in received.shown[name]["/events?limit=100"]["data"]]
        check_counts(rows, received.answered[name], name)
        check_stream(rows)
        check_intake(received.shown[name]["/intake"], instrumentors=name.count("+") + 1)
    hashed = [row["prefix_hashes"] for row in rows if row["prefix_hashes"]]
    assert len(hashed) >= calling.OVERLAPPING
    assert len(set(map(tuple, hashed))) == 1, "equal prompts have equal hashes"
    assert kept_in(tmp_path) == []
    told = "\n".join(received.answers).lower()
    assert [word for word in WORDS if word.decode() in told] == []


def kept_in(folder: Path) -> list[tuple[str, bytes]]:
    """Return which words are in which files of the service: its store and its log."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(b"openllmetry" in path.read_bytes() for path in files), "the search finds what is there"
    return [(path.name, word) for path in files for word in WORDS if word in path.read_bytes().lower()]


def check_counts(rows: Sequence[Mapping[str, Any]], answered: Sequence[Answered], name: str) -> None:
    """Check that each answer with usage is one call of its counts, and the refused one a failure."""
    counted = {each.id: counts_of(each, name) for each in answered if each.has_usage}
    assert len(counted) == calling.OVERLAPPING + 3
    (failed,) = (row for row in rows if row["model"] == LIMITED)
    assert (failed["input_tokens"], failed["output_tokens"]) == (0, 0)
    assert failed["status"] in {"429", "RateLimitError"}
    shown = {row["id"]: tuple(row[column] for column in COLUMNS) for row in rows if row is not failed}
    assert shown == counted
    assert len(rows) == len(counted) + 1


def counts_of(each: Answered, name: str) -> tuple[int | None, ...]:
    """Return what can be known of an answer: input, cached, output, reasoning."""
    has_reasoning = not (each.is_stream and name in REASONLESS_STREAMS)
    return (each.input, each.cached, each.output, each.reasoning if has_reasoning else None)


def check_stream(rows: Sequence[Mapping[str, Any]]) -> None:
    """Check that the stream has its time to first token, and the route around it."""
    (stream,) = (row for row in rows if row["streaming"])
    assert 0 < stream["ttft_ms"] <= stream["latency_ms"]
    assert stream["feature"] == "/plants"


def check_intake(intake: Mapping[str, Any], *, instrumentors: int) -> None:
    """Check that the stream without usage is reported, and that several reports of a call are one."""
    emitters = intake["emitters"]
    assert sum(emitter["calls_without_usage"] for emitter in emitters) == 1
    assert any("stream_options" in line for line in intake["advice"])
    calls = sum(emitter["calls"] for emitter in emitters)
    assert sum(emitter["merged_records"] for emitter in emitters) == calls * (instrumentors - 1)
