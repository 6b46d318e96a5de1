"""Every surface says what was understood, for questions that are easily misread."""

import json
from pathlib import Path

import pytest
from tests.unit.domain.agents.misread import MISREAD

from netra.entrypoints.embedded import Netra

from .test_nine_questions import Door, Row, ask, call  # noqa: F401  # a fixture

ROWS: list[Row] = [
    *(call(n, feature="search", latency_ms=400.0, prompt_hash=f"s{n % 5}") for n in range(30)),
    *(call(n, feature="chat", latency_ms=1_500.0, prompt_hash=f"c{n}") for n in range(30, 60)),
]


def said(report: str) -> str:
    return " ".join(report.split())


@pytest.mark.parametrize(("question", "understood"), MISREAD)
def test_an_answer_opens_with_what_was_understood(question: str, understood: str, ask: Door) -> None:  # noqa: F811
    result = ask(question, ROWS)
    report = said(result["report"])
    assert report.startswith("Understood: ")
    assert understood in report
    asked_back = result["metrics"]["goals"].get("ask_back")
    assert asked_back is None or result["recommendations"] == []


async def test_an_embedded_answer_opens_with_what_was_understood(tmp_path: Path) -> None:
    async with Netra.open(tmp_path) as netra:
        owner = await netra.add_user("ask@example.com", name="Asker", password="correct horse battery")
        log = tmp_path / "log.jsonl"
        log.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
        workload, _ = await netra.import_file(owner, log)
        for question, understood in MISREAD:
            answer = await netra.ask(owner, question, workload_id=workload.id)
            assert understood in said(answer.advice.report)
