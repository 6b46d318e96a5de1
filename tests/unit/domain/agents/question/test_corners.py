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
