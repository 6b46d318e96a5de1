"""The helpers that wait: they return the first true answer, and name what never came."""

import asyncio

import pytest
from tests.faults.virtual import virtually
from tests.waiting import happens, until, wait_until


def test_the_first_true_answer_is_returned() -> None:
    answers = iter([0, "", 7, 8])
    assert wait_until(lambda: next(answers), "a number", pause_s=0) == 7


def test_what_never_came_is_named_with_the_last_answer() -> None:
    with pytest.raises(AssertionError, match="in vain for the moon; the last answer was 0"):
        wait_until(lambda: 0, "the moon", most_s=0, pause_s=0)


@virtually
async def test_a_question_may_be_awaited() -> None:
    answers = iter([False, True])

    async def question() -> bool:
        return next(answers)

    assert await until(question, "a yes")


@virtually
async def test_a_wait_in_the_loop_ends_and_names_what_it_waited_for() -> None:
    with pytest.raises(AssertionError, match="in vain for the moon"):
        await until(lambda: None, "the moon")
    with pytest.raises(AssertionError, match="in vain for the sun"):
        await happens(asyncio.Event().wait(), "the sun")


@virtually
async def test_a_timeout_of_what_is_awaited_is_its_own() -> None:
    async def fails() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await happens(fails(), "nothing")
