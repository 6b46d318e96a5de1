"""Autoscaling policies on days whose answer can be counted."""

import csv
import tracemalloc
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netra.domain.optimization.performance.scaling import (
    COOL_DOWN_S,
    START_UP_S,
    TARGET,
    Demand,
    Policy,
    demand_of,
    parted,
    scaled,
)


def demanded(by_window: np.ndarray) -> Demand:
    """Return the demand of a list with one value a window."""
    window = np.flatnonzero(by_window)
    return Demand(windows=len(by_window), window=window, needed=by_window[window])


def listed(demand: Demand) -> list[float]:
    """Return the demand with one value a window."""
    by_window = np.zeros(demand.windows)
    by_window[demand.window] = demand.needed
    return by_window.tolist()


def held_by_window(by_window: np.ndarray, policy: Policy) -> np.ndarray:
    """Return what a policy holds, computed window by window from its definition, for windows of 60 s."""
    needed = [max(1, int(np.ceil(value - 1e-9))) for value in by_window]
    if policy is Policy.FIXED:
        return np.full(len(needed), max(needed))
    if policy is Policy.HOURLY:
        hours = [place // 60 % 24 for place in range(len(needed))]
        return np.array([max(n for n, h in zip(needed, hours, strict=True) if h == hour) for hour in hours])
    lag, memory = int(START_UP_S // 60), int(COOL_DOWN_S // 60)
    wanted = [max(1, int(np.ceil(value / TARGET - 1e-9))) for value in by_window]
    seen = [wanted[0]] * (lag + memory) + wanted
    return np.array([max(seen[place + 1 : place + 1 + memory]) for place in range(len(wanted))])


DAY_BY_WINDOW = np.concatenate([np.full(720, 1.0), np.full(720, 4.0)])  # twelve quiet hours, twelve busy ones
DAY = demanded(DAY_BY_WINDOW)
YEARS_217_S = 217 * 365.25 * 86_400


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
    falling = scaled(demanded(DAY_BY_WINDOW[::-1]), policy=Policy.REACTIVE)
    assert falling.short_share == 0.0
    assert falling.replica_hours == pytest.approx(((720 + 3 + 9) * 6 + (720 - 12) * 2) / 60)


def test_empty_minutes_count_as_no_demand() -> None:
    demand = demand_of(np.array([0.0, 179.0]), seconds=240.0, carried_per_s=1 / 60)
    assert listed(demand) == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(("seconds", "windows"), [(0.0, 1), (120.0, 2), (121.0, 3)])
def test_there_are_windows_for_the_whole_time_and_the_last_holds_its_end(
    seconds: float, windows: int
) -> None:
    demand = demand_of(np.array([seconds]), seconds=seconds, carried_per_s=1 / 60)
    assert listed(demand) == [*[0.0] * (windows - 1), 1.0]


def test_no_demand_needs_one_replica_and_misses_nothing() -> None:
    day = scaled(demanded(np.zeros(10)), policy=Policy.FIXED)
    assert (day.most, day.short_share, day.idle_share) == (1, 0.0, 1.0)


@settings(max_examples=40)
@given(
    demand=hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(0.0, 50.0)),
    policy=st.sampled_from(Policy),
)
def test_no_policy_pays_less_than_it_serves_and_fixed_misses_nothing(
    demand: np.ndarray, policy: Policy
) -> None:
    day = scaled(demanded(demand), policy=policy)
    assert 0.0 <= day.idle_share <= 1.0 + 1e-9
    assert 0.0 <= day.short_share <= 1.0
    assert 1 <= day.least <= day.most
    assert policy is Policy.REACTIVE or day.short_share == 0.0


@settings(max_examples=60)
@given(
    demand=hnp.arrays(
        np.float64,
        st.integers(1, 2_000),
        elements=st.floats(0.1, 50.0),
        fill=st.just(0.0),
    ),
    policy=st.sampled_from(Policy),
)
def test_sparse_windows_give_what_a_value_for_each_window_gives(demand: np.ndarray, policy: Policy) -> None:
    held = held_by_window(demand, policy)
    day = scaled(demanded(demand), policy=policy)
    assert (day.least, day.most) == (held.min(), held.max())
    assert day.replica_hours == pytest.approx(held.sum() / 60)
    assert day.short_share == pytest.approx(demand[demand > held].sum() / max(demand.sum(), 1e-9))
    assert day.idle_share == pytest.approx(1 - np.minimum(demand, held).sum() / held.sum())


@pytest.mark.parametrize("policy", Policy)
def test_memory_grows_with_the_arrivals_and_not_with_the_time_they_span(policy: Policy) -> None:
    arrive_s = np.linspace(0.0, YEARS_217_S, 18)
    tracemalloc.start()
    demand = demand_of(arrive_s, seconds=YEARS_217_S, carried_per_s=0.001)
    day = scaled(demand, policy=policy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert day.replica_hours > 1_900_000
    assert peak < 200_000


@pytest.mark.shared_data
def test_a_public_day_of_arrivals_needs_fewer_replica_hours_when_followed(shared: Path) -> None:
    rates: dict[float, float] = defaultdict(float)
    with (shared / "servegen_deepseek_r1_arrivals.csv").open() as lines:
        for _, at_s, rate, *_ in csv.reader(lines):
            rates[float(at_s)] += float(rate)
    demand = demanded(np.array([rates[at_s] for at_s in sorted(rates)]) / 0.5)
    fixed, reactive, hourly = (scaled(demand, policy=policy, window_s=600.0) for policy in Policy)
    assert demand.windows == 144
    assert hourly.replica_hours < fixed.replica_hours
    assert hourly.short_share == fixed.short_share == 0.0
    assert reactive.short_share < 0.1


def test_a_schedule_is_judged_on_a_day_that_it_was_not_made_from() -> None:
    hour = 60
    first = np.concatenate([np.full(12 * hour, 1.0), np.full(12 * hour, 5.0)])
    busier = np.concatenate([np.full(12 * hour, 1.0), np.full(12 * hour, 6.0)])
    learned, last = parted(demanded(np.concatenate([first, busier])), window=24 * hour)
    own = scaled(last, policy=Policy.HOURLY)
    other = scaled(last, policy=Policy.HOURLY, learned=learned)
    assert (own.short_share, own.most) == (0.0, 6)
    assert other.most == 5
    assert other.short_share == pytest.approx(6 / 7)  # every minute of the busy half is one replica short
    fixed = scaled(last, policy=Policy.FIXED, learned=learned)
    assert (fixed.most, fixed.replica_hours) == (5, 120.0)
