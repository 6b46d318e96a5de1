"""An answer as Markdown and as a table: the same recommendations, with text from the log made harmless."""

import csv
import io
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.result import Advice
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.markdown import markdown_of
from netra.entrypoints.reports.table import COLUMNS, table_of

HOSTILE = '=cmd|"x" <img src=x onerror=alert(1)> [a](javascript:b)'


@pytest.fixture
def hostile(advice: Advice) -> Advice:
    """The answer, whose first recommendation quotes a name from the log that is hostile."""
    first, *others = advice.recommendations
    changed = msgspec.structs.replace(first, action=HOSTILE)
    return msgspec.structs.replace(advice, recommendations=(changed, *others))


def test_the_table_has_a_line_for_each_recommendation_the_plan_first(advice: Advice) -> None:
    rows = list(csv.DictReader(io.StringIO(table_of(digest_of(advice)))))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(advice.recommendations)
    shelves = [row["shelf"] for row in rows]
    assert shelves == sorted(shelves, key=["plan", "evaluate", "avoid", "know"].index)
    by_id: dict[str, Any] = {each.id: each for each in advice.recommendations}
    for row in rows:
        marginal = by_id[row["id"]].savings.marginal_usd_per_month
        assert row["marginal_usd_per_month"] == ("" if marginal is None else str(marginal))


def test_a_cell_that_begins_like_a_formula_is_quoted(hostile: Advice) -> None:
    rows = list(csv.DictReader(io.StringIO(table_of(digest_of(hostile)))))
    (found,) = [row for row in rows if "onerror" in row["action"]]
    assert found["action"].startswith("'=cmd")


def test_markdown_holds_every_section_of_the_page(advice: Advice) -> None:
    digest = digest_of(advice)
    text = markdown_of(digest, source="shop", question="Cheaper?")
    assert text.startswith("# ")
    assert "shop · “Cheaper?”" in text
    for item in digest.shown:
        assert item.effort + " effort" in text
    for action in advice.actions:
        assert f"{action.order}. " in text
    assert text.count("## ") >= 3
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_markdown_shows_names_from_the_log_as_text(hostile: Advice) -> None:
    text = markdown_of(digest_of(hostile), source="<script>", question="a\n# b")
    assert "<img" not in text.replace("\\<img", "")
    assert "[a](" not in text.replace("\\[a\\](", "")
    assert "<script" not in text.replace("\\<script", "")
    assert "\n# b" not in text
