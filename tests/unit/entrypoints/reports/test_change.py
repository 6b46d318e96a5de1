"""A report on a question about a changed bill leads with what changed it."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from rich.console import Console
from tests.unit.entrypoints.reports.test_page import content_of

from netra.domain.optimization.explain.explanation import (
    ComparedBills,
    Effect,
    Explanation,
    PeriodBill,
)
from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import Events
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.page import change_page, page_of
from netra.entrypoints.reports.report import rendered
from netra.entrypoints.reports.sketch import sketch_of

AT = datetime(2026, 11, 20, tzinfo=UTC)
BILL = PeriodBill(since=AT, until=AT, hours=2.0, calls=3, usd=10.0, usd_per_hour=5.0)


@pytest.fixture
def explanation() -> Explanation:
    """A bill that doubles by volume, and falls a little by its lengths."""
    return Explanation(
        before_usd=10.0,
        after_usd=19.01,
        effects=(
            Effect(name="volume", usd=10.0, usd_per_hour=5.0),
            Effect(name="input_length", usd=-1.0, usd_per_hour=-0.5, mostly="ch\x1bat", mostly_usd=-1.0),
            Effect(name="output_length", usd=0.01, usd_per_hour=0.005),
        ),
        before=BILL,
        after=BILL,
        compared=ComparedBills(
            before_usd=10.0, after_usd=19.01, change_usd=9.01, change_share=0.901, is_hourly=False
        ),
        by_kind=(),
        not_known=(),
        calls_without_price=0,
        models_without_price=(),
    )


@pytest.fixture
def asked(advice: Advice, explanation: Explanation) -> Advice:
    metrics = msgspec.structs.replace(advice.metrics, explanation=explanation)
    return msgspec.structs.replace(advice, metrics=metrics)


def test_the_headline_is_what_was_asked_for(asked: Advice) -> None:
    digest = digest_of(asked)
    assert digest.headline.startswith("Costs rose by $9.01, 90.1 %: from $10.00 to $19.01.")
    assert any("sum to the difference" in note for note in digest.notes)


def test_a_terminal_and_a_page_show_the_effects(asked: Advice, events: Events) -> None:
    digest, sketch = digest_of(asked), sketch_of(events)
    console = Console(record=True, width=120)
    console.print(rendered(digest, sketch=sketch, source="a.csv"))
    text = console.export_text()
    assert "Why the bill changed" in text
    assert "number of calls" in text
    assert "\x1b" not in text
    page = page_of(digest, sketch=sketch, source="a.csv", question="why?")
    shown = content_of(page)["advice"]["metrics"]["explanation"]["effects"]
    assert [one["name"] for one in shown] == ["volume", "input_length", "output_length"]


def test_a_page_of_its_own_holds_the_change_and_its_reservations(explanation: Explanation) -> None:
    content = content_of(change_page(explanation, source="two\x1b.csv"))
    assert content["kind"] == "change"
    assert content["headline"].startswith("Costs rose by $9.01, 90.1 %: from $10.00 to $19.01.")
    assert content["explanation"]["compared"]["after_usd"] == 19.01
    assert any("sum to the difference" in note for note in content["notes"])
    assert "\\u001b" not in json.dumps([content["source"], content["explanation"]])
