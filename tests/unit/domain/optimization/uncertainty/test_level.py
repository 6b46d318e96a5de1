"""The level of a month over that of a log."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.uncertainty.level import DAY_S, month_interval, sigma_of


@given(st.floats(1.0, 60.0), st.floats(1.0, 60.0))
def test_a_longer_log_knows_the_month_no_worse(days: float, more: float) -> None:
    assert sigma_of((days + more) * DAY_S) <= sigma_of(days * DAY_S)


def test_a_month_from_a_day_is_log_normal() -> None:
    found = month_interval(100.0, seconds=DAY_S)
    assert (found.low, found.high) == (
        pytest.approx(100 * exp(-1.644854 * 0.44)),
        pytest.approx(100 * exp(1.644854 * 0.44)),
    )
    assert found.basis == "the level of traffic of a month"


def test_the_error_of_the_share_adds_to_that_of_the_level() -> None:
    level = 1.644854 * 0.24
    found = month_interval(10.0, seconds=30 * DAY_S, share_margin=0.5, basis="resampled by 30 sessions")
    assert found.high == pytest.approx(10 * exp((level**2 + 0.25) ** 0.5))
    assert found.basis == "resampled by 30 sessions, and the level of traffic of a month"


@given(st.floats(-50.0, 50.0), st.floats(0.0, 3.0))
def test_a_month_holds_nothing_where_its_share_does(usd: float, margin: float) -> None:
    found = month_interval(usd, seconds=3 * DAY_S, share_margin=margin)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= usd <= found.high
    if usd:
        assert (found.low <= 0 <= found.high) == (margin >= 1)
