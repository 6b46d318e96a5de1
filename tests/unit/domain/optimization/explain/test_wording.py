"""What an explanation says, and the one that a question asks for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec import UNSET

from netra.domain.optimization.explain.asked import asked_explanation
from netra.domain.optimization.explain.explanation import Explanation, explained
from netra.domain.optimization.explain.periods import periods_of
from netra.domain.optimization.explain.wording import notes, summary
from netra.domain.optimization.model import Goals
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.columns import columns_of, empty_events
from netra.domain.workloads.model import Event

Call = Callable[..., Event]
Price = Callable[..., Tariff]
HALVES = ("2026-11-02", "2026-11-02T01:00Z")


def found(
    call: Call, tariff: Price, *, later: dict[str, Any], every_s: int = 360, **fields: Any
) -> Explanation:
    """Explain an hour that is followed by one with other calls."""
    rows = [call(second, **fields) for second in range(0, 3600, 360)]
    rows += [call(second, **(fields | later)) for second in range(3600, 7200, every_s)]
    periods = periods_of("2026-11-02/2026-11-02T01:00Z", "2026-11-02T01:00Z/2026-11-02T02:00Z")
    return explained(columns_of(rows), prices=PriceList(tariffs={"big": tariff()}), periods=periods)


def test_the_largest_effects_are_named(call: Call, tariff: Price) -> None:
    said = summary(found(call, tariff, later={"tokens": (1000, 200)}))
    assert said == (
        "Costs rose by $0.004, 28.6 %: from $0.01 to $0.02. Of that: output tokens per call +$0.004."
    )
    assert "fell by" in summary(found(call, tariff, later={"tokens": (500, 100)}))


def test_nothing_changed_is_said(call: Call, tariff: Price) -> None:
    assert summary(found(call, tariff, later={})) == "Costs are the same in both periods: $0.01."


def test_periods_of_other_lengths_are_compared_by_the_hour(call: Call, tariff: Price) -> None:
    rows = [call(second) for second in range(0, 7200, 360)]
    rows += [call(second, tokens=(2000, 200)) for second in range(7200, 10_800, 360)]
    periods = periods_of("2026-11-02/2026-11-02T02:00Z", "2026-11-02T02:00Z/2026-11-02T03:00Z")
    uneven = explained(columns_of(rows), prices=PriceList(tariffs={"big": tariff()}), periods=periods)
    assert summary(uneven).startswith("Costs rose by $0.01 an hour, 100.0 %: from $0.01 to $0.03.")
    assert notes(uneven)[0] == (
        "The periods last 2.00 h and 1.00 h, so dollars an hour are compared; "
        "in all they cost $0.03 and $0.03."
    )


def test_a_bill_from_nothing_has_no_share(call: Call, tariff: Price) -> None:
    free = found(call, tariff, later={"service_tier": "default"}, service_tier="reserved")
    assert summary(free).startswith("Costs rose by $0.01: from $0.00 to $0.01. Of that: service tiers used")


def test_what_is_left_out_is_said(call: Call, tariff: Price) -> None:
    rows = [call(0), call(1, "unheard-of"), call(3600)]
    prices = PriceList(tariffs={"big": tariff()})
    left = explained(columns_of(rows), prices=prices, periods=periods_of(*HALVES[1:], None))
    assert "1 call of models without a known price (unheard-of) are in neither bill." in notes(left)
    assert any("retries (needs retry_of)" in note for note in notes(left))


def test_a_question_without_an_instant_compares_the_halves(call: Call, tariff: Price) -> None:
    rows = columns_of([call(second) for second in (0, 10, 3590, 3600)])
    prices = PriceList(tariffs={"big": tariff()})
    explanation, gaps = asked_explanation(rows, prices=prices, goals=Goals(analyses=("explain",)))
    assert isinstance(explanation, Explanation)
    assert (explanation.before.calls, explanation.after.calls, gaps) == (2, 2, ())


def test_a_question_about_an_instant_compares_both_sides_or_names_a_gap(call: Call, tariff: Price) -> None:
    rows = columns_of([call(second) for second in (0, 10, 20, 3600)])
    prices = PriceList(tariffs={"big": tariff()})
    begin = call(0).timestamp
    goals = Goals(analyses=("explain",), change_at=begin + timedelta(seconds=15))
    explanation, _ = asked_explanation(rows, prices=prices, goals=goals)
    assert isinstance(explanation, Explanation)
    assert explanation.before.calls == 2
    outside = Goals(analyses=("explain",), change_at=begin)
    nothing, gaps = asked_explanation(rows, prices=prices, goals=outside)
    assert nothing is UNSET
    assert [gap.kind for gap in gaps] == ["explain"]


def test_a_question_about_something_else_is_not_explained(call: Call) -> None:
    prices = PriceList(tariffs={})
    assert asked_explanation(columns_of([call(0)]), prices=prices, goals=Goals()) == (UNSET, ())
    asked = Goals(analyses=("explain",))
    assert asked_explanation(empty_events(), prices=prices, goals=asked) == (UNSET, ())
