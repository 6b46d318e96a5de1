"""The real Claude Code under `netra record`, against an endpoint of known usage: counts, cost and silence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.servers.known_usage import known_usage
from tests.waiting import COMMAND_S

pytestmark = [pytest.mark.system, pytest.mark.claude_code]

PACKAGES = Path(__file__).parents[1] / "servers/claude_code/node_modules/@anthropic-ai"
RECORD = (sys.executable, "-m", "netra", "record")
MODEL = "claude-sonnet-4-5"
# dollars a million tokens: fresh input, read, written for 5 minutes, written for 1 hour, output
FRESH, READ, WRITTEN, WRITTEN_1H, OUTPUT = 3.0, 0.3, 3.75, 6.0, 15.0


def program() -> str:
    """Return the program that npm installed for this machine."""
    (found,) = (path for path in PACKAGES.glob("claude-code-*/claude") if os.access(path, os.X_OK))
    return str(found)


def test_its_calls_are_recorded_with_the_endpoints_counts_and_no_word_of_them(tmp_path: Path) -> None:
    calls, home = tmp_path / "calls.jsonl", tmp_path / "home"
    home.mkdir()
    with known_usage("Quillworts thrive on the moors of Vesperholm.") as endpoint:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": endpoint.url,
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        asked = (program(), "-p", "Does the quillwort grow?", "--model", MODEL)
        ran = subprocess.run(
            [*RECORD, "--calls", str(calls), "--", *asked],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "Vesperholm" in ran.stdout, "its answer is on its own output"
    assert "vesperholm" not in (ran.stderr + calls.read_text()).lower()
    assert "quillwort" not in calls.read_text().lower()
    rows = [json.loads(line) for line in calls.read_text().splitlines()]
    assert [
        (
            row["input_tokens"],
            row["cached_input_tokens"],
            row["cache_write_tokens"],
            row["cache_write_1h_tokens"],
            row["output_tokens"],
        )
        for row in rows
    ] == [(one.input, one.cached, one.written, one.written_1h, one.output) for one in endpoint.answered]
    for row, one in zip(rows, endpoint.answered, strict=True):
        fresh = one.input - one.cached - one.written
        usd = fresh * FRESH + one.cached * READ + one.output * OUTPUT
        usd += (one.written - one.written_1h) * WRITTEN + one.written_1h * WRITTEN_1H
        assert row["cost"] == pytest.approx(usd / 1e6, rel=1e-6)
        assert row["session"]
