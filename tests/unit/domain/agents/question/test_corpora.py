"""Score the reader on questions that others wrote; the figures are printed.

`questions-dev` and `slo-dev` were open while the reader was built. The held-out files, where they exist, were
scored once at the end; their figures are the ones to quote.
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


@pytest.mark.parametrize("name", ["questions-dev", "questions-own"])
def test_every_exclusion_is_read(name: str) -> None:
    scores = scored(CORPORA / f"{name}.jsonl", NAMES, now=NOW)
    assert not [one.name for one in scores if one.kind == "exclusion" and not one.is_right]
