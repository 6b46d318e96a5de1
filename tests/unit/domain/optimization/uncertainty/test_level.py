"""The level of a month over that of a log."""

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.uncertainty.level import DAY_S, month_range, sigma_of, swing_of

DAYS = st.floats(1.0, 60.0)


@given(DAYS, DAYS, st.floats(0.0, 3.0))
def test_a_longer_log_knows_the_month_no_worse(days: float, more: float, swing: float) -> None:
    longer, shorter = (sigma_of(one * DAY_S, swing=swing) for one in (days + more, days))
    assert longer <= shorter + 1e-12


@given(DAYS, st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_a_log_that_swings_more_knows_the_month_no_better(days: float, swing: float, more: float) -> None:
    assert sigma_of(days * DAY_S, swing=swing + more) >= sigma_of(days * DAY_S, swing=swing)


def test_a_month_from_a_day_is_log_normal() -> None:
    low, high, basis = month_range(100.0, seconds=DAY_S, swing=0.5)
    assert (low, high) == (
        pytest.approx(100 * exp(-1.644854 * 1.44 * 0.5)),
        pytest.approx(100 * exp(1.644854 * 1.44 * 0.5)),
    )
    assert basis == "the traffic of a month against that of 1.0 days (log-normal)"


def test_a_steady_log_is_no_steady_month() -> None:
    assert sigma_of(DAY_S, swing=0.0) == 0.26


def test_the_swing_is_that_of_eight_windows_and_from_a_week_on_of_days() -> None:
    minutes = np.arange(8 * 1440) * 60 * 10**9
    daily = np.tile(np.repeat([0.0, 1.0], 720), 8)
    assert swing_of(minutes, daily, seconds=8 * DAY_S - 60) == pytest.approx(0.0, abs=0.01)
    first_day = swing_of(minutes[:1440], daily[:1440], seconds=DAY_S - 60)
    assert first_day == pytest.approx(np.std([0, 0, 0, 0, 1, 1, 1, 1], ddof=1) / 0.5, abs=0.01)
    assert swing_of(minutes, np.zeros(len(minutes)), seconds=8 * DAY_S) == 0.0


def test_calls_before_the_dense_part_of_a_log_are_in_no_window() -> None:
    at_ns = np.concatenate(([0], 10**18 + np.arange(1440) * 60 * 10**9))
    assert swing_of(at_ns, np.ones(1441), seconds=DAY_S - 60) == pytest.approx(0.0, abs=0.01)


def test_the_error_of_the_share_adds_to_that_of_the_level() -> None:
    level = 1.644854 * 0.84 * 0.5
    _, high, _ = month_range(10.0, seconds=30 * DAY_S, swing=0.5, share_margin=0.5)
    assert high == pytest.approx(10 * exp((level**2 + 0.25) ** 0.5))


@given(st.floats(-50.0, 50.0), st.floats(0.0, 3.0))
def test_a_month_holds_nothing_where_its_share_does(usd: float, margin: float) -> None:
    low, high, _ = month_range(usd, seconds=3 * DAY_S, swing=0.3, share_margin=margin)
    assert low <= usd <= high
    if abs(usd) > 1e-300:  # below it, halves are rounded to nothing
        assert (low <= 0 <= high) == (margin >= 1)


def test_a_log_whose_dollars_all_lie_before_its_first_whole_day_swings_as_if_one_window_had_them() -> None:
    at_ns = (np.array([0.0, 0.5, 8.4]) * DAY_S * 1e9).astype(np.int64)
    assert swing_of(at_ns, np.array([5.0, 0.0, 0.0]), seconds=8.4 * DAY_S) == pytest.approx(8**0.5)
