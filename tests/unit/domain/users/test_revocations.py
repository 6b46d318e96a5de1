"""People can sign out while the store takes no writes, and what they ended stays ended."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.contracts.shared import Reported

from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.users import MemoryUserStore
from netra.domain.errors import NotFound, Unavailable
from netra.domain.ids import SessionId, UserId
from netra.domain.postponed import RETRY_S, PostponedWrites, retried
from netra.domain.users.model import Rotation, Session
from netra.domain.users.revocations import RememberedRevocations

AT = datetime(2024, 3, 1, tzinfo=UTC)
ADA = UserId(1)


class Disk(MemorySessionStore):
    """A store whose disk may be full."""

    is_full = False

    def room(self) -> None:
        if self.is_full:
            raise Unavailable("The database cannot do this now.")

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        self.room()
        await super().end(session_id, at=at)

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        self.room()
        await super().end_own(session_id, user_id=user_id, at=at)

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        self.room()
        return await super().end_all(user_id, at=at)


class House:
    """Two sessions of Ada and one of another user, on a disk that is full."""

    def __init__(self, *, waiting_max: int = 10) -> None:
        self.disk = Disk(MemoryUserStore())
        self.incidents = Reported()
        self.postponed = PostponedWrites(incidents=self.incidents, where="a test", waiting_max=waiting_max)
        self.sessions = RememberedRevocations(self.disk, postponed=self.postponed)

    async def fill(self) -> "House":
        for name, user in (("a", ADA), ("b", ADA), ("c", UserId(2))):
            session = Session(
                id=SessionId(name), user_id=user, created_at=AT, expires_at=AT + timedelta(hours=1)
            )
            await self.sessions.add(session, refresh=f"refresh {name}")
        self.disk.is_full = True
        return self

    async def live(self) -> list[str]:
        owners = {"a": ADA, "b": ADA, "c": UserId(2)}
        return [
            name
            for name, owner in owners.items()
            if await self.sessions.is_live(SessionId(name), user_id=owner, at=AT)
        ]


async def test_a_session_ended_on_a_full_disk_is_refused_from_that_moment_and_written_later() -> None:
    house = await House().fill()
    await house.sessions.end(SessionId("a"), at=AT)
    await house.sessions.end(SessionId("a"), at=AT)
    assert await house.live() == ["b", "c"]
    assert [one.id for one in await house.sessions.live_of(ADA, at=AT)] == ["b"]
    assert not await house.postponed.flush()
    house.disk.is_full = False
    assert await house.postponed.flush()
    assert await house.live() == ["b", "c"]
    assert not await house.disk.is_live(SessionId("a"), user_id=UserId(1), at=AT)


async def test_one_of_the_users_own_sessions_can_be_ended_once_and_nobody_elses() -> None:
    house = await House().fill()
    with pytest.raises(NotFound):
        await house.sessions.end_own(SessionId("c"), user_id=ADA, at=AT)
    await house.sessions.end_own(SessionId("a"), user_id=ADA, at=AT)
    for _ in range(2):
        with pytest.raises(NotFound):
            await house.sessions.end_own(SessionId("a"), user_id=ADA, at=AT)
        house.disk.is_full = False
    assert await house.live() == ["b", "c"]


async def test_all_sessions_of_a_user_end_and_each_is_counted_once() -> None:
    house = await House().fill()
    await house.sessions.end(SessionId("a"), at=AT)
    assert await house.sessions.end_all(ADA, at=AT) == 1
    assert await house.sessions.end_all(ADA, at=AT) == 0
    assert await house.live() == ["c"]


async def test_an_end_of_all_that_is_written_does_not_count_what_was_ended_before() -> None:
    house = await House().fill()
    await house.sessions.end(SessionId("a"), at=AT)
    house.disk.is_full = False
    assert await house.sessions.end_all(ADA, at=AT) == 1
    assert await house.live() == ["c"]


async def test_a_revoked_session_gets_no_new_tokens_before_its_end_is_written() -> None:
    house = await House().fill()
    await house.sessions.end(SessionId("a"), at=AT)
    assert await house.sessions.rotate("refresh a", fresh="another", at=AT) == Rotation()
    assert (await house.sessions.rotate("refresh b", fresh="others", at=AT)).session is not None


async def test_more_than_may_wait_are_refused() -> None:
    house = await House(waiting_max=1).fill()
    await house.sessions.end(SessionId("a"), at=AT)
    with pytest.raises(Unavailable):
        await house.sessions.end(SessionId("b"), at=AT)
    assert await house.live() == ["b", "c"]


async def test_writes_are_retried_now_and_then_until_the_store_takes_them(clock: Any) -> None:
    house = await House().fill()
    async with retried(house.postponed, clock=clock):
        await house.sessions.end(SessionId("a"), at=AT)
        house.disk.is_full = False
        while await house.disk.is_live(SessionId("a"), user_id=UserId(1), at=AT):
            await clock.step(RETRY_S)
            await asyncio.sleep(0)  # the retrying task's turn
    assert house.incidents.errors == []


async def test_the_end_tries_once_more_and_reports_what_is_lost(clock: Any) -> None:
    house = await House().fill()
    async with retried(house.postponed, clock=clock):
        await house.sessions.end(SessionId("a"), at=AT)
        house.disk.is_full = False
    assert not await house.disk.is_live(SessionId("a"), user_id=UserId(1), at=AT)
    house.disk.is_full = True
    async with retried(house.postponed, clock=clock):
        await house.sessions.end(SessionId("b"), at=AT)
    assert [str(one) for one in house.incidents.errors] == ["1 writes were lost: the store takes none."]


async def test_a_write_that_can_never_be_is_reported_and_holds_up_no_other() -> None:
    house = House()
    written: list[str] = []

    async def impossible() -> None:
        raise NotFound("thing", "x")

    async def possible() -> None:
        written.append("after")

    house.postponed.add(impossible)
    house.postponed.add(possible)
    assert await house.postponed.flush()
    assert written == ["after"]
    assert [type(one) for one in house.incidents.errors] == [NotFound]
