"""Score the reader on questions that others wrote; the figures are printed.

`questions-dev` and `slo-dev` were open while the reader was built, `questions-own` are its builder's. The
held-out files were scored once, at the end; their figures are the ones to quote.
"""

from pathlib import Path

import pytest
from tests.unit.domain.agents.question.scoring import known_names, scored, totals

CORPORA = Path(__file__).parents[4] / "corpora"
NAMES, NOW = known_names(CORPORA / "log_names.json")


@pytest.mark.parametrize("name", ["questions-dev", "slo-dev", "questions-own"])
def test_the_questions_of_development_are_read_right(name: str) -> None:
    scores = scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW)
    print(name, totals(scores))
    assert [one.why for one in scores if not one.is_right] == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "silent"), [("questions-held", 128, 10, 2), ("slo-held", 18, 1, 0)]
)
def test_the_held_out_questions_are_read_no_worse_than_when_they_were_scored(
    name: str, right: int, wrong: int, silent: int
) -> None:
    """The figures are those of the only scoring, on the reader as it was then."""
    found = totals(scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW))
    print(name, found)
    assert found.right >= right
    assert found.wrong <= wrong
    assert found.silent <= silent


@pytest.mark.parametrize("name", ["questions-dev", "questions-own"])
def test_every_exclusion_is_read(name: str) -> None:
    scores = scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW)
    assert not [one.name for one in scores if one.kind == "exclusion" and not one.is_right]
