"""`netra explain`, on a log made here."""

import json
from pathlib import Path

import pytest
from tests.unit.entrypoints.reports.test_page import content_of

from netra.entrypoints.cli import exit_code

LOG = "timestamp,model,feature,input_tokens,output_tokens\n" + "".join(
    f"2026-11-0{day}T00:{minute:02}:00Z,gpt-4o,a|b,1000,{100 * day}\n"
    for day in (1, 2)
    for minute in range(30)
)
DAYS = ["--before", "2026-11-01/2026-11-02", "--after", "2026-11-02/2026-11-03"]


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "days.csv"
    path.write_text(LOG)
    return str(path)


def test_the_effects_sum_to_the_difference(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["explain", log, *DAYS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # 30 calls a day of 100 and of 200 tokens out, at $10 a million
    assert found["after_usd"] - found["before_usd"] == pytest.approx(30 * 100 * 10e-6)
    effects = {one["name"]: one["usd"] for one in found["effects"]}
    assert effects["output_length"] == pytest.approx(0.03)
    assert sum(effects.values()) == pytest.approx(0.03)


def test_a_terminal_shows_the_bill_step_by_step(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["explain", log, *DAYS]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Costs rose by $0.03, 28.6 %: from $0.11 to $0.14.")
    assert "output tokens per call" in out
    assert "█" in out


def test_markdown_keeps_names_in_their_cells(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.csv"
    path.write_text(Path(log).read_text() + "2026-11-01T00:31:00Z,gpt-4o,c,10,1\n")
    assert exit_code(["explain", str(path), *DAYS, "--md"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# Why the bill changed: two.csv")
    assert "| output tokens per call | +$0.03 | mostly a\\|b |" in out


def test_a_page_holds_the_waterfall(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "why.html"
    assert exit_code(["explain", log, *DAYS, "--html", str(page), "--json"]) == 0
    content = content_of(page.read_text())
    assert content["kind"] == "change"
    assert content["headline"].startswith("Costs rose by $0.03")
    effects = {one["name"]: round(one["usd"], 4) for one in content["explanation"]["effects"]}
    assert effects["output_length"] == 0.03
    assert "The page is in" in capsys.readouterr().err


def test_what_cannot_be_compared_is_refused(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["explain", log, "--before", "2026-10-01"]) == 2
    assert "it holds no call; the log is from 2026-11-01T00:00:00+00:00" in capsys.readouterr().err
    assert exit_code(["explain", log, "--before", "last week"]) == 2
    assert "'last week' is no instant" in capsys.readouterr().err
    assert exit_code(["explain", log]) == 2
