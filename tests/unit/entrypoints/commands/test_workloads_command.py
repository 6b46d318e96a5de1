"""`netra workloads`, over a real store in a folder."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from netra.domain.decisions.model import Decide, DecisionKey, DecisionState, DismissalReason
from netra.entrypoints.cli import exit_code
from netra.entrypoints.embedded import Netra

LOG = "timestamp,model,input_tokens,output_tokens\n" + "".join(
    f"2024-01-01T00:00:{second:02}Z,gpt-4o,100,10\n" for second in range(30)
)


@pytest.fixture
def data(empty_store: Path) -> list[str]:
    return ["--data", str(empty_store)]


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "calls.csv"
    path.write_text(LOG)
    return str(path)


def add_user(email: str, data: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert exit_code(["users", "add", email, "--name", "Ada", "--password-stdin", *data]) == 0


def test_an_imported_log_is_listed_with_its_calls(
    data: list[str], log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    capsys.readouterr()
    assert exit_code(["workloads", "import", log, "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["name"], made["event_count"]) == ("calls.csv", 30)
    assert exit_code(["workloads", "list", "--json", *data]) == 0
    taken = made.pop("log")
    assert (taken["rows"], taken["accepted"], taken["rejected"]) == (30, 30, 0)
    assert json.loads(capsys.readouterr().out) == [made]


def test_a_log_of_which_too_much_is_dropped_is_not_imported_unless_that_is_accepted(
    data: list[str], log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    Path(log).write_text(LOG + "x,gpt-4o,100,10\n" * 2)
    assert exit_code(["workloads", "import", log, *data]) == 3
    assert "6.2 % of the rows could not be read; at most 5.0 % may be." in capsys.readouterr().err
    assert exit_code(["workloads", "list", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert exit_code(["workloads", "import", log, "--allow-dropped", *data]) == 0
    assert "holds 30 calls of calls.csv. 6.2 % of the rows (2 of 32) could not be" in capsys.readouterr().out


def test_among_several_users_the_owner_must_be_named(
    data: list[str], log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    add_user("bob@example.com", data, monkeypatch)
    assert exit_code(["workloads", "import", log, *data]) == 2
    assert "There are 2 users; choose one with --email." in capsys.readouterr().err
    assert exit_code(["workloads", "import", log, "--email", "bob@example.com", *data]) == 0
    assert exit_code(["workloads", "import", log, "--email", "eve@example.com", *data]) == 2


def test_without_users_the_first_step_is_said(
    data: list[str], log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["workloads", "import", log, *data]) == 2
    assert "add one with 'netra users add'" in capsys.readouterr().err


def test_a_broken_row_is_named_by_its_line_and_the_rest_is_taken(
    data: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    broken = tmp_path / "broken.csv"
    lines = LOG.splitlines()
    lines[10] = "yesterday,gpt-4o,-3,none"
    broken.write_text("\n".join(lines) + "\n")
    capsys.readouterr()
    assert exit_code(["workloads", "import", str(broken), "--json", *data]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["event_count"] == 29
    assert "1 row was left out" in captured.err
    assert "line 11: " in captured.err


def test_a_person_reads_the_list_in_lines(
    data: list[str], log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    assert exit_code(["workloads", "list", *data]) == 0
    assert "create one with 'netra workloads import PATH'" in capsys.readouterr().err
    assert exit_code(["workloads", "import", log, "--name", "A day", *data]) == 0
    assert "holds 30 calls of A day." in capsys.readouterr().out
    assert exit_code(["workloads", "list", *data]) == 0
    assert capsys.readouterr().out.split()[1:] == ["30", "calls", "A", "day"]


async def decided_in(folder: Path, log: str) -> str:
    """Import a log for Ada, answer a question about it, decide twice, and return the workload."""
    async with Netra.open(folder) as netra:
        ada = await netra.add_user("ada@example.com", name="Ada", password="correct horse")
        workload, _ = await netra.import_file(ada, log, name="A day")
        answer = await netra.ask(ada, "make it cheaper", workload_id=workload.id)
        first, second, third, *_ = answer.advice.recommendations
        asked = Decide(
            workload_id=workload.id,
            owner_id=ada.id,
            key=DecisionKey(first.key),
            state=DecisionState.ADOPTED,
            effective_at=datetime(2024, 1, 2, tzinfo=UTC),
            run_id=answer.run.id,
        )
        await netra.decide(asked)
        await netra.decide(
            replace(
                asked,
                key=DecisionKey(second.key),
                state=DecisionState.DISMISSED,
                reason=DismissalReason.EFFORT,
                until=datetime.now(UTC) + timedelta(days=9),
                effective_at=None,
            )
        )
        await netra.decide(
            replace(asked, key=DecisionKey(third.key), state=DecisionState.PLANNED, effective_at=None)
        )
        return workload.id


def test_decisions_are_listed_for_people_and_programs(
    empty_store: Path, data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "day.jsonl"
    assert exit_code(["sample", "--out", str(log), "--requests", "300", "--seed", "7"]) == 0
    workload_id = asyncio.run(decided_in(empty_store, str(log)))
    capsys.readouterr()
    assert exit_code(["workloads", "decisions", workload_id, *data]) == 0
    lines = capsys.readouterr().out.splitlines()
    words = [line.split()[:2] for line in lines]
    assert words == [["planned", "on"], ["dismissed", "until"], ["adopted", "since"]]
    assert lines[2].startswith("adopted    since 2024-01-02  $")
    assert exit_code(["workloads", "decisions", workload_id, "--json", *data]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in shown] == ["planned", "dismissed", "adopted"]
    assert "owner_id" not in shown[0]


def test_a_workload_without_decisions_says_how_to_decide(
    data: list[str], log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("ada@example.com", data, monkeypatch)
    assert exit_code(["workloads", "import", log, "--json", *data]) == 0
    workload_id = json.loads(capsys.readouterr().out.splitlines()[-1])["id"]
    assert exit_code(["workloads", "decisions", workload_id, *data]) == 0
    assert "Nothing is decided yet" in capsys.readouterr().err
