"""The contract of `UserStore`."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from netra.domain.errors import Conflict, NotFound
from netra.domain.users.model import Identity, NewUser, Role

AT = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
LATER = datetime(2024, 3, 2, tzinfo=UTC)


def new_user(email: str = "zoë@example.com", **fields: object) -> NewUser:
    values = {"name": "Zoë 日本", "password_hash": "$argon2id$x", "role": Role.ADMIN, "created_at": AT}
    return NewUser(email=email, **{**values, **fields})


async def test_what_was_stored_comes_back_whole(stores):
    user = await stores.users.add(new_user())
    assert (user.email, user.name, user.password_hash) == ("zoë@example.com", "Zoë 日本", "$argon2id$x")
    assert (user.role, user.created_at, user.updated_at) == (Role.ADMIN, AT, AT)
    assert user.disabled_at is None
    assert await stores.users.find(user.id) == user
    assert await stores.users.find_by_email("zoë@example.com") == user


async def test_instants_come_back_in_utc(stores):
    user = await stores.users.add(new_user())
    found = await stores.users.find(user.id)
    assert found.created_at.utcoffset() is not None
    assert found.created_at == AT


async def test_a_user_without_a_password_has_none(stores):
    user = await stores.users.add(new_user(password_hash=None, role=Role.MEMBER))
    assert (await stores.users.find(user.id)).password_hash is None


async def test_nobody_is_found_where_nobody_is(stores):
    assert await stores.users.find(1) is None
    assert await stores.users.find_by_email("zoë@example.com") is None


async def test_an_email_is_compared_exactly(stores):
    await stores.users.add(new_user("a_b@example.com"))
    assert await stores.users.find_by_email("A_b@example.com") is None
    assert await stores.users.find_by_email("a%b@example.com") is None


async def test_an_email_belongs_to_one_user(stores):
    first = await stores.users.add(new_user())
    with pytest.raises(Conflict):
        await stores.users.add(new_user(name="Other"))
    assert await stores.users.everyone() == (first,)


async def test_of_many_who_want_an_email_one_gets_it(stores):
    tries = (stores.users.add(new_user(name=str(n))) for n in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 19
    assert len(await stores.users.everyone()) == 1


async def test_everyone_is_listed_by_id(stores):
    users = [await stores.users.add(new_user(f"{name}@example.com")) for name in "cab"]
    assert [user.id for user in users] == sorted(user.id for user in users)
    assert list(await stores.users.everyone()) == users


async def test_a_password_is_replaced(stores):
    user = await stores.users.add(new_user())
    await stores.users.set_password(user.id, "$new", at=LATER)
    changed = await stores.users.find(user.id)
    assert (changed.password_hash, changed.updated_at, changed.created_at) == ("$new", LATER, AT)


async def test_disabling_is_remembered_from_the_first_time(stores):
    user = await stores.users.add(new_user())
    await stores.users.disable(user.id, at=LATER)
    await stores.users.disable(user.id, at=LATER + timedelta(days=1))
    assert (await stores.users.find(user.id)).disabled_at == LATER


async def test_nobody_cannot_be_changed(stores):
    with pytest.raises(NotFound):
        await stores.users.set_password(7, "$new", at=LATER)
    with pytest.raises(NotFound):
        await stores.users.disable(7, at=LATER)


ME = Identity(issuer="https://id.example.com", subject="Sub-1 日本")


async def test_a_new_user_may_come_with_an_identity(stores):
    picture = "https://example.com/zoe.png"
    user = await stores.users.add(new_user(identity=ME, is_email_verified=True, picture=picture))
    assert (user.is_email_verified, user.picture) == (True, picture)
    assert await stores.users.find_by_identity(ME) == user


@pytest.mark.parametrize("other", [("https://id.example.org", ME.subject), (ME.issuer, "sub-1 日本")])
async def test_an_identity_is_issuer_and_subject_compared_exactly(stores, other):
    await stores.users.add(new_user(identity=ME))
    assert await stores.users.find_by_identity(Identity(issuer=other[0], subject=other[1])) is None


async def test_nobody_vouched_for_an_address_unless_said(stores):
    assert not (await stores.users.add(new_user())).is_email_verified


async def test_an_identity_is_linked_once_and_fills_in_a_missing_picture(stores):
    user, other = await stores.users.add(new_user()), await stores.users.add(new_user("b@example.com"))
    linked = await stores.users.link(user.id, ME, picture="https://p", at=LATER)
    assert (linked.picture, linked.updated_at) == ("https://p", LATER)
    assert await stores.users.find_by_identity(ME) == linked == await stores.users.find(user.id)
    for again in (user.id, other.id):
        with pytest.raises(Conflict):
            await stores.users.link(again, ME, picture=None, at=LATER)
    second = Identity(issuer=ME.issuer, subject="sub-2")
    assert (await stores.users.link(user.id, second, picture="https://q", at=LATER)).picture == "https://p"
    with pytest.raises(NotFound):
        await stores.users.link(99, Identity(issuer="i", subject="s"), picture=None, at=LATER)


async def test_a_user_whose_identity_is_taken_is_not_made(stores):
    first = await stores.users.add(new_user(identity=ME))
    with pytest.raises(Conflict):
        await stores.users.add(new_user("b@example.com", identity=ME))
    assert list(await stores.users.everyone()) == [first]


async def test_of_many_who_bring_one_identity_one_is_made(stores):
    tries = (stores.users.add(new_user(f"{n}@example.com", identity=ME)) for n in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 9
    assert len(await stores.users.everyone()) == 1
