"""Waits double up to their maximum, and jitter spreads them."""

import pytest

from netra.adapters.resilience.backoff import Backoff


def test_waits_double_up_to_the_maximum_however_many_failures_there_were() -> None:
    backoff = Backoff(first_s=0.5, max_s=3.0)
    assert [backoff.wait_s(failures) for failures in (1, 2, 3, 4, 5_000)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_jitter_shortens_a_wait_by_up_to_a_quarter() -> None:
    assert Backoff(first_s=8.0, max_s=8.0, jitter=lambda: 0.5).wait_s(1) == pytest.approx(7.0)


def test_a_wait_that_the_service_asks_for_is_never_shortened() -> None:
    backoff = Backoff(first_s=0.5, max_s=3.0, jitter=lambda: 0.5)
    assert backoff.wait_s(1, retry_after_s=8.0) == pytest.approx(9.0)
