"""Flex for calls that can wait, and what priority buys."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netra.domain.optimization.analysers import service_tier
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import compose, worth_alone
from netra.domain.optimization.model import Gap, Goals, Stance, never_stop
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.tariff import ServedTier
from netra.domain.optimization.traffic import batched, total_usd

Make = Callable[..., Study]
Call = Callable[..., Any]
Price = Callable[..., Tariff]
CALL_USD = 1000e-6 + 100 * 4e-6


@pytest.fixture
def tiered(tariff: Price) -> Tariff:
    """A model at $1 a million, flex at half and priority at twice that."""
    return tariff(
        tiers=(
            ServedTier(name="flex", tariff=tariff(usd=0.5e-6, tier="flex")),
            ServedTier(name="priority", tariff=tariff(usd=2e-6, tier="priority")),
        )
    )


def found_in(study: Study) -> list[Finding | Gap]:
    return list(service_tier.analyse(study, checkpoint=never_stop))


def only(study: Study) -> Finding:
    (found,) = found_in(study)
    assert isinstance(found, Finding)
    return found


def test_calls_that_can_wait_a_quarter_of_an_hour_cost_half_at_flex(
    study: Make, call: Call, tiered: Tariff
) -> None:
    rows = [call(n, deadline_s=900.0, status="ok") for n in range(30)]
    rows += [call(30 + n, deadline_s=899.0, status="ok" if n else "429") for n in range(10)]
    asked = study(rows, tiered)
    found = only(asked)
    assert (found.stance, found.inputs.calls) == (Stance.DO, 30)
    assert found.inputs.saved_usd_in_window == pytest.approx(30 * CALL_USD / 2)
    assert worth_alone(asked, found).saved_usd == pytest.approx(30 * CALL_USD / 2)
    assert found.low_share == pytest.approx(1 - 1 / 40)
    assert "2.5 % of its calls, none of them at flex" in found.assumptions[1]


def test_the_refusals_of_flex_calls_count_where_there_are_some(
    study: Make, call: Call, tiered: Tariff
) -> None:
    rows = [call(n, offline=True, status="ok") for n in range(8)]
    rows += [call(9 + n, service_tier="flex", status="429" if n else "ok") for n in range(2)]
    found = only(study(rows, tiered))
    assert (found.inputs.calls, found.inputs.refused_share) == (8, 0.5)
    assert found.inputs.refused_share_is_of_flex_calls


def test_without_a_status_the_low_end_is_zero(study: Make, call: Call, tiered: Tariff) -> None:
    found = only(study([call(n, offline=True) for n in range(3)], tiered))
    assert (found.low_share, found.inputs.refused_share) == (0.0, None)
    assert "the low end is zero" in found.assumptions[1]


def test_priority_calls_that_can_wait_go_to_flex_too(study: Make, call: Call, tiered: Tariff) -> None:
    rows = [call(n, offline=True, service_tier="priority") for n in range(4)]
    flex, _ = found_in(study(rows, tiered))
    assert isinstance(flex, Finding)
    assert flex.inputs.saved_usd_in_window == pytest.approx(4 * 1.5 * CALL_USD)


def test_what_a_batch_takes_is_not_saved_again(
    study: Make, call: Call, tariff: Price, tiered: Tariff, finding: Callable[..., Finding]
) -> None:
    rows = [call(n, offline=True) for n in range(4)]
    both = tariff(tiers=tiered.tiers, batch=tariff(usd=0.5e-6))
    asked = study(rows, both)
    flex = only(asked)
    assert flex.change is not None
    in_batches = batched(asked.traffic, np.ones(4, np.bool_))
    assert total_usd(flex.change(in_batches)) == pytest.approx(total_usd(in_batches))
    batch = finding("batch", change=lambda traffic: batched(traffic, np.ones(len(traffic), np.bool_)))
    plan = compose(asked, (batch, flex), checkpoint=never_stop)
    assert plan.planned_usd_per_month == pytest.approx(plan.current_usd_per_month / 2)


def test_a_log_that_does_not_say_what_can_wait_is_a_gap(study: Make, call: Call, tiered: Tariff) -> None:
    (gap,) = found_in(study([call(n) for n in range(4)], tiered))
    assert isinstance(gap, Gap)
    assert "$0.0028 of $0.0056" in gap.would_add


def test_nothing_is_said_where_nothing_can_wait_or_no_tier_has_a_price(
    study: Make, call: Call, tariff: Price, tiered: Tariff
) -> None:
    assert found_in(study([], tiered)) == []
    assert found_in(study([call(offline=False)], tiered)) == []
    assert found_in(study([call(offline=True)], tariff())) == []
    assert found_in(study([call()], tariff())) == []
    assert found_in(study([call(service_tier="priority")], tariff())) == []


def tiers(call: Call, *, gain_ms: float, sessions: int = 80) -> list[Any]:
    """Return sessions of two calls, every second one at priority, which is `gain_ms` sooner."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(sessions):
        is_priority = number % 2 == 0
        for turn in range(2):
            ttft_ms = 500.0 + float(rng.normal(0, 30)) - (gain_ms if is_priority else 0.0)
            rows.append(
                call(
                    number * 60 + turn,
                    session=f"s{number}",
                    service_tier="priority" if is_priority else "default",
                    ttft_ms=ttft_ms,
                    latency_ms=ttft_ms + 990.0,
                    offline=False,
                )
            )
    return rows


def test_what_priority_costs_and_gains_is_measured(study: Make, call: Call, tiered: Tariff) -> None:
    asked = study(tiers(call, gain_ms=100.0), tiered)
    found = only(asked)
    assert (found.stance, found.inputs.calls) == (Stance.EVALUATE, 80)
    assert found.inputs.premium_usd_in_window == pytest.approx(80 * CALL_USD)
    assert worth_alone(asked, found).saved_usd == pytest.approx(80 * CALL_USD)
    first, rest = found.inputs.gained
    assert first.low_ms < 100.0 < first.high_ms
    assert first.high_ms - first.low_ms < 40.0
    assert (first.priority_calls, first.default_calls) == (80, 80)
    assert rest.gained_ms == pytest.approx(0.0, abs=1e-9)
    assert "50.0 % of what they cost. Its time to first token is" in found.impact
    assert "No difference in time per output token is visible" in found.impact


def test_slower_priority_is_said_to_be_later(study: Make, call: Call, tiered: Tariff) -> None:
    assert " ms later on average (" in only(study(tiers(call, gain_ms=-100.0), tiered)).impact


def test_few_sessions_have_no_interval(study: Make, call: Call, tiered: Tariff) -> None:
    found = only(study(tiers(call, gain_ms=100.0, sessions=6), tiered))
    assert found.inputs.gained[0].low_ms is None
    assert "too few sessions for an interval" in found.impact


def test_blocks_of_time_stand_in_for_sessions(study: Make, call: Call, tiered: Tariff) -> None:
    rows = [
        call(
            n * 60,
            service_tier="priority" if n % 3 == 0 else "default",
            ttft_ms=400.0 if n % 3 == 0 else 500.0,
            offline=False,
        )
        for n in range(120)
    ]
    (gained,) = only(study(rows, tiered)).inputs.gained
    assert gained.low_ms == pytest.approx(100.0)


def test_priority_is_kept_where_the_default_tier_breaks_a_limit(
    study: Make, call: Call, tiered: Tariff
) -> None:
    goals = Goals(ttft_ms_p99=450.0)
    found = only(study(tiers(call, gain_ms=100.0), tiered, goals=goals))
    assert (found.stance, found.action) == (Stance.AVOID, "Keep these calls at priority")
    assert found.impact.endswith("At the default tier the p99 time to first token breaks the limit.")


def test_without_default_calls_only_the_premium_is_known(study: Make, call: Call, tiered: Tariff) -> None:
    rows = [call(n, service_tier="priority", ttft_ms=400.0, offline=False) for n in range(9)]
    found = only(study(rows, tiered))
    assert found.inputs.gained == ()
    assert "The log has no calls of the same kind at the default tier" in found.impact
