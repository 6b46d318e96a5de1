"""Score the reader on questions that others wrote; the figures are printed. All of them are in sample.

`questions-own` are of its builder. The others come from four people who had not read the reader; `-b`, `-c`,
`-d` mark the second to the fourth. Each was scored once before anybody looked at it: those held-out figures
are in `docs/questions.md`, and are the ones to quote.
"""

from pathlib import Path

import pytest
from tests.unit.domain.agents.question.scoring import known_names, scored, totals

CORPORA = Path(__file__).parents[4] / "corpora"
NAMES, NOW = known_names(CORPORA / "log_names.json")


@pytest.mark.parametrize("name", ["questions-dev", "slo-dev", "questions-own", "slo-dev-b"])
def test_the_questions_of_development_are_read_right(name: str) -> None:
    scores = scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW)
    print(name, totals(scores))
    assert [one.why for one in scores if not one.is_right] == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "silent"),
    [
        ("questions-held", 146, 1, 0),
        ("slo-held", 20, 0, 0),
        ("questions-dev-b", 79, 0, 0),
        ("questions-held-b", 80, 0, 0),
        ("slo-held-b", 20, 0, 0),
        ("questions-dev-c", 214, 1, 0),
        ("slo-dev-c", 39, 0, 0),
        ("questions-held-d", 147, 0, 0),
        ("slo-held-d", 40, 0, 0),
    ],
)
def test_no_question_is_read_worse_than_when_it_was_scored(
    name: str, right: int, wrong: int, silent: int
) -> None:
    found = totals(scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW))
    print(name, found)
    assert found.right >= right
    assert found.wrong <= wrong
    assert found.silent <= silent


@pytest.mark.parametrize("name", ["questions-dev", "questions-own"])
def test_every_exclusion_is_read(name: str) -> None:
    scores = scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW)
    assert not [one.name for one in scores if one.kind == "exclusion" and not one.is_right]
