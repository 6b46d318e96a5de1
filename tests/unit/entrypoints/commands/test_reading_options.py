"""Which logs a command reads, and what it says about rows that are in no figure."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netra.entrypoints.cli import exit_code
from netra.entrypoints.commands.reading_options import logs_of

HEADER = "timestamp,model,input_tokens,output_tokens\n"
START = datetime(2026, 11, 20, tzinfo=UTC)


def rows(count: int, *, tokens: str = "1000") -> str:
    at = [(START + timedelta(minutes=n)).isoformat() for n in range(count)]
    return "".join(f"{when},gpt-4o,{tokens},300\n" for when in at)


def optimize(*arguments: str) -> int:
    return exit_code(["optimize", *arguments, "--as-of", "2026-11-30"])


def test_a_log_with_few_bad_rows_says_so_in_the_headline_and_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(97) + "x,gpt-4o,1,1\n" * 3)
    assert optimize(str(file)) == 0
    head = " ".join(capsys.readouterr().out.split())
    assert "3.0 % of the rows (3 of 100) could not be read and are in no figure here." in head


BEFORE = ("--before", "2026-11-20T00:50Z")
COMMANDS = {
    "optimize": ("optimize", "--as-of", "2026-11-30"),
    "simulate": ("simulate", "--to-model", "gpt-4o-mini"),
    "explain": ("explain", *BEFORE),
    "prices": ("validate", "prices"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_shows_dropped_rows_as_text_and_as_json(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(97) + "x,gpt-4o,1,1\n" * 3)
    assert exit_code([*command, str(file)]) == 0
    head = " ".join(capsys.readouterr().out.split())
    assert "3.0 % of the rows (3 of 100) could not be read and are in no figure here." in head[:400]
    assert exit_code([*command, str(file), "--json"]) == 0
    log = json.loads(capsys.readouterr().out)["log"]
    assert (log["rows"], log["accepted"], log["duplicates"], log["rejected"]) == (100, 97, 0, 3)
    assert log["rejected_share"] == 0.03
    assert [fault["line"] for fault in log["faults"]] == [99, 100, 101]


def test_an_explanation_shows_dropped_rows_in_its_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "a.csv", tmp_path / "why.html"
    file.write_text(HEADER + rows(97) + "x,gpt-4o,1,1\n" * 3)
    assert exit_code(["explain", str(file), *BEFORE, "--md", "--html", str(page)]) == 0
    words = "3.0 % of the rows (3 of 100) could not be read"
    assert words in capsys.readouterr().out
    assert f'"headline":"{words}' in page.read_text()


def test_a_log_of_which_too_much_is_dropped_fails_unless_that_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(90) + "x,gpt-4o,1,1\n" * 10)
    assert optimize(str(file)) == 3
    assert "--allow-dropped" in capsys.readouterr().err
    assert optimize(str(file), "--allow-dropped") == 0
    assert exit_code(["simulate", str(file), "--to-model", "gpt-4o-mini"]) == 3
    assert exit_code(["validate", "prices", str(file)]) == 3


def test_rows_with_thousands_separators_are_read_and_not_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(50) + rows(100, tokens='"12,000"'))
    assert optimize(str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["input_tokens"] == 50 * 1000 + 100 * 12_000


def test_several_paths_and_standard_input_are_one_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(60))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((HEADER + rows(40)).encode())))
    assert optimize(str(file), "-", "--json") == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["requests"] == 100
    assert logs_of(("-",)).title == "standard input"
    assert logs_of(("a.csv", "b.csv")).title == "a.csv and 1 more"


def test_a_beginning_is_an_age_or_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + rows(60))
    assert optimize(str(file), "--since", "2026-11-20") == 0
    assert optimize(str(file), "--since", "soon") == 2
    assert "an age such as 30d" in capsys.readouterr().err
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert logs_of(("a",), since=timedelta(days=30)).choices(now=now).since == datetime(
        2026, 10, 31, tzinfo=UTC
    )


def test_a_column_is_named_for_a_field_that_exists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER.replace("timestamp", "when") + rows(60))
    assert optimize(str(file)) == 2
    assert "--map timestamp=COLUMN" in capsys.readouterr().err
    assert optimize(str(file), "--map", "timestamp=when") == 0
    for wrong in ("when", "instant=when", "timestamp="):
        assert optimize(str(file), "--map", wrong) == 2
        assert "FIELD=COLUMN" in capsys.readouterr().err
