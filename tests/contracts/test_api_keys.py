"""The contract of `ApiKeyStore`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import Conflict, NotFound
from netra.domain.users.model import ApiKey, KeyScope, NewUser, Role

AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def owners(stores):
    """Return the ids of two users."""
    made = [
        NewUser(email=f"{name}@example.com", name=name, password_hash=None, role=Role.MEMBER, created_at=AT)
        for name in "ab"
    ]
    return [(await stores.users.add(new)).id for new in made]


def key(owner, name: str = "key-1", *, after_s: float = 0, **fields: object) -> ApiKey:
    created_at = AT + timedelta(seconds=after_s)
    values = {
        "name": "CI 日本",
        "scopes": frozenset({KeyScope.READ, KeyScope.INGEST}),
        "hint": "wxyz",
        **fields,
    }
    return ApiKey(id=name, owner_id=owner, created_at=created_at, expires_at=created_at + DAY, **values)


async def test_a_key_is_found_by_its_digest_alone(stores, owners):
    kept = key(owners[0])
    await stores.api_keys.add(kept, digest="d1", max_per_user=9)
    assert await stores.api_keys.find("d1", at=AT) == kept
    assert await stores.api_keys.find("D1", at=AT) is None
    assert await stores.api_keys.find("key-1", at=AT) is None
    assert await stores.api_keys.is_live("key-1", at=AT)
    assert not await stores.api_keys.is_live("d1", at=AT)


async def test_a_key_counts_until_it_expires(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    assert await stores.api_keys.find("d1", at=AT + DAY - timedelta(microseconds=1))
    assert await stores.api_keys.find("d1", at=AT + DAY) is None
    assert not await stores.api_keys.is_live("key-1", at=AT + DAY)


async def test_a_revoked_key_counts_no_more_and_is_not_listed(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    await stores.api_keys.revoke("key-1", owner_id=owners[0], at=AT)
    assert await stores.api_keys.find("d1", at=AT) is None
    assert not await stores.api_keys.is_live("key-1", at=AT)
    assert list(await stores.api_keys.all_of(owners[0])) == []
    with pytest.raises(NotFound):
        await stores.api_keys.revoke("key-1", owner_id=owners[0], at=AT)


async def test_a_stranger_sees_and_revokes_nothing(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    assert list(await stores.api_keys.all_of(owners[1])) == []
    with pytest.raises(NotFound):
        await stores.api_keys.revoke("key-1", owner_id=owners[1], at=AT)
    assert await stores.api_keys.is_live("key-1", at=AT)


async def test_a_disabled_owners_key_counts_no_more(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    await stores.users.disable(owners[0], at=AT)
    assert await stores.api_keys.find("d1", at=AT) is None
    assert not await stores.api_keys.is_live("key-1", at=AT)


async def test_ids_and_digests_are_taken_once(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    for again, digest in [(key(owners[0]), "d2"), (key(owners[1], "key-2"), "d1")]:
        with pytest.raises(Conflict):
            await stores.api_keys.add(again, digest=digest, max_per_user=9)


async def test_keys_are_listed_newest_first_ties_by_id(stores, owners):
    for name, after_s in [("a", 0), ("c", 1), ("b", 1)]:
        await stores.api_keys.add(key(owners[0], name, after_s=after_s), digest=name, max_per_user=9)
    assert [one.id for one in await stores.api_keys.all_of(owners[0])] == ["c", "b", "a"]


async def test_the_bound_holds_in_a_race_and_dead_keys_do_not_count(stores, owners):
    await stores.api_keys.add(key(owners[0], "old", after_s=-90_000), digest="old", max_per_user=9)
    tries = (
        stores.api_keys.add(key(owners[0], f"key-{n}"), digest=f"d{n}", max_per_user=3) for n in range(9)
    )
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 6
    await stores.api_keys.add(key(owners[1], "other"), digest="other", max_per_user=3)


async def test_use_is_remembered(stores, owners):
    await stores.api_keys.add(key(owners[0]), digest="d1", max_per_user=9)
    await stores.api_keys.used("key-1", at=AT + timedelta(seconds=5))
    await stores.api_keys.used("unknown", at=AT)
    assert (await stores.api_keys.find("d1", at=AT)).last_used_at == AT + timedelta(seconds=5)


async def test_all_keys_of_one_owner_are_revoked_together(stores, owners):
    one, other = owners
    await stores.api_keys.add(key(one, "key-1"), digest="d1", max_per_user=9)
    await stores.api_keys.add(key(one, "key-2"), digest="d2", max_per_user=9)
    await stores.api_keys.add(key(one, "key-3"), digest="d3", max_per_user=9)
    await stores.api_keys.add(key(other, "key-4"), digest="d4", max_per_user=9)
    await stores.api_keys.revoke("key-2", owner_id=one, at=AT)
    assert sorted(await stores.api_keys.revoke_all(one, at=AT)) == ["key-1", "key-3"]
    assert list(await stores.api_keys.all_of(one)) == []
    assert not await stores.api_keys.is_live("key-1", at=AT)
    assert await stores.api_keys.is_live("key-4", at=AT)
    assert list(await stores.api_keys.revoke_all(one, at=AT)) == []
