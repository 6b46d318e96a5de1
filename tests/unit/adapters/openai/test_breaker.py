"""Which failures of an endpoint open its circuit, and the pauses that a provider asks for."""

import pytest
from tests.conftest import SteppedClock

from netra.adapters.openai.breaker import Breaker
from netra.ports.language_model import (
    LanguageModelFailed,
    LanguageModelMalformed,
    LanguageModelRateLimited,
    LanguageModelTimedOut,
    LanguageModelUnavailable,
)


def tried(breaker: Breaker, failure: LanguageModelFailed | None = None, *, alive: bool = False) -> None:
    """Ask once; what fails is the endpoint's doing."""
    with breaker.trial() as trial:
        trial.is_alive = alive
        if failure is not None:
            raise failure


def broken(clock: SteppedClock) -> Breaker:
    """Return a breaker that three failures have just opened, to rest for ten seconds."""
    breaker = Breaker(clock=clock, failures=3, rest_s=10.0)
    for _ in range(3):
        with pytest.raises(LanguageModelUnavailable, match="down"):
            tried(breaker, LanguageModelUnavailable("down"))
    return breaker


def test_after_failures_in_a_row_nobody_asks_and_everybody_knows_for_how_long(clock: SteppedClock) -> None:
    breaker = broken(clock)
    clock.turn(4.0)
    with pytest.raises(LanguageModelUnavailable, match="not asked again") as raised:
        tried(breaker)
    assert (breaker.is_open, raised.value.retry_after_s) == (True, 6.0)


def test_after_its_rest_one_failure_opens_it_again(clock: SteppedClock) -> None:
    breaker = broken(clock)
    clock.turn(10.0)
    with pytest.raises(LanguageModelTimedOut):
        tried(breaker, LanguageModelTimedOut("late"))
    with pytest.raises(LanguageModelUnavailable, match="not asked again"):
        tried(breaker)
    clock.turn(10.0)
    tried(breaker)


@pytest.mark.parametrize(
    ("answer", "alive"),
    [(None, True), (LanguageModelMalformed("nonsense"), True), (LanguageModelTimedOut("long"), True)],
    ids=["an answer", "nonsense", "a long answer"],
)
def test_whatever_is_said_shows_that_it_is_there(
    clock: SteppedClock, answer: LanguageModelFailed | None, alive: bool
) -> None:
    breaker = Breaker(clock=clock, failures=2, rest_s=10.0)
    for _ in range(3):
        with pytest.raises(LanguageModelUnavailable):
            tried(breaker, LanguageModelUnavailable("down"))
        if answer is None:
            tried(breaker)
        else:
            with pytest.raises(type(answer)):
                tried(breaker, answer, alive=alive)
    assert not breaker.is_open


def test_whoever_is_told_to_wait_waits_for_all(clock: SteppedClock) -> None:
    breaker = Breaker(clock=clock, failures=3, rest_s=10.0)
    with pytest.raises(LanguageModelRateLimited, match="enough"):
        tried(breaker, LanguageModelRateLimited("enough", retry_after_s=5.0))
    clock.turn(2.0)
    with pytest.raises(LanguageModelRateLimited, match="asked to wait") as raised:
        tried(breaker)
    assert raised.value.retry_after_s == 3.0
    clock.turn(3.0)
    tried(breaker)


def test_an_hour_that_is_asked_for_is_a_question_a_minute(clock: SteppedClock) -> None:
    breaker = Breaker(clock=clock)
    for _ in range(2):
        with pytest.raises(LanguageModelRateLimited, match="enough"):
            tried(breaker, LanguageModelRateLimited("enough", retry_after_s=3_600.0))
        clock.turn(60.0)
    tried(breaker)
