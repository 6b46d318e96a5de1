"""`netra check` passes every line of the report of `netra optimize`, whatever was asked."""

import json
from itertools import islice
from pathlib import Path

import pytest

from netra.domain.agents.guard.findings import check_text
from netra.entrypoints.cli import exit_code
from netra.entrypoints.commands.check import echo_in, result_in

SHARED = Path("../shared/data")
LOGS = {
    "sample": (None, ()),
    "azure": (SHARED / "azure_llm_2023_conv.csv", ("--model", "gpt-4o")),
    "mooncake": (SHARED / "mooncake_synthetic.jsonl", ("--model", "claude-sonnet-4.5")),
}
ROWS = 600  # of each log: enough for advice of every kind, and fast
CASES = (
    ("sample", "TTFT p99 <= 500 ms; look at kv cache"),
    ("sample", "20 % cheaper and 2x faster; leave code_review alone; we have 4x H100"),
    ("sample", "Can I self-host? budget 500 dollars a month, traffic grows 30 %"),
    pytest.param("azure", "latency p99 <= 5 s for everything, save 30 %", marks=pytest.mark.shared_data),
    pytest.param("mooncake", "how many GPUs do I need? TPOT p99 <= 50 ms", marks=pytest.mark.shared_data),
)


@pytest.mark.parametrize(("log", "ask"), CASES)
def test_every_line_of_the_report_passes_the_check(
    log: str, ask: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, options = LOGS[log]
    path = tmp_path / ("calls.jsonl" if source is None else source.name)
    if source is None:
        assert exit_code(["sample", "--seed", "7", "--requests", str(ROWS), "--out", str(path)]) == 0
    else:
        with source.open(encoding="utf-8") as lines:
            path.write_text("".join(islice(lines, ROWS)), encoding="utf-8")
    capsys.readouterr()
    assert exit_code(["optimize", str(path), *options, "--ask", ask, "--json"]) == 0
    written = capsys.readouterr().out
    (tmp_path / "result.json").write_text(written, encoding="utf-8")
    result = result_in(tmp_path / "result.json")
    report = json.loads(written)["report"]
    assert "Understood: " in report
    for text in (report, *report.splitlines()):
        assert check_text(text, result, echo=echo_in(result)).findings == ()
    (tmp_path / "report.md").write_text(report, encoding="utf-8")
    assert exit_code(["check", str(tmp_path / "result.json"), str(tmp_path / "report.md")]) == 0
