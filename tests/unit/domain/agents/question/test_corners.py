"""Rare ways of asking that the corpora lack."""

from typing import Any

import pytest
from tests.unit.domain.agents.question.test_corpora import NAMES, NOW

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.agents.question.slips import slips_in
from netra.domain.agents.wording.echo import echo_of
from netra.domain.optimization.model import Goals


def read(message: str, names: KnownNames = NAMES, **parameters: Any) -> Goals:
    return read_goals(message, parameters, now=NOW, names=names)


def test_a_sum_of_more_spending_is_no_budget() -> None:
    goals = read("we may spend $500 more a month")
    assert goals.budget_usd_per_month is None
    assert "a sum of more spending" in goals.unread[0]


def test_a_corrected_saving_stays_a_saving() -> None:
    goals = read("save $500 a month, sorry, $700 a month")
    assert (goals.saving_usd_per_month, goals.budget_usd_per_month) == (700.0, None)


def test_a_correction_of_another_feature_corrects_nothing() -> None:
    goals = read("TTFT 500 ms for doc_search, actually TTFT 700 ms for support_chat")
    assert {limit.feature: limit.value_ms for limit in goals.limits} == {
        "doc_search": 500.0,
        "support_chat": 700.0,
    }


@pytest.mark.parametrize(
    "message",
    [
        "Make it cheaper (ticket 4711)",
        "Make it cheaper (run 12)",
        "Team of 37, 3 products, 1 goal: lower the bill",
        "see section 4.2: cut the bill",
        "The coffee machine on 3 is dead. Lower the bill, please.",
        "Release 2026 is out, make it cheaper",
    ],
)
def test_a_number_that_is_plainly_no_goal_is_left_out_and_said(message: str) -> None:
    goals = read(message)
    assert goals.ask_back == ""
    assert all("a number that sets no goal" in one for one in goals.unread)
    assert goals.unread


@pytest.mark.parametrize(
    "message",
    ["Make it cheaper (12)", "cost cut: 30", "p99 under 2", "cut the bill to 2000"],
)
def test_a_bare_number_that_may_be_a_goal_is_asked_back(message: str) -> None:
    assert "a number without a unit" in read(message).ask_back


@pytest.mark.parametrize("message", ["Would zephyrus-9 lower our bill?", "JIRA-2291: lower the bill"])
def test_a_name_that_nothing_has_is_said(message: str) -> None:
    goals = read(message)
    assert "is known" in " ".join(goals.unread)
    assert goals.ask_back == ""


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("Earlier I asked for 4x H100; make that 2x H100", 2),
        ("we used to have 12 H100s, now we own 6 H100s", 6),
        ("we own 4x H100, the H100s are idle", 4),
    ],
)
def test_a_later_count_replaces_a_fleet_that_is_gone_or_corrected(message: str, count: int) -> None:
    assert [fleet.count for fleet in read(message).fleets] == [count]


def test_what_is_dismissed_with_its_number_sets_no_goal() -> None:
    goals = read("Ignore my previous mail with the $3k budget. Lower the bill.")
    assert goals.budget_usd_per_month is None
    assert "“$3k” is taken back" in goals.assumed


def test_a_fact_goes_on_after_its_first_number() -> None:
    goals = read("Latency was 2 s before the upgrade and 3 s after")
    assert goals.limits == ()
    assert read("Latency was 2 s, and 3 s is the limit").limits[0].value_ms == 3_000.0


@pytest.mark.parametrize(
    ("message", "share"),
    [
        ("20 % off doc_search; off tagging I want double that", 0.4),
        ("cut it by 7.5pp", 0.075),
        ("reduce the cost to a maximum of 80 % of today's", 0.2),
        ("make it 25 % cheaper. Sorry, 15 %", 0.15),
    ],
)
def test_a_share_is_read_with_what_it_refers_to(message: str, share: float) -> None:
    goals = read(message)
    shares = [one.saving_share for one in goals.per_feature] or [goals.saving_share]
    assert share in shares


def test_a_multiple_that_no_saving_can_reach_is_asked_back() -> None:
    assert read("60 % off doc_search; off tagging I want double that").ask_back


@pytest.mark.parametrize(
    ("message", "speedup"),
    [
        ("code_review may be up to 20% slower if that helps the bill", 1 / 1.2),
        ("a speedup by a factor of one point five please", 1.5),
        ("a speedup of 2 point two five x please", 2.25),
    ],
)
def test_a_factor_is_read_whole(message: str, speedup: float) -> None:
    assert read(message).speedup == pytest.approx(speedup)


def test_errors_and_other_things_give_no_saving() -> None:
    goals = read("errors are at 2 % this week, cost is what matters though")
    assert goals.saving_share is None
    assert goals.facts


def test_what_a_doubling_would_cost_asks_for_growth_only_where_traffic_is_named() -> None:
    assert read("What would a doubling of traffic cost?").traffic_growth == 1.0
    assert read("What would a doubling from here cost?").ask_back


def test_a_time_that_is_too_long_is_a_fact() -> None:
    goals = read("2 s is too slow for support_chat, 1.2 s would be ok")
    assert [limit.value_ms for limit in goals.limits] == [1_200.0]
    assert goals.facts == ("2 s is too slow for support_chat",)


def test_a_limit_that_stays_excludes_nothing() -> None:
    goals = read("leave the 3 s limit on doc_search as it is and save 10 %")
    assert (goals.excluded, goals.saving_share) == ((), 0.1)
    assert goals.limits[0].feature == "doc_search"


@pytest.mark.parametrize(
    ("message", "percentile"),
    [
        ("E2E p99.5 <= 25 s", 99.5),
        ("TTFT under 1500 ms for p75", 75.0),
        ("TTFT < 300ms (not p99 but p95)", 95.0),
    ],
)
def test_a_percentile_is_read_as_it_stands(message: str, percentile: float) -> None:
    (limit,) = read(message).limits
    assert (limit.percentile, limit.feature) == (percentile, "")


def test_more_spending_is_no_budget() -> None:
    goals = read("we can spend another $300 a month if it makes support_chat 2x faster")
    assert (goals.budget_usd_per_month, goals.speedup) == (None, 2.0)


@pytest.mark.parametrize(
    ("message", "budget", "saving"),
    [
        ("$6.4k last month. Can we get to 5k without touching invoice_ocr?", 5_000.0, None),
        ("we lose $2k a month to retries, lower that", None, None),
        ("reduce our $10k bill by $3k", None, 3_000.0),
        ("spend 30 % less than the $9k we pay now", None, None),
        ("$0.50 per ticket is our target", None, None),
    ],
)
def test_a_sum_that_is_paid_today_is_no_target(
    message: str, budget: float | None, saving: float | None
) -> None:
    goals = read(message)
    assert (goals.budget_usd_per_month, goals.saving_usd_per_month) == (budget, saving)


@pytest.mark.parametrize(
    ("message", "growth"), [("traffic will be half in December", -0.5), ("traffic will be half more", 0.5)]
)
def test_what_traffic_becomes_is_what_is_left(message: str, growth: float) -> None:
    assert read(message).traffic_growth == growth


def test_a_name_inside_the_metric_does_not_hide_it() -> None:
    goals = read("at most 250 ms to first token in support_chat, at most 12 s for the whole code_review call")
    assert [(one.metric, one.value_ms) for one in goals.limits] == [("ttft", 250.0), ("latency", 12_000.0)]


def test_gpus_that_might_be_bought_are_not_owned() -> None:
    assert [fleet.is_owned for fleet in read("what if we bought 4 H200?").fleets] == [False]


def test_a_period_after_the_words_of_saving_counts() -> None:
    assert read("shave $250 off each week").saving_usd_per_month == pytest.approx(1_087.05)


def test_from_it_leaves_the_model_named_before() -> None:
    goals = read("60% of the spend is gpt-4o. Should we move from it to gpt-4o-mini?")
    assert (goals.from_models, goals.models) == (("gpt-4o",), ("gpt-4o-mini",))


def test_a_poem_about_costs_is_out_of_scope() -> None:
    assert "not about a request log" in read("write a haiku about our costs").ask_back


def test_a_day_to_come_is_no_missing_change_when_traffic_grows() -> None:
    goals = read("We start the campaign on 2027-02-01 with 3 times the traffic, are we ready?")
    assert (goals.traffic_growth, goals.unread) == (2.0, ())


def test_a_vague_number_of_calls_is_no_goal() -> None:
    goals = read("we make thousands of calls a day, make it 20 % cheaper")
    assert (goals.saving_share, goals.unread) == (0.2, ())


def test_a_number_of_repetitions_is_no_factor() -> None:
    goals = read("we retry 3 times a day, find savings")
    assert (goals.speedup, goals.saving_share) == (None, None)


def test_half_as_much_again_is_growth_by_half() -> None:
    assert read("half as much traffic again").traffic_growth == 0.5


def test_an_impossible_factor_is_asked_back() -> None:
    assert "unclear what the share refers to" in read("2000x faster").ask_back


def test_a_slip_of_a_plain_word_is_found_and_an_inflection_is_none() -> None:
    found = slips_in("the invocies checkout tagged", known=("invoices", "checkouts", "tagging"))
    assert [(slip.name, name) for slip, name in found] == [("invocies", "invoices")]


def test_a_feature_named_beside_a_narrowed_goal_is_studied_too() -> None:
    goals = read("20 % cheaper for tagging. Also look at doc_search")
    assert goals.features == ("tagging", "doc_search")


def test_gpu_memory_and_ruled_out_analyses_are_understood() -> None:
    echo = echo_of(read("it has to fit in 80 GB of GPU memory, no batch please"))
    assert "at most 80 GiB of GPU memory" in echo.understood
    assert "no batch" in echo.understood


def test_a_price_of_a_thing_after_another_is_a_price_too() -> None:
    goals = read("we pay $0.03 per call, can we get to $0.02?")
    assert goals.budget_usd_per_month is None
    assert goals.ask_back


@pytest.mark.parametrize("message", ["", "   "])
def test_an_empty_question_is_not_asked_back(message: str) -> None:
    assert read(message).ask_back == ""


def test_parameters_are_goals_enough() -> None:
    assert read("go", saving_share=0.2).ask_back == ""


def test_a_limit_in_parameters_replaces_that_of_the_message() -> None:
    goals = read("TTFT p99 below 500 ms, TPOT below 50 ms", ttft_ms=300, tpot_ms=20)
    assert (goals.ttft_ms_p99, goals.tpot_ms_p99) == (300.0, 20.0)
    assert {limit.metric: limit.value_ms for limit in goals.limits} == {"ttft": 300.0, "tpot": 20.0}


@pytest.mark.parametrize("message", ["shave 300 ms off the latency", "TTFT has to improve by 200 ms"])
def test_a_difference_of_time_is_no_limit(message: str) -> None:
    goals = read(message)
    assert goals.limits == ()
    assert "a difference of time sets no limit" in goals.ask_back


@pytest.mark.parametrize("message", ["it's 20 % more expensive than last month", "we've been 10 % slower"])
def test_a_change_for_the_worse_without_leave_is_a_fact(message: str) -> None:
    goals = read(message)
    assert (goals.saving_share, goals.speedup) == (None, None)
    assert goals.facts == (message,)


@pytest.mark.parametrize("message", ["double our savings", "25 % fewer retries", "20 % less of the tokens"])
def test_a_share_of_something_else_is_no_saving(message: str) -> None:
    assert read(message).saving_share is None
