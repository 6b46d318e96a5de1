"""`netra import`: the transcripts of a coding agent on this machine."""

import io
import json
from pathlib import Path

import pytest

from netra.entrypoints.cli import exit_code
from netra.entrypoints.commands.import_agent import folders_of


def row(number: int) -> str:
    usage = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 90}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "usage": usage}
    about = {"type": "assistant", "sessionId": "s", "requestId": f"req_{number}"}
    return json.dumps(about | {"timestamp": f"2026-11-30T20:00:{number:02}Z", "message": message}) + "\n"


def test_transcripts_are_imported_once_into_a_workload_of_the_agent_s_name(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(empty_store)]
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert exit_code(["users", "add", "ada@example.com", "--name", "Ada", "--password-stdin", *data]) == 0
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    assert exit_code(["import", "claude-code", *data]) == 2
    assert f"looked in {tmp_path / 'projects'}" in capsys.readouterr().err
    transcript = tmp_path / "projects" / "shop" / "a.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text(row(1) + row(2))
    assert exit_code(["import", "claude-code", *data]) == 0
    assert "holds 2 calls of Claude Code, 2 of them new." in capsys.readouterr().out
    transcript.write_text(row(1) + row(2) + row(3))
    assert exit_code(["import", "claude-code", "--since", "2026-01-01", "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["event_count"], made["new"]) == (3, 1)


def test_the_folders_of_agents_follow_their_own_settings() -> None:
    home = Path.home()
    assert folders_of("codex", {}) == (home / ".codex" / "sessions",)
    assert folders_of("codex", {"CODEX_HOME": "/x"}) == (Path("/x/sessions"),)
    assert folders_of("claude-code", {}) == (
        home / ".claude" / "projects",
        home / ".config" / "claude" / "projects",
    )
    assert folders_of("claude-code", {"CLAUDE_CONFIG_DIR": "/x, /y"}) == (
        Path("/x/projects"),
        Path("/y/projects"),
    )
