"""The security log as services write it."""

from datetime import timedelta
from typing import Any

import pytest

from netra.domain.audit import journal as journal_module
from netra.domain.audit.model import AT_THE_MACHINE, KEPT, Origin, SecurityEventKind
from netra.domain.paging import PageRequest

LIMIT = SecurityEventKind.LIMIT_REACHED


async def events(house: Any) -> Any:
    return (await house.trail.page(PageRequest(limit=100))).items


async def test_what_a_client_says_of_itself_is_cut_to_one_line(house: Any) -> None:
    origin = Origin(request_id="req-1", address="192.0.2.1", agent="a\r\nforged: line" + "x" * 999)
    await house.journal.note(LIMIT, origin=origin, path="/a\nb")
    (event,) = await events(house)
    assert event.origin.agent.startswith("a  forged: line")
    assert len(event.origin.agent) == 256
    assert event.details == {"path": "/a b"}
    assert event.at == house.clock.now()


async def test_a_flood_is_noted_once_a_minute_by_caller(house: Any) -> None:
    for key in ["a", "a", "b", "a"]:
        await house.journal.note_once(LIMIT, origin=AT_THE_MACHINE, key=key)
        house.clock.turn(0.001)
    assert [event.details["key"] for event in await events(house)] == ["b", "a"]
    house.clock.turn(60)
    await house.journal.note_once(LIMIT, origin=AT_THE_MACHINE, key="a")
    assert len(await events(house)) == 3


@pytest.mark.at_length
async def test_only_so_many_callers_are_remembered(house: Any) -> None:
    for n in range(journal_module.REPEATED_MAX + 1):
        await house.journal.note_once(LIMIT, origin=AT_THE_MACHINE, key=str(n))
    before = (await house.trail.page(PageRequest())).total
    await house.journal.note_once(LIMIT, origin=AT_THE_MACHINE, key="1")
    await house.journal.note_once(LIMIT, origin=AT_THE_MACHINE, key="0")
    assert (await house.trail.page(PageRequest())).total == before + 1


async def test_old_events_are_forgotten_as_new_ones_come(house: Any) -> None:
    await house.journal.note(LIMIT, origin=AT_THE_MACHINE, key="old")
    house.clock.turn((KEPT + timedelta(seconds=1)).total_seconds())
    await house.journal.note(LIMIT, origin=AT_THE_MACHINE, key="new")
    house.clock.turn(1)
    await house.journal.note(LIMIT, origin=AT_THE_MACHINE, key="newer")
    assert [event.details["key"] for event in await events(house)] == ["newer", "new"]
