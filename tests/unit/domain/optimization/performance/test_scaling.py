"""Autoscaling policies on days whose answer can be counted."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netra.domain.optimization.performance.scaling import Policy, demand_of, scaled

DAY = np.concatenate([np.full(720, 1.0), np.full(720, 4.0)])  # twelve quiet hours, twelve busy ones


def test_a_fixed_fleet_is_the_peak_and_idles_the_rest() -> None:
    day = scaled(DAY, policy=Policy.FIXED)
    assert (day.least, day.most, day.replica_hours, day.short_share) == (4, 4, 96.0, 0.0)
    assert day.idle_share == pytest.approx(1 - 60 / 96)


def test_hours_of_the_day_are_followed_without_missing_any() -> None:
    day = scaled(DAY, policy=Policy.HOURLY)
    assert (day.least, day.most, day.replica_hours, day.short_share, day.idle_share) == (1, 4, 60.0, 0.0, 0.0)


def test_a_reactive_policy_is_late_by_the_start_and_lets_go_late() -> None:
    day = scaled(DAY, policy=Policy.REACTIVE)
    # 2 for the quiet hours (1 / 0.7), 6 for the busy ones, three minutes late: 12 of 3600 demand-minutes
    assert (day.least, day.most) == (2, 6)
    assert day.short_share == pytest.approx(3 * 4 / (720 + 4 * 720))
    assert day.replica_hours == pytest.approx((723 * 2 + 717 * 6) / 60)
    falling = scaled(DAY[::-1].copy(), policy=Policy.REACTIVE)
    assert falling.short_share == 0.0
    assert falling.replica_hours == pytest.approx(((720 + 3 + 9) * 6 + (720 - 12) * 2) / 60)


def test_empty_minutes_count_as_no_demand() -> None:
    demand = demand_of(np.array([0.0, 179.0]), seconds=240.0, carried_per_s=1 / 60)
    assert demand.tolist() == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(("seconds", "windows"), [(0.0, 1), (120.0, 2), (121.0, 3)])
def test_there_are_windows_for_the_whole_time_and_the_last_holds_its_end(
    seconds: float, windows: int
) -> None:
    demand = demand_of(np.array([seconds]), seconds=seconds, carried_per_s=1 / 60)
    assert demand.tolist() == [*[0.0] * (windows - 1), 1.0]


def test_no_demand_needs_one_replica_and_misses_nothing() -> None:
    day = scaled(np.zeros(10), policy=Policy.FIXED)
    assert (day.most, day.short_share, day.idle_share) == (1, 0.0, 1.0)


@settings(max_examples=40)
@given(
    demand=hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(0.0, 50.0)),
    policy=st.sampled_from(Policy),
)
def test_no_policy_pays_less_than_it_serves_and_fixed_misses_nothing(
    demand: np.ndarray, policy: Policy
) -> None:
    day = scaled(demand, policy=policy)
    assert 0.0 <= day.idle_share <= 1.0 + 1e-9
    assert 0.0 <= day.short_share <= 1.0
    assert 1 <= day.least <= day.most
    assert policy is Policy.REACTIVE or day.short_share == 0.0


@pytest.mark.shared_data
def test_a_public_day_of_arrivals_needs_fewer_replica_hours_when_followed(shared: Path) -> None:
    rates: dict[float, float] = defaultdict(float)
    with (shared / "servegen_deepseek_r1_arrivals.csv").open() as lines:
        for _, at_s, rate, *_ in csv.reader(lines):
            rates[float(at_s)] += float(rate)
    demand = np.array([rates[at_s] for at_s in sorted(rates)]) / 0.5
    fixed, reactive, hourly = (scaled(demand, policy=policy, window_s=600.0) for policy in Policy)
    assert len(demand) == 144
    assert hourly.replica_hours < fixed.replica_hours
    assert hourly.short_share == fixed.short_share == 0.0
    assert reactive.short_share < 0.1
