"""A number that plainly sets no goal is named as left out; the question is answered."""

from datetime import UTC, datetime

import pytest

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.mark.parametrize("message", ["2027 make it cheaper", "make it cheaper. 2025"])
def test_a_year_sets_no_goal_and_is_not_asked_about(message: str) -> None:
    goals = read_goals(message, {}, now=NOW, names=KnownNames())
    assert (goals.saving_share, goals.budget_usd_per_month, goals.ask_back) == (None, None, "")
    assert len(goals.unread) == 1
