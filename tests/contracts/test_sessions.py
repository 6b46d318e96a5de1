"""The contract of `SessionStore`."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.contracts.shared import REDIS

from netra.domain.errors import AccountChanged, Conflict, NotFound
from netra.domain.users.model import Grace, NewUser, Role, Rotation, User, UserSession

ALSO_OVER = ["postponing", REDIS]

AT = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(
    name: str = "ses-1", *, user: int = 1, ends: datetime = AT + HOUR, **fields: object
) -> UserSession:
    return UserSession(id=name, user_id=user, created_at=AT, expires_at=ends, **fields)


async def an_account(stores, *, email: str = "ada@example.com", known: str | None = "hash") -> User:
    return await stores.users.add(
        NewUser(email=email, name="Ada", password_hash=known, role=Role.MEMBER, created_at=AT)
    )


async def test_a_session_lives_until_the_instant_it_expires(stores):
    await stores.sessions.add(session())
    assert await stores.sessions.is_live("ses-1", user_id=1, at=AT)
    assert await stores.sessions.is_live("ses-1", user_id=1, at=AT + HOUR - timedelta(microseconds=1))
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT + HOUR)


async def test_an_unknown_session_is_not_live_and_may_be_ended(stores):
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)
    await stores.sessions.end("ses-1", at=AT)


async def test_a_session_is_live_for_its_own_user_only(stores):
    await stores.sessions.add(session(user=1))
    for _ in range(2):  # the second time an adapter may answer from its cache
        assert not await stores.sessions.is_live("ses-1", user_id=2, at=AT)
        assert await stores.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_a_session_stored_as_ended_is_not_live(stores):
    await stores.sessions.add(session(ended_at=AT))
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)


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
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)
    assert await stores.sessions.is_live("ses-2", user_id=1, at=AT)


async def test_all_live_sessions_of_a_user_end_together(stores):
    await stores.sessions.add(session("ses-1"))
    await stores.sessions.add(session("ses-2"))
    await stores.sessions.add(session("ses-3", ends=AT))
    await stores.sessions.add(session("ses-4", user=2))
    await stores.sessions.end("ses-2", at=AT)
    assert await stores.sessions.end_all(1, at=AT) == 1
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)
    assert await stores.sessions.is_live("ses-4", user_id=2, at=AT)
    assert await stores.sessions.end_all(1, at=AT) == 0


async def test_expired_sessions_are_forgotten_and_their_ids_free(stores):
    await stores.sessions.add(session("ses-1", ends=AT))
    await stores.sessions.add(session("ses-2", ends=AT + HOUR))
    assert await stores.sessions.forget_expired(before=AT) == 0
    assert await stores.sessions.forget_expired(before=AT + HOUR) == 1
    await stores.sessions.add(session("ses-1"))
    assert await stores.sessions.is_live("ses-2", user_id=1, at=AT)


async def test_what_was_stored_comes_back_in_the_list(stores):
    kept = session(address="192.0.2.1", agent="Zoë's browser")
    await stores.sessions.add(kept)
    await stores.sessions.add(session("ses-2", user=2))
    await stores.sessions.add(session("ses-3", ended_at=AT))
    assert list(await stores.sessions.live_of(1, at=AT)) == [kept]
    assert list(await stores.sessions.live_of(1, at=AT + HOUR)) == []


async def test_live_sessions_are_listed_newest_first_a_hundred_at_most(stores):
    for n in range(101):
        await stores.sessions.add(session(f"ses-{n:03}"))
    assert [one.id for one in await stores.sessions.live_of(1, at=AT)][:2] == ["ses-100", "ses-099"]
    assert len(await stores.sessions.live_of(1, at=AT)) == 100


async def test_a_user_ends_only_their_own_live_sessions(stores):
    await stores.sessions.add(session())
    with pytest.raises(NotFound):
        await stores.sessions.end_own("ses-1", user_id=2, at=AT)
    with pytest.raises(NotFound):
        await stores.sessions.end_own("ses-1", user_id=1, at=AT + HOUR)
    await stores.sessions.end_own("ses-1", user_id=1, at=AT)
    with pytest.raises(NotFound):
        await stores.sessions.end_own("ses-1", user_id=1, at=AT)
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_a_refresh_token_is_replaced_once_and_then_ends_its_session(stores):
    await stores.sessions.add(session(), refresh="r1")
    rotated = await stores.sessions.rotate("r1", fresh="r2", at=AT)
    assert rotated == Rotation(session=session(renewed_at=AT))
    assert (await stores.sessions.rotate("r2", fresh="r3", at=AT)).session.id == "ses-1"
    reused = await stores.sessions.rotate("r1", fresh="r4", at=AT)
    assert (reused.session, reused.reused.id) == (None, "ses-1")
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)
    assert await stores.sessions.rotate("r3", fresh="r5", at=AT) == Rotation()
    assert await stores.sessions.rotate("r1", fresh="r6", at=AT) == Rotation()


async def test_a_repeated_request_gets_the_same_successor_for_a_minute(stores):
    await stores.sessions.add(session(), refresh="r1")
    grace = Grace(replay_s=60)
    renewed = (await stores.sessions.rotate("r1", fresh="r2", at=AT, grace=grace)).session
    almost = AT + timedelta(seconds=59)
    assert await stores.sessions.rotate("r1", fresh="r2", at=almost, grace=grace) == Rotation(
        replayed=renewed
    )
    late = await stores.sessions.rotate("r1", fresh="r2", at=AT + timedelta(seconds=60), grace=grace)
    assert late.reused.id == "ses-1"


async def test_a_successor_that_was_used_is_not_given_again(stores):
    await stores.sessions.add(session(), refresh="r1")
    grace = Grace(replay_s=60, race_s=10)
    await stores.sessions.rotate("r1", fresh="r2", at=AT, grace=grace)
    await stores.sessions.rotate("r2", fresh="r3", at=AT + timedelta(seconds=1), grace=grace)
    stale = await stores.sessions.rotate("r1", fresh="r2", at=AT + timedelta(seconds=2), grace=grace)
    assert stale.reused.id == "ses-1"


async def test_another_page_may_bring_the_token_before_the_present_one_once(stores):
    await stores.sessions.add(session(), refresh="r1")
    grace = Grace(race_s=10)
    renewed = (await stores.sessions.rotate("r1", fresh="r2", at=AT, grace=grace)).session
    soon = AT + timedelta(seconds=9)
    assert await stores.sessions.rotate("r1", fresh="x1", at=soon, grace=grace) == Rotation(raced=renewed)
    assert (await stores.sessions.rotate("r1", fresh="x2", at=soon, grace=grace)).reused.id == "ses-1"
    assert await stores.sessions.rotate("r2", fresh="r3", at=soon, grace=grace) == Rotation()


async def test_after_the_grace_a_second_use_ends_the_session(stores):
    await stores.sessions.add(session(), refresh="r1")
    grace = Grace(race_s=10)
    await stores.sessions.rotate("r1", fresh="r2", at=AT, grace=grace)
    late = await stores.sessions.rotate("r1", fresh="x1", at=AT + timedelta(seconds=10), grace=grace)
    assert late.reused.id == "ses-1"


async def test_a_refresh_token_of_a_session_that_is_over_is_worth_nothing(stores):
    await stores.sessions.add(session(), refresh="r1")
    assert await stores.sessions.rotate("unknown", fresh="x", at=AT) == Rotation()
    assert await stores.sessions.rotate("r1", fresh="x", at=AT + HOUR) == Rotation()
    await stores.sessions.end("ses-1", at=AT)
    assert await stores.sessions.rotate("r1", fresh="x", at=AT) == Rotation()


async def test_refresh_tokens_are_taken_once(stores):
    await stores.sessions.add(session(), refresh="r1")
    with pytest.raises(Conflict):
        await stores.sessions.add(session("ses-2"), refresh="r1")
    assert not await stores.sessions.is_live("ses-2", user_id=1, at=AT)
    with pytest.raises(Conflict):
        await stores.sessions.rotate("r1", fresh="r1", at=AT)
    assert (await stores.sessions.rotate("r1", fresh="r2", at=AT)).session is not None


async def test_of_many_who_bring_one_refresh_token_one_wins_and_the_session_ends(stores):
    await stores.sessions.add(session(), refresh="r1")
    tries = (stores.sessions.rotate("r1", fresh=f"x{n}", at=AT) for n in range(10))
    rotations = await asyncio.gather(*tries)
    assert sum(rotation.session is not None for rotation in rotations) == 1
    assert sum(rotation.reused is not None for rotation in rotations) == 1
    assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_a_forgotten_sessions_refresh_tokens_are_forgotten_too(stores):
    await stores.sessions.add(session(), refresh="r1")
    await stores.sessions.rotate("r1", fresh="r2", at=AT)
    await stores.sessions.forget_expired(before=AT + 2 * HOUR)
    await stores.sessions.add(session(), refresh="r1")
    assert (await stores.sessions.rotate("r1", fresh="r2", at=AT)).session is not None


async def test_a_refresh_token_has_a_holder_as_long_as_its_session_lives(stores):
    await stores.sessions.add(session(user=7), refresh="r1")
    await stores.sessions.rotate("r1", fresh="r2", at=AT)
    assert [await stores.sessions.holder_of(name, at=AT) for name in ("r1", "r2", "r3")] == [7, 7, None]
    assert await stores.sessions.holder_of("r2", at=AT + HOUR) is None
    await stores.sessions.end("ses-1", at=AT)
    assert await stores.sessions.holder_of("r2", at=AT) is None


@pytest.mark.parametrize("known", ["hash", None])
async def test_a_session_of_an_account_that_is_as_it_was_is_stored(stores, known):
    user = await an_account(stores, known=known)
    await stores.sessions.add(session(user=user.id), refresh="r1", user=user)
    assert await stores.sessions.is_live("ses-1", user_id=1, at=AT)


async def test_a_session_of_an_account_that_has_changed_meanwhile_is_not_stored(stores):
    changed, disabled, without = [
        await an_account(stores, email=f"{name}@example.com", known=known)
        for name, known in (("changed", "hash"), ("disabled", "hash"), ("without", None))
    ]
    await stores.users.set_password(changed.id, "another", at=AT)
    await stores.users.disable(disabled.id, at=AT)
    await stores.users.set_password(without.id, "its first", at=AT)
    unknown = msgspec.structs.replace(changed, id=without.id + 1)
    for user in (changed, disabled, without, unknown):
        with pytest.raises(AccountChanged):
            await stores.sessions.add(session(user=user.id), refresh="r1", user=user)
        assert not await stores.sessions.is_live("ses-1", user_id=1, at=AT)
        assert await stores.sessions.holder_of("r1", at=AT) is None


async def test_a_session_that_races_the_end_of_an_account_is_refused_or_ends_with_it(stores):
    async def ends(user: User) -> None:
        await stores.users.disable(user.id, at=AT)
        await stores.sessions.end_all(user.id, at=AT)

    for number in range(10):
        user = await an_account(stores, email=f"{number}@example.com")
        tries = [stores.sessions.add(session(f"ses-{number}-{n}", user=user.id), user=user) for n in range(3)]
        results = await asyncio.gather(*tries, ends(user), return_exceptions=True)
        assert all(result is None or isinstance(result, AccountChanged) for result in results)
        assert not await stores.sessions.live_of(user.id, at=AT)
