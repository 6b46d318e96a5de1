"""Lanes that ask at once are served by one statement, each with a claim of its own."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.contracts.conftest import made_run

from netra.adapters.sql.runs.batched_claims import ClaimRounds
from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim


class Queue:
    """Claims by number, as many as are asked for; each round waits until it is let go."""

    def __init__(self, *, length: int) -> None:
        self.left = list(range(1, length + 1))
        self.rounds: list[tuple[float, int]] = []
        self.given_back: list[Claim] = []
        self.may_go = asyncio.Semaphore(0)
        self.is_down = False

    async def claim_many(self, lease_s: float, most: int) -> Sequence[Claim]:
        self.rounds.append((lease_s, most))
        await self.may_go.acquire()
        if self.is_down:
            raise Unavailable("The database cannot do this now.")
        taken, self.left = self.left[:most], self.left[most:]
        return [Claim(run=made_run(str(number)).run, fence=number) for number in taken]

    async def release(self, claim: Claim) -> None:
        self.given_back.append(claim)
        if claim.fence == 2:
            raise LeaseLost("It has lapsed.")


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
def queue() -> Queue:
    return Queue(length=3)


@pytest.fixture
def rounds(queue) -> ClaimRounds:
    return ClaimRounds(queue.claim_many, release=queue.release)


async def test_who_asks_during_a_round_is_served_by_the_next_one(queue, rounds):
    asked = [asyncio.ensure_future(rounds.claim(lease_s=5))]
    await turns()
    asked += [asyncio.ensure_future(rounds.claim(lease_s=lease_s)) for lease_s in (7, 9, 8)]
    await turns()
    assert queue.rounds == [(5, 1)]
    queue.may_go.release()
    queue.may_go.release()
    claims = await asyncio.gather(*asked)
    assert queue.rounds == [(5, 1), (9, 3)]
    assert [claim and claim.fence for claim in claims] == [1, 2, 3, None]


async def test_an_error_is_told_to_all_of_its_round_and_the_next_one_goes_on(queue, rounds):
    queue.is_down = True
    asked = [asyncio.ensure_future(rounds.claim(lease_s=5)) for _ in range(2)]
    queue.may_go.release()
    assert [type(error) for error in await asyncio.gather(*asked, return_exceptions=True)] == [
        Unavailable
    ] * 2
    queue.is_down = False
    queue.may_go.release()
    claim = await rounds.claim(lease_s=5)
    assert claim is not None
    assert claim.fence == 1


async def test_a_claim_whose_asker_is_gone_is_given_back(queue, rounds):
    asked = [asyncio.ensure_future(rounds.claim(lease_s=5)) for _ in range(3)]
    await turns()
    asked[0].cancel()
    asked[1].cancel()
    await turns()
    queue.may_go.release()
    claim = await asked[2]
    await turns()
    assert claim is not None
    assert claim.fence == 1
    assert [given.fence for given in queue.given_back] == [2, 3]  # though the first was lost


async def test_who_waits_when_the_loop_ends_is_told_so(queue, rounds):
    asked = asyncio.ensure_future(rounds.claim(lease_s=5))
    await turns()
    (serving,) = [task for task in asyncio.all_tasks() if "_serve" in repr(task.get_coro())]
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
