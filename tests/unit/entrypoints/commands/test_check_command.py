"""`netra check`: what a text says that a result does not bear out, with what holds."""

import json
from io import StringIO
from pathlib import Path

import pytest
from tests.corpora.guard_score import CORPORA

from netra.entrypoints.cli import exit_code
from netra.entrypoints.commands.check import RESULT_MAX_BYTES, TEXT_MAX

RESULT = str(CORPORA / "guard-dev" / "payload-1.json")


def test_a_text_that_holds_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", RESULT, "code_review costs $19.98 over the log."]) == 0
    assert capsys.readouterr().out == "Nothing in this text contradicts the result.\n"


def test_another_feature_s_number_is_listed_with_the_true_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", RESULT, "tagging costs $19.98 over the log.", "--json"]) == 3
    checked = json.loads(capsys.readouterr().out)
    assert checked["holds"] is False
    (found,) = checked["findings"]
    assert (found["text"], found["what"]) == ("$19.98", "number")
    assert found["truth"] == "$1.20 (by_feature.usd_in_window of tagging)"


def test_a_verdict_a_name_and_a_date_are_listed_too(capsys: pytest.CaptureFixture[str]) -> None:
    text = "Most calls are duplicates. Use Mistral Large. gpt-4o is served until 2031-05-01. It costs $777."
    assert exit_code(["check", RESULT, text]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 statements not borne out by the result:"
    assert "'Most calls' (verdict)" in lines[1]
    assert "The share is" in lines[1]
    assert "'Mistral Large' (name)" in lines[2]
    assert "'2031-05-01' (date)" in lines[3]


def test_the_owner_of_a_number_is_named_where_the_row_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", RESULT, "nightly_digest has a p99 latency of 34,187 ms."]) == 3
    assert (
        "True: This number is 34,187 ms (latency.by_feature.latency_ms_p99 of code_review)."
        in capsys.readouterr().out
    )


def test_the_text_may_be_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = tmp_path / "slide.txt"
    slide.write_text("The plan saves $563.29 a month.\n", encoding="utf-8")
    assert exit_code(["check", RESULT, str(slide)]) == 0
    monkeypatch.setattr("sys.stdin", StringIO("The plan saves $999 a month.\n"))
    assert exit_code(["check", RESULT, "-"]) == 3


def test_a_run_of_the_api_is_a_result_too(tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(
        json.dumps({"id": "run-1", "result": json.loads(Path(RESULT).read_text(encoding="utf-8"))})
    )
    assert exit_code(["check", str(run), "The plan saves $563.29 a month."]) == 0


def test_what_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, binary, huge = tmp_path / "day.jsonl", tmp_path / "slide.bin", tmp_path / "huge.json"
    log.write_text('{"model": "gpt-4o"}\n')
    binary.write_bytes(b"\xff\xfe\x00\xd8")
    with huge.open("wb") as file:
        file.truncate(RESULT_MAX_BYTES + 1)
    assert exit_code(["check", str(log), "x"]) == 2
    assert "day.jsonl is no result of Netra" in capsys.readouterr().err
    assert exit_code(["check", RESULT, str(binary)]) == 2
    assert "is not text in UTF-8" in capsys.readouterr().err
    assert exit_code(["check", str(huge), "x"]) == 2
    assert "is larger than" in capsys.readouterr().err
    assert exit_code(["check", RESULT, "x " * TEXT_MAX]) == 2
    assert "check it in parts" in capsys.readouterr().err
