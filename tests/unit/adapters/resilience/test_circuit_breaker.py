"""The circuit breaker opens after failures in a row, lets one trial through, and closes on a success."""

import pytest
from tests.conftest import SteppedClock

from netra.adapters.resilience.circuit_breaker import CircuitBreaker, CircuitOpen


def tried(breaker: CircuitBreaker, *, fails: bool = False) -> None:
    with breaker.call():
        if fails:
            breaker.fail()
        else:
            breaker.succeed()


def opened(clock: SteppedClock) -> CircuitBreaker:
    """Return a breaker that three failures have just opened, for ten seconds."""
    breaker = CircuitBreaker(clock=clock, failures_max=3, rest_s=10.0)
    for _ in range(3):
        assert not breaker.is_open
        tried(breaker, fails=True)
    return breaker


def test_an_open_circuit_refuses_and_says_for_how_long(clock: SteppedClock) -> None:
    breaker = opened(clock)
    clock.turn(4.0)
    with pytest.raises(CircuitOpen, match=r"6\.0 s") as refused:
        tried(breaker)
    assert refused.value.retry_after_s == 6.0
    assert breaker.is_open
    assert breaker.is_refusing


def test_a_success_between_failures_keeps_it_closed(clock: SteppedClock) -> None:
    breaker = CircuitBreaker(clock=clock, failures_max=2, rest_s=10.0)
    for _ in range(5):
        tried(breaker, fails=True)
        tried(breaker)
    assert not breaker.is_open


def test_after_the_rest_one_success_closes_it(clock: SteppedClock) -> None:
    breaker = opened(clock)
    clock.turn(10.0)
    assert not breaker.is_refusing
    tried(breaker)
    assert not breaker.is_open


def test_after_the_rest_one_failure_starts_another(clock: SteppedClock) -> None:
    breaker = opened(clock)
    clock.turn(10.0)
    tried(breaker, fails=True)
    clock.turn(9.5)
    with pytest.raises(CircuitOpen):
        tried(breaker)
    clock.turn(0.5)
    tried(breaker)


def test_a_half_open_circuit_lets_one_trial_through_at_a_time(clock: SteppedClock) -> None:
    breaker = opened(clock)
    clock.turn(10.0)
    with breaker.call():
        assert breaker.is_refusing
        with pytest.raises(CircuitOpen) as refused:
            tried(breaker)
        assert refused.value.retry_after_s == 0.0
    tried(breaker)


def test_a_trial_that_is_cancelled_makes_room_for_the_next(clock: SteppedClock) -> None:
    breaker = opened(clock)
    clock.turn(10.0)
    with pytest.raises(KeyboardInterrupt), breaker.call():
        raise KeyboardInterrupt
    assert breaker.is_open
    tried(breaker)
    assert not breaker.is_open


def test_news_from_elsewhere_that_the_service_answers_closes_it_at_once(clock: SteppedClock) -> None:
    breaker = opened(clock)
    breaker.succeed()
    tried(breaker)


def test_a_check_refuses_like_a_call_and_is_no_trial(clock: SteppedClock) -> None:
    breaker = opened(clock)
    with pytest.raises(CircuitOpen):
        breaker.check()
    clock.turn(10.0)
    breaker.check()
    tried(breaker)
    breaker.check()
