"""What was deleted and still takes room: it goes by itself, a part at a time, whatever comes between."""

import asyncio
from typing import Any

from tests.waiting import until

from netra.domain.errors import Unavailable
from netra.domain.workloads.unfinished_removals import PAUSE_S, SWEEP_EVERY_S, swept


class Leftovers:
    """Answers looks with what it was given, and then with nothing."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers = list(answers)
        self.looks = 0

    async def sweep(self) -> bool:
        self.looks += 1
        answer = self._answers.pop(0) if self._answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer


async def looks_of(leftovers: Leftovers, *, at_least: int) -> int:
    """Return how many looks there were, once there were so many."""
    await until(lambda: leftovers.looks >= at_least, f"{at_least} looks", pause_s=0)
    for _ in range(10):
        await asyncio.sleep(0)
    return leftovers.looks


async def test_what_is_left_is_looked_for_at_once_and_then_now_and_then(house: Any) -> None:
    leftovers = Leftovers()
    async with swept(leftovers, clock=house.clock, incidents=house.incidents):
        assert await looks_of(leftovers, at_least=1) == 1
        await house.clock.step(SWEEP_EVERY_S - 1)
        assert await looks_of(leftovers, at_least=1) == 1
        await house.clock.step(1)
        assert await looks_of(leftovers, at_least=2) == 2
    await house.clock.step(SWEEP_EVERY_S)
    assert await looks_of(leftovers, at_least=2) == 2


async def test_while_there_is_more_it_goes_on_after_a_breath(house: Any) -> None:
    leftovers = Leftovers(True, True)
    async with swept(leftovers, clock=house.clock, incidents=house.incidents):
        for number in (1, 2, 3):
            assert await looks_of(leftovers, at_least=number) == number
            await house.clock.step(PAUSE_S)
        assert await looks_of(leftovers, at_least=3) == 3


async def test_an_outage_is_reported_and_outlived(house: Any) -> None:
    leftovers = Leftovers(Unavailable("away"))
    async with swept(leftovers, clock=house.clock, incidents=house.incidents):
        await looks_of(leftovers, at_least=1)
        await house.clock.step(SWEEP_EVERY_S)
        assert await looks_of(leftovers, at_least=2) == 2
    assert [where for where, _ in house.incidents.heard] == ["removing deleted events"]
