"""What becomes of exclusions, limits and unclear questions in an answer."""

from typing import Any

import pytest
from tests.unit.domain.agents.conftest import call, tariff
from tests.unit.domain.agents.opened import words_of

from netra.domain.optimization.wording import money
from netra.domain.workloads.model import Event

CALLS = tuple(
    call(
        60.0 * n,
        feature=("chat", "search")[n % 2],
        model=("big", "other")[n % 2],
        prompt_hash=f"same-{n % 2}" if n < 100 else f"p{n}",
        latency_ms=1_000.0 + n,
        ttft_ms=200.0 + n,
    )
    for n in range(200)
)


@pytest.fixture
async def shop(desk: Any) -> Any:
    desk.tariffs = (tariff("big", 10, 40), tariff("other", 10, 40), tariff("small", 1, 4))
    await desk.workload(list(CALLS))
    return desk


def rows_of(name: str) -> list[Event]:
    return [one for one in CALLS if name in (one.feature, one.model)]


@pytest.mark.parametrize(
    "message",
    [
        "leave chat alone, optimise the rest",
        "don't touch big, 20 % cheaper",
        "everything except the chat feature",
    ],
)
async def test_no_recommendation_touches_an_excluded_call(shop: Any, message: str) -> None:
    advice = await shop.ask(message)
    assert advice.metrics.requests == 100
    scope = advice.metrics.scope
    assert scope.requests_excluded == 100
    assert {row.name for row in advice.metrics.by_feature} == {"search"}
    ids = {f"#{number}" for number, one in enumerate(CALLS, 1) if one.feature == "chat"}
    for recommendation in advice.recommendations:
        assert ids.isdisjoint(recommendation.evidence.sample_events)
    left_out, _, rest = words_of(advice).partition(" The numbers below are of the rest. ")
    usd = money(scope.excluded_usd_in_window)
    assert left_out == f"Left out as you asked: 100 calls, {usd} over the log."
    assert rest.startswith("Your 100 calls outside ")


async def test_the_bill_of_excluded_calls_counts_against_the_budget(desk: Any) -> None:
    desk.tariffs = (tariff("big", 10, 40),)
    await desk.workload([call(1_000.0 * n, feature=("chat", "search")[n % 2]) for n in range(200)])
    whole = await desk.ask("stay under $5,000 a month")
    part = await desk.ask("stay under $5,000 a month, but leave chat unchanged")
    half_usd = whole.metrics.plan.now_usd_per_month / 2
    assert part.metrics.plan.now_usd_per_month == pytest.approx(half_usd, rel=0.02)
    (outcome,) = part.metrics.targets
    assert outcome.target == "budget_usd_per_month"
    assert outcome.reached == pytest.approx(part.metrics.plan.planned_usd_per_month + half_usd, rel=0.02)
    assert "of the calls left out" in outcome.why


async def test_a_log_of_which_everything_is_excluded_is_asked_back(shop: Any) -> None:
    advice = await shop.ask("leave chat and search alone")
    assert advice.recommendations == ()
    assert "leaves no call" in advice.report


@pytest.mark.parametrize(
    "message", ["make it better", "write me a poem about GPUs", "we need 40 %", "I want 50"]
)
async def test_an_unclear_question_completes_with_a_question_and_no_advice(shop: Any, message: str) -> None:
    advice = await shop.ask(message)
    assert (advice.recommendations, advice.actions, advice.metrics.targets) == ((), (), ())
    assert advice.metrics.goals.ask_back
    assert words_of(advice) == advice.metrics.goals.ask_back
    assert advice.metrics.requests == 200


async def test_a_limit_is_judged_at_its_percentile_and_on_its_feature(shop: Any) -> None:
    advice = await shop.ask("TTFT p50 below 250 ms for chat, latency p95 under 1.5 s, cheaper")
    first, whole = advice.metrics.targets
    assert (first.percentile, first.feature, first.target) == (50.0, "chat", "ttft_ms_p99")
    assert first.reached == pytest.approx(299.0)
    assert (whole.percentile, whole.reached) == (95.0, pytest.approx(1_189.05))
    assert advice.metrics.requests == 200
    assert "at p50" in advice.report


async def test_the_goals_of_features_are_judged_apart(shop: Any) -> None:
    advice = await shop.ask(
        "20 % cheaper for chat, 2x faster for search and save $1 a month on search, a budget of $9 for chat"
    )
    found = {(one.target, one.feature): one for one in advice.metrics.targets}
    assert set(found) == {
        ("saving_share", "chat"),
        ("budget_usd_per_month", "chat"),
        ("speedup", "search"),
        ("saving_usd_per_month", "search"),
    }
    assert found["speedup", "search"].met is None
    assert found["saving_share", "chat"].reached is not None


async def test_a_saving_in_dollars_is_judged(shop: Any) -> None:
    (outcome,) = (await shop.ask("save $100 a month")).metrics.targets
    assert (outcome.target, outcome.asked) == ("saving_usd_per_month", 100.0)


async def test_facts_set_no_goal_and_are_repeated(shop: Any) -> None:
    advice = await shop.ask("our bill went up 40 % last month, find savings")
    assert advice.metrics.goals.facts == ("our bill went up 40 % last month",)
    assert advice.metrics.targets == ()
    assert "as a fact: “our bill went up 40 % last month”" in advice.report


async def test_a_ruled_out_analysis_and_model_are_not_advised(shop: Any) -> None:
    advice = await shop.ask("cheaper, but don't use small and no caching")
    assert not {"prompt_caching"} & {one.kind for one in advice.recommendations}
    assert all("small" not in one.action for one in advice.recommendations)


async def test_a_move_between_models_covers_the_calls_of_the_first_only(shop: Any) -> None:
    shop.tariffs = (tariff("gpt-4o", 10, 40), tariff("gpt-4.1", 10, 40), tariff("gpt-4o-mini", 1, 4))
    await shop.workload([call(60.0 * n, model=("gpt-4o", "gpt-4.1")[n % 2]) for n in range(200)], name="two")
    advice = await shop.ask("move from gpt-4o to gpt-4o-mini", workload_id="wl-two")
    (move,) = [one for one in advice.recommendations if one.kind == "right_sizing"]
    assert move.inputs["calls"] == 100


async def test_a_limit_that_the_log_cannot_show_is_not_judged(desk: Any) -> None:
    desk.tariffs = (tariff("big", 10, 40),)
    await desk.workload([call(60.0 * n) for n in range(20)])
    (outcome,) = (await desk.ask("TTFT p95 below 500 ms")).metrics.targets
    assert (outcome.met, outcome.reached) == (None, None)
