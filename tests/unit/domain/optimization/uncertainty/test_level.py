"""The level of a month over that of a log."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.uncertainty.level import DAY_S, month_range, sigma_of


@given(st.floats(1.0, 60.0), st.floats(1.0, 60.0))
def test_a_longer_log_knows_the_month_no_worse(days: float, more: float) -> None:
    assert sigma_of((days + more) * DAY_S) <= sigma_of(days * DAY_S)


def test_a_month_from_a_day_is_log_normal() -> None:
    low, high, basis = month_range(100.0, seconds=DAY_S)
    assert (low, high) == (
        pytest.approx(100 * exp(-1.644854 * 0.44)),
        pytest.approx(100 * exp(1.644854 * 0.44)),
    )
    assert basis == "the traffic of a month against that of 1.0 days (log-normal)"


def test_the_error_of_the_share_adds_to_that_of_the_level() -> None:
    level = 1.644854 * 0.24
    _, high, _ = month_range(10.0, seconds=30 * DAY_S, share_margin=0.5)
    assert high == pytest.approx(10 * exp((level**2 + 0.25) ** 0.5))


@given(st.floats(-50.0, 50.0), st.floats(0.0, 3.0))
def test_a_month_holds_nothing_where_its_share_does(usd: float, margin: float) -> None:
    low, high, _ = month_range(usd, seconds=3 * DAY_S, share_margin=margin)
    assert low <= usd <= high
    if usd:
        assert (low <= 0 <= high) == (margin >= 1)
