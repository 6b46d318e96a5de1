"""`netra validate performance`, on a table made here."""

import json
from pathlib import Path

import pytest

from netra.entrypoints.cli import exit_code

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
