"""Choosing under limits."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.optimization.model import Goals, Option, Priority
from netra.domain.optimization.pareto import front, measure_of, pick

API = Option(name="api", usd_in_window=100.0, usd_per_month=100.0, ttft_ms_p99=800.0)
FAST = Option(name="fast", usd_in_window=300.0, usd_per_month=300.0, ttft_ms_p99=200.0, memory_gib=70.0)
SLOW = Option(name="slow", usd_in_window=50.0, usd_per_month=50.0, ttft_ms_p99=5000.0, needs_evaluation=True)
DOMINATED = Option(name="dominated", usd_in_window=400.0, usd_per_month=400.0, ttft_ms_p99=900.0)
EVERY = (API, FAST, SLOW, DOMINATED)


@pytest.mark.parametrize(
    ("priority", "name"),
    [(Priority.COST, "api"), (Priority.PERFORMANCE, "fast"), (Priority.BALANCED, "fast")],
)
def test_the_priority_decides(priority: Priority, name: str) -> None:
    chosen = pick(EVERY, goals=Goals(priority=priority))
    assert chosen.option is not None
    assert chosen.option.name == name


def test_what_needs_an_evaluation_is_only_the_candidate() -> None:
    chosen = pick(EVERY, goals=Goals())
    assert chosen.candidate == SLOW
    assert "slow is better" in chosen.why


def test_the_front_leaves_out_what_is_beaten_in_both() -> None:
    assert [option.name for option in front(EVERY, measure="ttft_ms_p99")] == ["slow", "api", "fast"]


def test_an_option_that_breaks_a_limit_is_refused_with_the_limit() -> None:
    chosen = pick(EVERY, goals=Goals(ttft_ms_p99=500.0))
    assert chosen.option == FAST
    assert ("api", "TTFT p99 800.0 ms is over the limit of 500.0 ms") in chosen.refused


def test_a_budget_is_held_at_the_traffic_that_is_expected() -> None:
    option = Option(name="as it is", usd_in_window=800.0, usd_per_month=800.0)
    assert pick([option], goals=Goals(budget_usd_per_month=1000.0)).option == option
    grown = pick([option], goals=Goals(budget_usd_per_month=1000.0, traffic_growth=0.5))
    assert grown.option is None
    said = "budget 1,200.0 USD a month at 50.0 % more traffic is over the limit of 1,000.0 USD a month"
    assert grown.refused == (("as it is", said),)


@pytest.mark.parametrize(("share", "name"), [(0.0, "api"), (0.2, "api"), (-1.0, "api"), (-2.0, "fast")])
def test_who_asks_for_no_more_money_gets_nothing_dearer(share: float, name: str) -> None:
    goals = Goals(priority=Priority.PERFORMANCE, saving_share=share)
    chosen = pick(EVERY, goals=goals, now_usd=API.usd_per_month)
    assert chosen.option is not None
    assert chosen.option.name == name
    assert (("fast", "bill 300.0 USD is over the limit of 100.0 USD") in chosen.refused) is (share >= 0)


def test_where_the_bill_now_is_not_known_no_option_is_dearer() -> None:
    chosen = pick(EVERY, goals=Goals(priority=Priority.PERFORMANCE, saving_share=0.0))
    assert chosen.option == FAST


def test_a_budget_of_a_month_removes_nothing_where_no_month_is_known() -> None:
    option = Option(name="as it is", usd_in_window=800.0)
    chosen = pick((option,), goals=Goals(budget_usd_per_month=1.0), period="over the log")
    assert chosen.why == "It is the cheapest option within the limits, at $800.00 over the log."


def test_when_nothing_is_left_the_reason_says_so() -> None:
    chosen = pick(EVERY, goals=Goals(budget_usd_per_month=10.0))
    assert chosen.option is None
    assert "Every option breaks a limit" in chosen.why
    assert pick((), goals=Goals()).why == "There are no options to choose from."


def test_when_only_evaluations_are_left_they_are_named() -> None:
    chosen = pick(EVERY, goals=Goals(budget_usd_per_month=60.0))
    assert (chosen.option, chosen.candidate) == (None, SLOW)
    assert "if its answers pass an evaluation" in chosen.why


def test_an_unknown_latency_is_never_taken_as_kept() -> None:
    unknown = Option(name="unknown", usd_in_window=10.0, usd_per_month=10.0)
    limits = Goals(ttft_ms_p99=1.0, tpot_ms_p99=1.0, latency_ms={"": 1.0})
    chosen = pick([unknown], goals=limits)
    assert chosen.option == unknown
    assert "Its TTFT and TPOT and latency is not known" in chosen.why


def test_without_latencies_only_dollars_decide() -> None:
    unknown = Option(name="unknown", usd_in_window=10.0, usd_per_month=10.0)
    chosen = pick([unknown], goals=Goals(priority=Priority.PERFORMANCE))
    assert "chosen by cost" in chosen.why


def test_the_measure_is_the_one_a_limit_is_on() -> None:
    options = [Option(name="x", usd_in_window=1.0, usd_per_month=1.0, ttft_ms_p99=1.0, tpot_ms_p99=1.0)]
    assert measure_of(options, goals=Goals(tpot_ms_p99=5.0)) == "tpot_ms_p99"
    assert measure_of(options, goals=Goals(latency_ms={"": 5.0})) == "ttft_ms_p99"
    assert measure_of([], goals=Goals()) is None


numbers = st.none() | st.floats(1, 1000)
options = st.lists(
    st.builds(
        Option,
        name=st.text("abc", min_size=1, max_size=3),
        usd_per_month=st.floats(0, 1000),
        ttft_ms_p99=numbers,
        tpot_ms_p99=numbers,
        memory_gib=numbers,
        needs_evaluation=st.booleans(),
    ),
    max_size=6,
)
LIMITS = ("budget_usd_per_month", "ttft_ms_p99", "tpot_ms_p99", "gpu_memory_gib")


@pytest.mark.at_length
@settings(max_examples=300)  # cheap ones, and few of ten examples meet a limit
@given(offered=options, limit=st.sampled_from(LIMITS), value=st.floats(1, 1000), first=numbers)
def test_one_more_limit_never_makes_the_pick_cheaper(
    offered: list[Option], limit: str, value: float, first: float | None
) -> None:
    goals = Goals(ttft_ms_p99=first)
    if limit == "ttft_ms_p99" and first is not None:
        value = min(value, first)
    free, bound = (
        pick(offered, goals=goals),
        pick(offered, goals=msgspec.structs.replace(goals, **{limit: value})),
    )
    if bound.option is not None:
        assert free.option is not None
        assert bound.option.usd_per_month >= free.option.usd_per_month


@pytest.mark.at_length
@settings(max_examples=300)
@given(offered=options)
def test_nothing_on_the_front_is_beaten_in_both(offered: list[Option]) -> None:
    kept = front(offered, measure="ttft_ms_p99")
    for one in kept:
        for other in offered:
            if other.ttft_ms_p99 is not None and one.ttft_ms_p99 is not None:
                assert not (other.usd_per_month < one.usd_per_month and other.ttft_ms_p99 < one.ttft_ms_p99)
