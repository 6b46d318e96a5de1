"""Periods as a person writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.explain.periods import Period, periods_of

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def test_one_instant_divides_the_log() -> None:
    periods = periods_of("2026-11-20", None)
    assert (periods.before, periods.after) == (Period(until=DAY), Period(since=DAY))


def test_two_instants_leave_out_what_is_between() -> None:
    periods = periods_of("2026-11-20", "2026-11-21T00:00:00Z")
    assert periods.after == Period(since=DAY + timedelta(days=1))


def test_periods_have_both_ends() -> None:
    periods = periods_of("2026-11-19/2026-11-20", "2026-11-20/2026-11-20T12:00+00:00")
    assert periods.before == Period(since=DAY - timedelta(days=1), until=DAY)
    assert periods.after.bounds_ns(0, 1)[1] - periods.after.bounds_ns(0, 1)[0] == 12 * 3600 * 10**9


def test_open_ends_are_the_log_s_own() -> None:
    assert Period().bounds_ns(5, 9) == (5, 10)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("soon", None, "before: 'soon' is no instant; write an ISO 8601"),
        ("2026-11-20", "2026-11-20/then", "after: 'then' is no instant"),
        ("2026-11-20/2026-11-19", None, "'2026-11-20/2026-11-19' ends before it begins"),
        ("2026-11-21", "2026-11-20", "before: ends at 2026-11-21T00:00:00+00:00, after the other period"),
    ],
)
def test_what_is_no_pair_of_periods_is_refused(before: str, after: str | None, why: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        periods_of(before, after)
    assert why in refused.value.message
