"""`netra simulate`, on a log made here."""

import json
from pathlib import Path

import pytest

from netra.entrypoints.cli import exit_code

LOG = "timestamp,model,input_tokens,output_tokens\n" + "".join(
    f"2026-11-01T00:{minute:02}:00Z,gpt-4o,1000,{100 * (minute % 2 + 1)}\n" for minute in range(30)
)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "calls.csv"
    path.write_text(LOG)
    return str(path)


def test_a_cut_answer_is_counted_and_priced(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["simulate", log, "--max-output-tokens", "100", "--json"]) == 0
    simulated = json.loads(capsys.readouterr().out)
    assert simulated["truncated_share"] == 0.5
    assert simulated["then_usd_in_window"] < simulated["now_usd_in_window"]


def test_the_outcome_is_told_step_by_step(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["simulate", log, "--to-model", "gpt-4o-mini", "--max-output-tokens", "100"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("30 calls: $")
    assert "  Output length     saves $" in out
    assert "  Right sizing      saves $" in out
    assert "  50.0 % of the answers would be cut." in out
    assert "latency now   not known" in out


def test_a_fleet_is_told_with_its_price_and_whether_it_keeps_the_limits(
    log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["simulate", log, "--gpu", "H100-SXM-80GB", "--hosted-model", "Llama-3.1-8B"]) == 0
    out = capsys.readouterr().out
    assert "Llama-3.1-8B on " in out
    assert "an hour, keeps the latency limits" in out
    assert "latency then  TTFT p99 " in out


def test_what_serves_the_log_today_is_told_beside_what_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(LOG.replace("gpt-4o", "Llama-3.1-8B"))
    today = ["--served-on", "2x H100-SXM-80GB", "--served-replicas", "2"]
    assert exit_code(["simulate", str(path), *today, "--gpus-per-replica", "1", "--replicas", "1"]) == 0
    out = capsys.readouterr().out
    assert "now   Llama-3.1-8B on 2 x 2 H100-SXM-80GB, fp8: $11.80 an hour" in out
    assert "then  Llama-3.1-8B on 1 x 1 H100-SXM-80GB, fp8: $2.95 an hour, keeps the latency limits" in out
    assert "(-75%)" in out
    assert exit_code(["simulate", str(path), *today]) == 2
    assert "Propose a change" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Propose a change, such as --to-model NAME or --cache."),
        (["--to-model", "gtp-4"], "No price is known for a model named 'gtp-4'."),
        (["--gpu", "abacus"], "No GPU named 'abacus' is in the catalogue."),
        (["--batch-share", "2"], "2.0 is not in the range 0<=x<=1"),
    ],
)
def test_a_proposal_that_cannot_be_tried_is_refused_in_a_sentence(
    options: list[str], said: str, log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["simulate", log, *options]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_calls_that_do_not_fit_the_new_model_stay_and_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        "timestamp,model,input_tokens,output_tokens\n"
        "2026-11-01T00:00:00Z,gpt-4.1,500000,10\n"
        "2026-11-01T00:00:01Z,gpt-4.1,500,10\n"
    )
    assert exit_code(["simulate", str(path), "--to-model", "gpt-4o-mini"]) == 0
    assert "1 call does not fit the new model's context and stays where it is." in capsys.readouterr().out


def test_a_day_has_a_month_and_half_an_hour_has_none(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = ["--max-output-tokens", "100"]
    assert exit_code(["simulate", log, *cut]) == 0
    assert " over the log now, $" in capsys.readouterr().out
    day = tmp_path / "day.csv"
    day.write_text(LOG + "2026-11-02T00:00:00Z,gpt-4o,1000,100\n" * 10)
    assert exit_code(["simulate", str(day), *cut]) == 0
    assert " a month now, $" in capsys.readouterr().out
    assert exit_code(["simulate", log, *cut, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["now_usd_per_month"] is None
