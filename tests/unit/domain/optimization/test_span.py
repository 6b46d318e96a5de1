"""How a log's own span becomes a month, or does not."""

import numpy as np
import pytest

from netra.domain.optimization.span import MONTH_S, span_of

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
