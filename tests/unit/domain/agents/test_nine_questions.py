"""The nine questions, each asked of a small workload made for it; the numbers are worked out beside them.

Prices a million tokens, input/output: gpt-4o $10/$40 (cached $1), gpt-4o-mini $1/$4, gpt-5 $5/$20,
gpt-4.1 $20/$80. A plain call has 1,000 tokens in and 100 out: $0.014 at gpt-4o. Sixty calls a minute
apart span 3,540 s, which tells no month.
"""

from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from tests.unit.domain.agents.opened import words_of

from netra.domain.agents.guard.guard import unsupported
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.workloads.model import Event


def tariff(model: str, usd_in: float, usd_out: float, cached: float | None = None) -> Tariff:
    return Tariff(
        model=model,
        provider="acme",
        input=Rate(usd_per_token=usd_in / 1e6),
        output=Rate(usd_per_token=usd_out / 1e6),
        cached_input=None if cached is None else Rate(usd_per_token=cached / 1e6),
        caching=None if cached is None else "automatic",
        cache_min_tokens=1,
        cache_granularity_tokens=1,
    )


TARIFFS = (
    tariff("gpt-4o", 10, 40, cached=1),
    tariff("gpt-4o-mini", 1, 4),
    tariff("gpt-5", 5, 20),
    tariff("gpt-4.1", 20, 80),
)


class Asking(Protocol):
    async def __call__(self, message: str, calls: list[Event]) -> Advice: ...


@pytest.fixture
def ask(desk: Any) -> Asking:
    async def asked(message: str, calls: list[Event]) -> Advice:
        desk.tariffs = TARIFFS
        desk.clock.turn((datetime(2026, 11, 18, 9, tzinfo=UTC) - desk.clock.now()).total_seconds())
        await desk.workload(calls)
        advice: Advice = await desk.ask(message)
        said = {
            "recommendations": advice.recommendations,
            "metrics": advice.metrics,
            "actions": advice.actions,
            "supply_config": advice.supply_config,
        }
        assert unsupported(words_of(advice), said) == ()
        return advice

    return asked


def call(number: int, *, every_s: int = 60, **fields: Any) -> Event:
    day = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday; the question comes on Wednesday
    shape: dict[str, Any] = {"model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100} | fields
    return Event(timestamp=datetime.fromtimestamp(day.timestamp() + number * every_s, UTC), **shape)


def of_kind(advice: Advice, kind: str) -> list[Recommendation]:
    return [found for found in advice.recommendations if found.kind == kind]


def target(advice: Advice, name: str) -> TargetOutcome:
    return next(row for row in advice.metrics.targets if row.target == name)


def two_features() -> list[Event]:
    """Thirty searches, the first ten of one prompt and the last one slow, then thirty chats."""
    searches = [
        call(
            number,
            feature="search",
            latency_ms=600.0 if number == 29 else 400.0,
            prompt_hash="same" if number < 10 else f"s{number}",
        )
        for number in range(30)
    ]
    chats = [
        call(number, feature="chat", latency_ms=1_500.0, prompt_hash=f"c{number}") for number in range(30, 60)
    ]
    return searches + chats


async def test_cheaper_at_equal_quality_with_a_limit_per_feature(ask: Asking) -> None:
    advice = await ask(
        "Make it cheaper at equal quality; search within 500 ms and chat within 2 s.", two_features()
    )
    limits = {row.feature: row for row in advice.metrics.latency.by_feature}
    # p99 of 29 x 400 and 600 stands at place 0.99 x 29 = 28.71: 400 + 0.71 x 200
    assert limits["search"].latency_ms_p99 == pytest.approx(542.0)
    assert (limits["search"].met, limits["search"].calls_over_limit) == (False, 1)
    assert (limits["chat"].met, limits["chat"].limit_ms) == (True, 2_000.0)
    # nine of the ten equal prompts need no model: no quality is touched
    assert advice.recommendations[0].kind == "exact_duplicates"
    assert advice.recommendations[0].savings.usd_in_window == pytest.approx(9 * 0.014)
    assert (
        "search has a p99 latency of 542 ms against the limit of 500 ms, so the log breaks it"
        in advice.report
    )


async def test_three_times_faster_at_no_more_money(ask: Asking) -> None:
    advice = await ask("3x faster at no more money", two_features())
    assert target(advice, "saving_share").met is True
    assert target(advice, "saving_share").reached == pytest.approx(9 / 60)
    # nothing in this log answers faster than the 1,500 ms of a chat
    assert (target(advice, "speedup").reached, target(advice, "speedup").met) == (1.0, False)
    assert "(3 times as fast) is not met" in advice.report


async def test_half_as_much_usage_again(ask: Asking) -> None:
    advice = await ask(
        "50 % more usage next month: what happens to cost and rate limits?", [call(n) for n in range(60)]
    )
    assert advice.metrics.growth.bill_usd_in_window == pytest.approx(60 * 0.014 * 1.5)
    # the busiest minute has one call of 1,100 tokens; with half as much again 1,650
    assert advice.recommendations[0].kind == "rate_limits"
    assert "1,650 tokens a minute" in advice.recommendations[0].action
    assert "With 50.0 % more traffic" in advice.report


async def test_one_named_function(ask: Asking) -> None:
    calls = [
        call(n, template="rank" if n % 3 == 0 else "write", prompt_hash="one" if n < 30 else f"p{n}")
        for n in range(60)
    ]
    advice = await ask("Optimize the rank function", calls)
    assert advice.metrics.requests == 20
    assert advice.metrics.bill_usd == pytest.approx(20 * 0.014)
    # of its ten calls in the first half nine repeat the first one's prompt
    assert advice.recommendations[0].savings.usd_in_window == pytest.approx(9 * 0.014)
    assert words_of(advice).startswith("Your 20 calls of rank cost $0.28")


async def test_would_these_models_suit(ask: Asking) -> None:
    advice = await ask("Would gpt-4o-mini or gpt-5 suit my traffic?", [call(n) for n in range(60)])
    mini, five = of_kind(advice, "right_sizing")
    # a tenth and a half of the price: a cascade pays above an accept rate of 10 % and 50 %
    assert mini.savings.usd_in_window == pytest.approx(60 * 0.014 * 0.9)
    assert five.savings.usd_in_window == pytest.approx(60 * 0.014 * 0.5)
    assert (mini.cost_change, five.cost_change) == ("-90%", "-50%")
    assert "10.0 % of its answers" in mini.impact
    assert "50.0 % of its answers" in five.impact
    assert advice.recommendations[:2] == (mini, five)


async def test_audit_of_caching(ask: Asking) -> None:
    calls = [call(n, prefix_hashes=[1, 2, 100 + n], prefix_block_tokens=400) for n in range(60)]
    advice = await ask("Audit all uses of KV caching", calls)
    # every call but the first finds two blocks of 400 tokens, a minute old; the third is its own
    shares = {row.ttl_s: row.token_share for row in advice.metrics.prefix_reuse}
    assert shares == {60: pytest.approx(59 * 800 / 60_000), 300: shares[60], None: shares[60]}
    found = advice.recommendations[0]
    assert found.kind == "prompt_caching"
    assert found.savings.usd_in_window == pytest.approx(59 * 800 * 9e-6)  # $10 - $1 a million
    assert found.savings.usd_per_month is None  # the log covers 0.98 h


async def test_cheaper_and_faster_at_more_usage(ask: Asking) -> None:
    advice = await ask("20 % cheaper and 2x faster at 30 % more usage", two_features())
    assert target(advice, "saving_share").reached == pytest.approx(0.15)
    assert target(advice, "saving_share").met is False
    assert target(advice, "speedup").met is False
    assert advice.metrics.growth.bill_usd_in_window == pytest.approx(0.84 * 1.3)
    assert advice.metrics.growth.planned_usd_in_window == pytest.approx(0.84 * 0.85 * 1.3)
    assert "The saving asked for (20.0 %) is not met" in advice.report


async def test_tools_for_a_newer_model(ask: Asking) -> None:
    calls = [call(n, tool="web_search" if n % 4 else "code_runner") for n in range(60)]
    advice = await ask("Which tools should move to gpt-5, and at what verbosity?", calls)
    by_tool = {row.name: row.usd_in_window for row in advice.metrics.by_tool}
    assert by_tool == {"web_search": pytest.approx(45 * 0.014), "code_runner": pytest.approx(15 * 0.014)}
    search, runner = of_kind(advice, "right_sizing")
    assert search.savings.usd_in_window == pytest.approx(45 * 0.014 / 2)
    assert runner.savings.usd_in_window == pytest.approx(15 * 0.014 / 2)
    # $5 and $20 a million: 1,000 tokens in leave $0.009 of $0.014 for the answer, 450 tokens
    assert "under 450 tokens; answers average 100 tokens now" in search.impact
    assert "web_search" in search.action
    assert "code_runner" in runner.action


async def test_was_the_upgrade_worth_it(ask: Asking) -> None:
    # 80 calls at gpt-4o, then 80 of the same at gpt-4.1, twice the price, from Tuesday 02:40 on
    calls = [
        call(n, every_s=1_200, model="gpt-4o" if n < 80 else "gpt-4.1", template="rank", accepted=n % 10 != 0)
        for n in range(160)
    ]
    advice = await ask("Was yesterday's upgrade to gpt-4.1 worth it? What should be rolled back?", calls)
    assert advice.metrics.goals.change_at == datetime(2026, 11, 17, 2, 40, tzinfo=UTC)
    roll_back, review = of_kind(advice, "upgrade_review")
    assert "not worth it" in review.action
    assert roll_back.action == "Roll back rank"
    assert roll_back.savings.usd_in_window == pytest.approx(80 * 0.014)  # back from $0.028 to $0.014 a call
