"""The contract of `SessionStore`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import Conflict
from netra.domain.users.model import Session

AT = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(name: str = "ses-1", *, user: int = 1, ends: datetime = AT + HOUR, **fields: object) -> Session:
    return Session(id=name, user_id=user, created_at=AT, expires_at=ends, **fields)


async def test_a_session_lives_until_the_instant_it_expires(stores):
    await stores.sessions.add(session())
    assert await stores.sessions.is_live("ses-1", at=AT)
    assert await stores.sessions.is_live("ses-1", at=AT + HOUR - timedelta(microseconds=1))
    assert not await stores.sessions.is_live("ses-1", at=AT + HOUR)


async def test_an_unknown_session_is_not_live_and_may_be_ended(stores):
    assert not await stores.sessions.is_live("ses-1", at=AT)
    await stores.sessions.end("ses-1", at=AT)


async def test_a_session_stored_as_ended_is_not_live(stores):
    await stores.sessions.add(session(ended_at=AT))
    assert not await stores.sessions.is_live("ses-1", at=AT)


async def test_an_id_is_taken_once(stores):
    await stores.sessions.add(session())
    with pytest.raises(Conflict):
        await stores.sessions.add(session(user=2))


async def test_of_many_with_one_id_one_is_stored(stores):
    tries = (stores.sessions.add(session(user=n)) for n in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 9


async def test_an_ended_session_is_dead_at_once_and_stays_so(stores):
    await stores.sessions.add(session())
    await stores.sessions.add(session("ses-2"))
    await stores.sessions.end("ses-1", at=AT)
    await stores.sessions.end("ses-1", at=AT)
    assert not await stores.sessions.is_live("ses-1", at=AT)
    assert await stores.sessions.is_live("ses-2", at=AT)


async def test_all_live_sessions_of_a_user_end_together(stores):
    await stores.sessions.add(session("ses-1"))
    await stores.sessions.add(session("ses-2"))
    await stores.sessions.add(session("ses-3", ends=AT))
    await stores.sessions.add(session("ses-4", user=2))
    await stores.sessions.end("ses-2", at=AT)
    assert await stores.sessions.end_all(1, at=AT) == 1
    assert not await stores.sessions.is_live("ses-1", at=AT)
    assert await stores.sessions.is_live("ses-4", at=AT)
    assert await stores.sessions.end_all(1, at=AT) == 0


async def test_expired_sessions_are_forgotten_and_their_ids_free(stores):
    await stores.sessions.add(session("ses-1", ends=AT))
    await stores.sessions.add(session("ses-2", ends=AT + HOUR))
    assert await stores.sessions.forget_expired(before=AT) == 0
    assert await stores.sessions.forget_expired(before=AT + HOUR) == 1
    await stores.sessions.add(session("ses-1"))
    assert await stores.sessions.is_live("ses-2", at=AT)
