"""An answer sorted for reading."""

from typing import Any

import msgspec
import pytest

from netra.domain.optimization.measures.span import Span
from netra.domain.optimization.model import Savings
from netra.domain.optimization.result import Advice
from netra.entrypoints.reports.digest import digest_of, interval, is_sufficient, worth_of


def test_every_recommendation_stands_on_one_shelf(advice: Advice) -> None:
    digest = digest_of(advice)
    assert [item.kind for item in digest.plan] == ["prompt_caching", "batch"]
    assert [item.kind for item in digest.to_evaluate] == ["right_sizing"]
    assert [item.kind for item in digest.avoid] == ["self_hosting"]
    assert [item.kind for item in digest.know] == ["rate_limits"]
    assert len(digest.shown) == len(advice.recommendations)


def with_metrics(advice: Advice, **sections: Any) -> Advice:
    return msgspec.structs.replace(advice, metrics=msgspec.structs.replace(advice.metrics, **sections))


def test_the_headline_says_what_the_plan_saves_together(advice: Advice) -> None:
    digest = digest_of(advice)
    assert digest.headline == "$5,582 of $15,680 a month can be saved: 35.6 % of the bill."
    assert digest.then_usd == pytest.approx(15680 - 5582)


def test_a_log_too_short_to_scale_counts_its_own_dollars(advice: Advice) -> None:
    digest = digest_of(with_metrics(advice, span=Span(seconds=20.0, per_month=1.0, scaled=False)))
    assert digest.headline.startswith("$5,582 of $15,680 over the log can be saved")


def test_nothing_worth_doing_is_said_as_such(advice: Advice) -> None:
    idle = msgspec.structs.replace(
        advice.metrics.plan, planned_usd_per_month=15600.0, saved_usd_per_month=80.0, saved_share=0.005
    )
    assert (
        digest_of(with_metrics(advice, plan=idle)).headline
        == "Nothing here is worth more than 1 % of the bill of $15,680 a month."
    )


def test_the_plan_is_read_as_it_was_ranked_and_drawn_as_it_was_priced(advice: Advice) -> None:
    ranked = msgspec.structs.replace(advice, recommendations=advice.recommendations[::-1])
    assert [item.kind for item in digest_of(ranked).plan] == ["batch", "prompt_caching"]
    assert [item.kind for item in digest_of(ranked).steps] == ["prompt_caching", "batch"]


def test_what_saves_nothing_more_beside_the_plan_is_only_worth_knowing(advice: Advice) -> None:
    spare = msgspec.structs.replace(
        advice.recommendations[0],
        savings=msgspec.structs.replace(
            advice.recommendations[0].savings, marginal_usd_per_month=None, applied_as=None
        ),
    )
    digest = digest_of(msgspec.structs.replace(advice, recommendations=(spare,)))
    assert digest.know == (spare,)


def test_a_price_that_was_assumed_is_said(advice: Advice) -> None:
    assert "Calls of 'unknown' are priced as claude-x." in digest_of(advice).notes


def test_an_answer_without_a_bill_says_that_there_is_none(no_advice: Advice) -> None:
    digest = digest_of(no_advice)
    assert digest.headline == "There is no bill to improve yet."
    assert digest.facts == ("0 calls",)
    assert not is_sufficient(no_advice)


def test_an_answer_with_advice_is_sufficient(advice: Advice) -> None:
    assert is_sufficient(advice)


def test_the_frontier_compares_by_the_first_measure_that_two_options_have(advice: Advice) -> None:
    frontier = digest_of(advice).frontier
    assert frontier is not None
    assert frontier.measure == "ttft_ms_p99"
    assert [p.name for p in frontier.points if p.is_pick] == ["cached"]
    assert [p.name for p in frontier.points if p.is_on_front] == ["cached", "16 x H100"]


def test_a_way_whose_measure_is_not_known_keeps_its_dollars(advice: Advice) -> None:
    frontier = digest_of(advice).frontier
    assert frontier is not None
    assert [(p.name, p.usd) for p in frontier.points if p.value is None] == [("by the dozen", 14000.0)]


def test_a_modelled_measure_is_told_as_its_range_and_a_measured_one_as_a_number(advice: Advice) -> None:
    frontier = digest_of(advice).frontier
    assert frontier is not None
    assert {point.name: frontier.formatted(point) for point in frontier.points} == {
        "as it is": "900 ms",
        "cached": "620 ms",
        "16 x H100": "400 ms to 700 ms",
        "by the dozen": "not known",
        "8 x A100": "4,100 ms",
    }
    room = msgspec.structs.replace(frontier, measure="memory_gib")
    assert room.formatted(room.points[0]) == "900 GiB"


def test_what_evaluations_could_add_is_said_beside_the_headline(advice: Advice) -> None:
    assert digest_of(advice).prospect == (
        "If what needs an evaluation passes it, the bill is $5,000 a month: 68.1 % less."
    )


def test_the_log_s_own_rate_comes_before_the_month_with_its_interval(advice: Advice) -> None:
    span = Span(seconds=3600.0, per_month=730.5, scaled=True)
    assert digest_of(with_metrics(advice, span=span)).rate == (
        "The log's 1.00 h cost $21.46, $21.46 an hour; a month $15,680 (90 % interval $11,000 to $22,000)."
    )
    unknown = with_metrics(advice, span=span, bill_usd_per_month=None)
    assert digest_of(unknown).rate.endswith(" an hour; the cost of a month is not known.")
    assert digest_of(with_metrics(advice, bill_usd=0.0)).rate == ""


def test_an_evaluation_that_adds_nothing_is_no_prospect(advice: Advice) -> None:
    plan = msgspec.structs.replace(advice.metrics.plan, if_evaluations_pass_saved_share=0.356)
    assert digest_of(with_metrics(advice, plan=plan)).prospect == ""


def test_a_step_of_the_plan_counts_for_what_it_adds_and_anything_else_for_itself(advice: Advice) -> None:
    digest = digest_of(advice)
    assert worth_of(digest.plan[1], now_usd=digest.now_usd) == (1270.0, "-8.1%")
    assert worth_of(digest.avoid[0], now_usd=digest.now_usd) == (-18000.0, "+115%")
    assert worth_of(digest.plan[1], now_usd=None) == (1500.0, "-8.1%")


def test_one_option_is_no_frontier(advice: Advice) -> None:
    lone = msgspec.structs.replace(advice.metrics.pareto, options=advice.metrics.pareto.options[:1])
    assert digest_of(with_metrics(advice, pareto=lone)).frontier is None


def test_a_marginal_saving_is_not_shown_with_the_interval_of_the_saving_alone() -> None:
    savings = Savings(
        usd_per_month=100.0,
        low=90.0,
        high=110.0,
        usd_in_window=1,
        share_of_bill=0,
        marginal_usd_per_month=40.0,
        applied_as=2,
    )
    assert interval(savings) == ""
    assert interval(msgspec.structs.replace(savings, marginal_usd_per_month=100.0)) == "$90.00 to $110.00"
    assert interval(msgspec.structs.replace(savings, usd_per_month=None)) == ""


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (10.0, 10.0, ""),
        (3980.0, 4630.0, "$3,980 to $4,630"),
        (-50.0, 20.0, "between $50.00 lost and $20.00 saved"),
        (-20.0, -10.0, "$10.00 to $20.00"),
    ],
)
def test_an_interval_is_said_in_words(low: float, high: float, said: str) -> None:
    savings = Savings(usd_per_month=(low + high) / 2, low=low, high=high, usd_in_window=0, share_of_bill=0)
    assert interval(savings) == said
