"""The page about questions: every example is read as the page says, every field is on it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.agents.question.summary import QuestionSummary
from netra.domain.agents.wording.echo import echo_of

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text()
NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NAMES = KnownNames(
    features=("support_chat", "code_review", "doc_search", "tagging", "nightly_digest"),
    models=("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "claude-haiku-4-5"),
)


def rows(heading: str) -> list[tuple[str, str]]:
    """Return the rows of the first table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (.+?) \|$", section, flags=re.MULTILINE)
    return [row for row in found[1:] if set(row[0]) != {"-"}]


@pytest.mark.parametrize(("question", "understood"), rows("What is read"))
def test_an_example_is_read_as_the_page_says(question: str, understood: str) -> None:
    goals = read_goals(question, {}, now=NOW, names=NAMES)
    stated = [one for one in echo_of(goals).understood if not one.startswith("look at ")]
    assert "; ".join(stated) == understood
    assert goals.ask_back == ""


@pytest.mark.parametrize(("question", "_why"), rows("When Netra asks back"))
def test_an_unclear_question_is_asked_back(question: str, _why: str) -> None:
    assert read_goals(question, {}, now=NOW, names=NAMES).ask_back


def test_every_field_is_on_the_page() -> None:
    assert {f"`{field.name}`" for field in msgspec.structs.fields(QuestionSummary)} <= set(
        re.findall(r"`\w+`", PAGE)
    )
