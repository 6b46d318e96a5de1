"""Intervals of accepted answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.intervals import difference, wilson


def test_no_trials_say_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert difference(0, 0, than=(5, 10)) == (-1.0, 1.0)
    assert difference(5, 10, than=(0, 0)) == (-1.0, 1.0)


@given(trials=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_its_share_and_stays_a_share(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


def test_a_difference_turns_its_sign_with_its_sides() -> None:
    forward, back = difference(90, 100, than=(80, 100)), difference(80, 100, than=(90, 100))
    assert forward == pytest.approx((-back[1], -back[0]))
