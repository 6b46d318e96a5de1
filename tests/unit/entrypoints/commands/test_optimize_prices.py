"""`netra optimize` on logs whose prices are open, negotiated, discounted or about to change."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netra.entrypoints.cli import exit_code

START = datetime(2026, 11, 20, tzinfo=UTC)
AS_OF = ("--as-of", "2026-11-30")


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    common = {"model": "gpt-5.5", "input_tokens": 1_000, "output_tokens": 300}
    return [
        {"timestamp": (START + timedelta(minutes=n)).isoformat(), **common, **fields} for n in range(count)
    ]


def log(tmp_path: Path, calls: Sequence[dict[str, Any]]) -> str:
    path = tmp_path / "calls.jsonl"
    path.write_text("\n".join(json.dumps(call) for call in calls))
    return str(path)


def first_lines(text: str, count: int = 8) -> str:
    return " ".join(" ".join(text.split("\n")[:count]).split())


def test_calls_under_a_deployment_s_name_are_named_first_with_their_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mixed = [*rows(90), *rows(60, model="prod-gpt-4o-eastus")]
    assert exit_code(["optimize", log(tmp_path, mixed), *AS_OF]) == 0
    said = first_lines(capsys.readouterr().out)
    assert "60 calls (40.0 % of the calls, 40.0 % of the tokens)" in said
    assert "prod-gpt-4o-eastus (did you mean gpt-4o?)" in said


def test_a_log_without_any_price_is_no_bill_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["optimize", log(tmp_path, rows(90, model="prod-chat")), *AS_OF]) == 3
    said = first_lines(capsys.readouterr().out)
    assert "The bill of this log is not known: no call of it has a known price." in said
    assert "90 calls (100.0 % of the calls, 100.0 % of the tokens)" in said


def test_a_price_file_prices_a_deployment_and_a_negotiated_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.json"
    file.write_text(
        '[{"model": "prod-chat", "same_as": "gpt-4o", "provider": "openai"},'
        ' {"model": "gpt-5.5", "input_usd_per_mtok": 1, "output_usd_per_mtok": 10}]'
    )
    calls = log(tmp_path, [*rows(10), *rows(10, model="prod-chat")])
    assert exit_code(["optimize", calls, "--prices", str(file), "--json", *AS_OF]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert metrics["bill_usd"] == pytest.approx(10 * (0.001 + 0.003) + 10 * (0.0025 + 0.003))
    assert metrics["billed"]["source"] == "list"
    assert "unpriced" not in metrics


def test_a_faulty_price_file_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.json"
    file.write_text("{}")
    assert exit_code(["optimize", log(tmp_path, rows(3)), "--prices", str(file)]) == 2
    assert "is not a list of prices" in capsys.readouterr().err


def test_costs_in_the_log_are_the_bill_and_their_ratio_to_the_list_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    discounted = log(tmp_path, rows(100, cost=0.7 * 0.014))
    assert exit_code(["optimize", discounted, "--json", *AS_OF]) == 0
    found = json.loads(capsys.readouterr().out)
    metrics = found["metrics"]
    assert metrics["bill_usd"] == pytest.approx(100 * 0.7 * 0.014)
    assert metrics["bill_list_usd"] == pytest.approx(100 * 0.014)
    assert metrics["billed"]["source"] == "invoice"
    assert metrics["billed"]["ratio"] == pytest.approx(0.7)
    assert "by the costs in the log, 70.0 % of list prices" in found["report"]
    assert exit_code(["optimize", discounted, *AS_OF]) == 0
    assert "by the costs in the log, 70.0 % of list prices" in " ".join(capsys.readouterr().out.split())


def test_a_log_on_reserved_capacity_names_the_commitment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["optimize", log(tmp_path, rows(100, cost=0)), *AS_OF]) == 0
    said = first_lines(capsys.readouterr().out)
    assert "No call is paid by the token" in said
    assert "100 calls cost nothing by the token and have a list price of $1.40" in said


def test_an_announced_price_is_named_and_a_day_behind_it_prices_the_log_at_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = log(tmp_path, rows(1_600, model="gemini-3.8-flash"))
    assert exit_code(["optimize", calls, "--json", *AS_OF]) == 0
    before = json.loads(capsys.readouterr().out)
    (change,) = before["metrics"]["price_changes"]
    assert (change["model"], change["on"], change["factor"]) == ("gemini-3.8-flash", "2027-01-01", 2.0)
    assert "The price of gemini-3.8-flash changes on 2027-01-01" in before["report"]
    assert exit_code(["optimize", calls, "--json", "--as-of", "2027-01-15"]) == 0
    after = json.loads(capsys.readouterr().out)["metrics"]
    assert after["price_changes"] == []
    assert after["bill_usd"] == pytest.approx(before["metrics"]["bill_usd"])  # as it was on its own days
    monthly = before["metrics"]["bill_usd_per_month"]["value"]
    assert after["bill_usd_per_month"]["value"] == pytest.approx(2 * monthly)


def test_a_model_that_retires_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["optimize", log(tmp_path, rows(100, model="gpt-4o")), "--json", *AS_OF]) == 0
    assert "Retirement of gpt-4o by openai: 2027-01-14" in json.loads(capsys.readouterr().out)["report"]


def test_a_model_that_is_deprecated_without_a_day_is_named_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = rows(100, model="grok-2-1212", provider="x-ai")
    assert exit_code(["optimize", log(tmp_path, old), "--json", *AS_OF]) == 0
    assert "grok-2-1212 is deprecated." in json.loads(capsys.readouterr().out)["report"]


def test_a_change_is_tried_at_negotiated_prices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prices.json"
    file.write_text('[{"model": "own", "input_usd_per_mtok": 1, "output_usd_per_mtok": 1}]')
    words = [
        "simulate",
        log(tmp_path, rows(100)),
        "--to-model",
        "own",
        "--prices",
        str(file),
        "--json",
        *AS_OF,
    ]
    assert exit_code(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["then_usd_in_window"] == pytest.approx(100 * 0.0013)
