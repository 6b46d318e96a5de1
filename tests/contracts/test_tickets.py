"""The contract of `TicketBook`."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.contracts.shared import REDIS, over_redis

from netra.adapters.local.tickets import LocalTicketBook
from netra.domain.users.model import Principal

UNTIL = datetime(2024, 1, 1, 1, tzinfo=UTC)
ONE = Principal(user_id=1, session_id="ses-1", expires_at=UNTIL)
SAME_USER = Principal(user_id=1, session_id="ses-2", expires_at=UNTIL)


@pytest.fixture(params=["local", REDIS])
async def tickets(request, clock):
    if request.param == "local":
        yield LocalTicketBook(clock=clock)
        return
    async with over_redis(request.getfixturevalue("redis_url"), clock=clock) as (shared, _):
        yield shared.tickets


async def test_a_ticket_is_good_once(tickets):
    ticket = await tickets.issue(ONE)
    assert await tickets.redeem(ticket) == ONE
    assert await tickets.redeem(ticket) is None


async def test_of_many_who_redeem_a_ticket_one_may(tickets):
    ticket = await tickets.issue(ONE)
    found = await asyncio.gather(*(tickets.redeem(ticket) for _ in range(20)))
    assert found.count(ONE) == 1


async def test_an_unknown_ticket_is_nobodys(tickets):
    assert await tickets.redeem("") is None
    assert await tickets.redeem("ticket") is None


async def test_no_two_tickets_are_alike(tickets):
    assert len({await tickets.issue(ONE) for _ in range(20)}) == 20


async def test_a_ticket_is_good_for_thirty_seconds(tickets, clock):
    early, late = await tickets.issue(ONE), await tickets.issue(ONE)
    clock.turn(29.9)
    assert await tickets.redeem(early) == ONE
    clock.turn(0.1)
    assert await tickets.redeem(late) is None


async def test_a_voided_sessions_tickets_are_worthless_and_no_others(tickets):
    gone = [await tickets.issue(ONE) for _ in range(2)]
    kept = await tickets.issue(SAME_USER)
    await tickets.void(1, session_id="ses-1")
    await tickets.void(1, session_id="ses-1")
    assert [await tickets.redeem(ticket) for ticket in gone] == [None, None]
    assert await tickets.redeem(kept) == SAME_USER
    assert await tickets.redeem(await tickets.issue(ONE)) == ONE


async def test_who_asks_for_many_keeps_the_newest(tickets):
    issued = [await tickets.issue(ONE) for _ in range(1_000)]
    assert await tickets.redeem(issued[0]) is None
    assert await tickets.redeem(issued[-1]) == ONE
