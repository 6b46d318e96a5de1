"""`netra validate`, on a table and a log made here."""

import json
from pathlib import Path

import pytest

from netra.domain.optimization.price_check import Disagreement, PriceCheck
from netra.entrypoints.cli import exit_code
from netra.entrypoints.commands.validate import price_lines_of

HEADER = "model,hardware,precision,isl,osl,batch_size,tp_size,ttft_ms,tpot_ms\n"
ROWS = "".join(
    f"Llama-3.1-70B,H200-SXM-141GB,fp8,1024,256,{batch},4,{80 * batch},{9 + batch / 4}\n"
    for batch in (1, 4, 16)
)


def table(tmp_path: Path, text: str) -> str:
    path = tmp_path / "measured.csv"
    path.write_text(text)
    return str(path)


def test_the_figures_come_under_the_names_that_other_tools_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "performance", table(tmp_path, HEADER + ROWS), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures.keys() >= {
        "tpot_mape",
        "tpot_median_error",
        "ttft_mape",
        "interval_80_coverage",
        "pairs_ordered_right",
        "rows",
        "rows_refused",
    }
    assert figures["rows"] + len(figures["rows_refused"]) == 3


def test_a_row_that_cannot_be_read_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = HEADER + ROWS + "Llama-3.1-70B,H200-SXM-141GB,fp8,many,256,1,4,80,9\n"
    assert exit_code(["validate", "performance", table(tmp_path, broken)]) == 0
    assert "Line 5: " in capsys.readouterr().out


def test_a_table_without_a_usable_row_is_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "performance", table(tmp_path, HEADER)]) == 3
    assert "0 rows used, 0 refused" in capsys.readouterr().out


def test_a_file_that_is_no_table_of_measurements_is_refused_with_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "performance", table(tmp_path, "a,b\n1,2\n")]) == 2
    assert "found the columns a, b" in capsys.readouterr().err


def log(tmp_path: Path, *, model: str) -> str:
    path = tmp_path / "calls.csv"
    rows = "".join(f"2026-11-01T00:00:{second:02}Z,{model},1000,100\n" for second in range(20))
    path.write_text("timestamp,model,input_tokens,output_tokens\n" + rows)
    return str(path)


def test_the_bill_agrees_with_prices_asked_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "prices", log(tmp_path, model="gpt-4o"), "--json"]) == 0
    check = json.loads(capsys.readouterr().out)
    assert (check["rows"], check["rows_compared"], check["agrees"]) == (20, 20, True)
    assert check["bill_usd"] == pytest.approx(check["listed_usd"], rel=1e-6)


def test_a_log_without_a_price_is_no_agreement_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "prices", log(tmp_path, model="house-model")]) == 3
    out = capsys.readouterr().out
    assert "No price is known of house-model; --model names one to use." in out
    assert out.endswith("There was nothing to compare.\n")


def test_a_price_may_be_borrowed_from_a_model_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["validate", "prices", log(tmp_path, model="house-model"), "--model", "gpt-4o"]) == 0
    assert capsys.readouterr().out.endswith("They agree to 0.01 %.\n")


def test_calls_that_disagree_are_named() -> None:
    check = PriceCheck(
        rows=2,
        rows_compared=2,
        models_unpriced=(),
        bill_usd=1.1,
        listed_usd=1.0,
        bill_error=0.1,
        row_error_max=0.2,
        agrees=False,
        worst=(Disagreement(event="#2", model="gpt-4o", bill_usd=0.6, listed_usd=0.5),),
    )
    lines = price_lines_of(check)
    assert "  #2 (gpt-4o): $0.60000000 against $0.50000000" in lines
    assert lines[-1] == "They do not agree to 0.01 %."


def test_the_costs_of_a_log_are_held_against_list_prices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "calls.csv"
    head = "timestamp,model,input_tokens,output_tokens,cost,service_tier\n"
    rows = "".join(f"2026-11-01T00:00:{second:02}Z,gpt-5.5,1000,100,0.0056,default\n" for second in range(20))
    rows += "2026-11-02T00:00:00Z,gpt-5.5,1000,100,0.02,priority\n"
    rows += "2026-11-02T00:00:01Z,gpt-5.5,1000,100,0,\n"
    rows += "2026-11-02T00:00:02Z,house-model,1000,100,0.5,\n"
    path.write_text(head + rows)
    assert exit_code(["validate", "prices", str(path)]) == 0
    out = capsys.readouterr().out
    assert "logged costs   $0.132000 for 22 calls with a list price of $0.188000, 70.2 % of it" in out
    assert "1 call at no cost: reserved capacity." in out
    assert "1 call with a cost and without a list price." in out
    assert "2026-11-01 gpt-5.5 (default): $0.112000 for $0.160000" in out
    assert "2026-11-02 gpt-5.5 (priority): $0.020000 for $0.020000" in out
