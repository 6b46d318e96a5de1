"""How a log's own span becomes a month, or does not."""

import numpy as np
import pytest

from netra.domain.optimization.measures.span import MONTH_S, Month, month_of, span_of

SECOND = 10**9


def test_a_day_is_scaled_by_the_days_of_a_month() -> None:
    span = span_of(np.array([0, 86_400 * SECOND]))
    assert span.per_month == pytest.approx(MONTH_S / 86_400)
    assert span.scaled


def test_less_than_a_day_is_scaled_with_a_warning() -> None:
    assert "typical" in span_of(np.array([0, 3600 * SECOND])).notes[0]


@pytest.mark.parametrize("at_ns", [[], [5], [7, 7], [0, 59 * SECOND]])
def test_less_than_a_minute_is_not_scaled_and_says_so(at_ns: list[int]) -> None:
    span = span_of(np.array(at_ns, np.int64))
    assert (span.per_month, span.scaled) == (1.0, False)
    assert "too short to scale" in span.notes[-1]


def test_a_skewed_clock_does_not_stretch_the_month() -> None:
    honest = np.arange(1000) * 10 * SECOND
    skewed = np.concatenate(([-(10**18)], honest))
    span = span_of(skewed)
    assert span.seconds == pytest.approx(9_790, rel=0.01)
    assert "skewed" in span.notes[0]


def test_the_order_of_instants_does_not_matter() -> None:
    at_ns = np.array([5, 3, 900]) * SECOND
    assert span_of(at_ns) == span_of(np.sort(at_ns))


@pytest.mark.parametrize("change_s", [28 * 86_400 + 8 * 3_600, 29 * 86_400])
def test_a_month_since_a_change_counts_the_time_in_which_nobody_called(change_s: int) -> None:
    """A job of ten minutes a night, changed in the day or with its first call of the last night."""
    night = np.arange(0, 601, 6) * SECOND
    at_ns = np.concatenate([night + day * 86_400 * SECOND for day in range(30)])
    month, span = month_of(at_ns, span_of(at_ns), change_at_ns=change_s * SECOND)
    assert month.first == 29 * len(night)
    assert month.per_call == pytest.approx(MONTH_S / 86_400)
    assert "since the change" in span.notes[-1]


def test_hours_since_a_change_are_told_to_be_no_more_than_hours() -> None:
    at_ns = np.arange(10) * 3_600 * SECOND
    _, span = month_of(at_ns, span_of(at_ns), change_at_ns=int(at_ns[4]))
    assert "typical" in span.notes[-1]


def test_a_log_that_is_not_scaled_is_not_scaled_since_a_change_either() -> None:
    """Nearly all calls within a minute, and a few in the quarter of an hour after it."""
    at_ns = np.concatenate([np.linspace(0, 50, 9_910), np.linspace(100, 700, 90)]).astype(np.int64) * SECOND
    span = span_of(at_ns)
    assert not span.scaled
    assert month_of(at_ns, span, change_at_ns=60 * SECOND) == (
        Month(per_call=1.0, per_hosting=1.0, seconds=span.seconds),
        span,
    )


def test_a_skewed_clock_after_a_change_does_not_stretch_the_month_and_is_told_of() -> None:
    at_ns = np.append(np.arange(1000) * 1000 * SECOND, 10**18)
    month, span = month_of(at_ns, span_of(at_ns), change_at_ns=int(at_ns[500]))
    assert month.per_call == pytest.approx(MONTH_S / (500 * 1000), rel=0.02)
    assert "skewed" in span.notes[0]
    assert "typical" not in span.notes[-1]


def test_a_change_in_the_last_minute_leaves_the_month_to_the_whole_log() -> None:
    at_ns = np.arange(100) * 10 * SECOND
    span = span_of(at_ns)
    month, same = month_of(at_ns, span, change_at_ns=int(at_ns[-5]))
    assert (month.first, month.per_call, same) == (0, span.per_month, span)
