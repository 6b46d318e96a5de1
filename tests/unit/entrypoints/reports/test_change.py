"""A report on a question about a changed bill leads with what changed it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from rich.console import Console

from netra.domain.optimization.explain.explanation import (
    ComparedBills,
    Effect,
    Explanation,
    PeriodBill,
)
from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import Events
from netra.entrypoints.reports.change_plot import change_plot
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.page import page_of
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
    assert 'id="change-words"' in page


def test_what_is_too_small_to_see_is_one_bar(explanation: Explanation) -> None:
    assert change_plot(explanation).alt == (
        "Dollars: before $10.00; number of calls +$10.00; input tokens per call -$1.00; others +$0.01; "
        "after $19.01."
    )


def test_nothing_to_show_is_two_bars(explanation: Explanation) -> None:
    bills: Any = msgspec.structs.replace(explanation.compared, after_usd=10.0, change_usd=0.0)
    still = msgspec.structs.replace(
        explanation, compared=bills, effects=(Effect(name="volume", usd=0.0, usd_per_hour=0.0),)
    )
    assert change_plot(still).alt == "Dollars: before $10.00; after $10.00."
