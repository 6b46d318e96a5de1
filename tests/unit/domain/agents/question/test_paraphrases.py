"""The nine questions in ninety other ways: the same goals, so the same numbers, whatever a model reads."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.unit.domain.agents.asked import ASKED, Asked, result_of
from tests.unit.domain.agents.language.scripts import model, well
from tests.unit.domain.agents.paraphrases import PARAPHRASES

from netra.domain.agents.language.hearing import merge_readings
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.heard import ModelReadGoals, QuestionReading
from netra.domain.agents.question.mentions import KnownNames, names_of
from netra.domain.optimization.model import Goals
from netra.domain.workloads.columns import columns_of
from netra.ports.language_model import LanguageModelUnavailable

pytestmark = pytest.mark.at_length

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
NAMES = {kind: names_of(columns_of(asked.calls)) for kind, asked in ASKED.items()}
WRONG: Mapping[str, Any] = {
    "priority": "performance", "saving_share": 0.91, "speedup": 7.0, "traffic_growth": 3.3,
    "budget_usd_per_month": 1.0, "ttft_ms_p99": 500.0, "tpot_ms_p99": 2.0, "latency_ms": 500.0,
    "features": ["chat", "search"], "models": ["gpt-4o"], "analyses": ["batch"], "split_by": "feature",
}  # fmt: skip


def read(message: str, names: KnownNames) -> Goals:
    return read_goals(message, {}, now=NOW, names=names)


def rightly(goals: Goals) -> ModelReadGoals:
    """Fill the form as the goals are."""
    fields = {name: getattr(goals, name) for name in ("saving_share", "speedup", "traffic_growth")}
    return ModelReadGoals(**fields, models=goals.models or None, features=goals.features or None)


def test_there_are_nine_questions_in_ten_other_ways() -> None:
    assert PARAPHRASES.keys() == ASKED.keys()
    assert {len(set(said)) for said in PARAPHRASES.values()} == {10}


@pytest.mark.parametrize("kind", PARAPHRASES)
def test_a_question_said_otherwise_asks_the_same(kind: str) -> None:
    asked = read(ASKED[kind].message, NAMES[kind])
    assert asked.unread == ()
    for said in PARAPHRASES[kind]:
        assert read(said, NAMES[kind]) == asked, said


@pytest.mark.parametrize("kind", PARAPHRASES)
def test_a_model_that_reads_well_or_badly_or_not_at_all_changes_no_goal(kind: str) -> None:
    for said in PARAPHRASES[kind]:
        local = read(said, NAMES[kind])
        wrong = msgspec.convert(WRONG, ModelReadGoals)
        for heard in (rightly(local), wrong, None):
            both = merge_readings(
                local, QuestionReading(goals=heard, reason="failed"), message=said, names=NAMES[kind]
            )
            assert both.goals == local, said
            assert both.taken == ()
        unquoted = merge_readings(local, QuestionReading(goals=wrong), message=said, names=NAMES[kind])
        assert set(unquoted.refused) == WRONG.keys(), said
        assert unquoted.differences == ()


@pytest.mark.parametrize("kind", PARAPHRASES)
async def test_the_numbers_are_the_same_with_a_model_and_without(kind: str) -> None:
    asked = ASKED[kind]
    said = Asked(message=PARAPHRASES[kind][0], calls=asked.calls)
    silent = numbers(await result_of(asked))
    down = LanguageModelUnavailable("down")
    for one in (model(well), model(well, reads=json.dumps(WRONG)), model(down, reads=down)):
        assert numbers(await result_of(said, language_model=one)) == silent


def numbers(result: dict[str, Any]) -> dict[str, Any]:
    """Return all of a result but its words and what is said of the model."""
    spoken = ("language_model", "usage")
    metrics = {name: value for name, value in result["metrics"].items() if name not in spoken}
    return {**result, "metrics": metrics, "report": ""}
