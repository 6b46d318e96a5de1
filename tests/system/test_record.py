"""`netra record`: real programs report to its receiver; their output, status and signals are their own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.servers import calling
from tests.servers.known_usage import KnownUsage, known_usage
from tests.waiting import COMMAND_S

pytestmark = [pytest.mark.system, pytest.mark.long(15)]

RECORD = (sys.executable, "-m", "netra", "record")
ENDED = "ended with exit status"


def recorded(*command: str, folder: Path, calls: Path | None = None, **variables: str) -> Any:
    """Run a program under `netra record` and return how that ended."""
    options = () if calls is None else ("--calls", str(calls))
    return subprocess.run(
        [*RECORD, *options, "--", *command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def counts(endpoint: KnownUsage) -> dict[str, tuple[int, int, int]]:
    told = (each for each in endpoint.answered if each.has_usage)
    return {each.id: (each.input, each.cached, each.output) for each in told}


def test_an_instrumented_programs_calls_are_recorded_and_advised_on(tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    with known_usage("All is well.") as endpoint:
        program = (sys.executable, calling.__file__, "openllmetry")
        ran = recorded(*program, folder=tmp_path, calls=calls, OPENAI_BASE_URL=f"{endpoint.url}/v1")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert f"{ENDED} 0" in ran.stderr
    assert "stream_options" in ran.stderr, "the stream without usage is reported"
    assert "calls that fit it" in ran.stderr or "Do this" in ran.stderr
    assert "quillwort" not in (calls.read_text() + ran.stderr).lower()
    taken = [row for row in rows_in(calls) if row["status"] == "stop"]
    seen = {
        row["id"]: (row["input_tokens"], row["cached_input_tokens"], row["output_tokens"]) for row in taken
    }
    assert seen == counts(endpoint)
    again = subprocess.run(
        [sys.executable, "-m", "netra", "optimize", str(calls), "--json"],
        capture_output=True,
        check=True,
        timeout=COMMAND_S,
    )
    assert json.loads(again.stdout)["metrics"]["requests"] == len(rows_in(calls))


def test_a_program_that_starts_the_helper_needs_no_other_setting(tmp_path: Path) -> None:
    program = (
        "import openai, netra; assert netra.otel.start()\n"
        "openai.OpenAI(api_key='none').chat.completions.create(model='gpt-4o', messages=[])\n"
        "from opentelemetry import trace; trace.get_tracer_provider().shutdown()"
    )
    calls = tmp_path / "calls.jsonl"
    with known_usage("All is well.") as endpoint:
        url = f"{endpoint.url}/v1"
        ran = recorded(sys.executable, "-c", program, folder=tmp_path, calls=calls, OPENAI_BASE_URL=url)
    assert ran.returncode == 0, ran.stderr
    assert "netra.otel is off" not in ran.stderr
    (row,) = rows_in(calls)
    assert {row["id"]: (row["input_tokens"], row["cached_input_tokens"], row["output_tokens"])} == counts(
        endpoint
    )


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ("echo out; exit 7", 7, f"{ENDED} 7."),
        ("echo out; kill -TERM $$", 143, f"{ENDED} 143 (by signal 15)."),
        ("echo out", 3, "sent no telemetry"),
    ],
)
def test_the_programs_output_and_status_are_its_own(
    script: str, status: int, words: str, tmp_path: Path
) -> None:
    ran = recorded("sh", "-c", script, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (status, "out\n")
    assert words in ran.stderr


def test_what_cannot_be_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    missing = recorded("./missing", folder=tmp_path)
    assert (missing.returncode, missing.stderr) == (127, "Error: there is no program './missing'.\n")
    refused = recorded("./text", folder=tmp_path)
    assert (refused.returncode, "cannot be run: Permission denied" in refused.stderr) == (126, True)


def test_only_the_program_may_report(tmp_path: Path) -> None:
    program = """
import os, urllib.request, urllib.error
url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
own = {"x-api-key": os.environ["NETRA_API_KEY"]}
asked = [("/v1/traces", {}), ("/v1/traces", {"x-api-key": "guess"}), ("/v2", {}), ("/v1/traces", own)]
for path, headers in asked:
    sent = {"content-type": "application/json", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, b"{}", sent)) as answer:
            print(answer.status)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode())
"""
    ran = recorded(sys.executable, "-c", program, folder=tmp_path)
    assert [line.split()[0] for line in ran.stdout.splitlines()] == ["401", "401", "404", "200"]
    assert "1 export came without one" in ran.stderr


INTERRUPTED = """
import os, signal, sys
def end(*_): os.write(1, b"saved\\n"); sys.exit(5)
signal.signal(signal.SIGINT, end); signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.parametrize(("number", "to_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_ctrl_c_and_sigterm_end_the_program_in_its_own_way(
    number: signal.Signals, to_group: bool, tmp_path: Path
) -> None:
    """A terminal sends Ctrl-C to the whole group; `kill` sends to `netra record` alone."""
    with subprocess.Popen(
        [*RECORD, "--", sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        (os.killpg if to_group else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=COMMAND_S)
    assert (process.returncode, output) == (5, "saved\n")
    assert f"{ENDED} 5." in errors
