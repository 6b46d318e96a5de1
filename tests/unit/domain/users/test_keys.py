"""API keys: what they are good for, and when no longer."""

from datetime import datetime
from typing import Any

import pytest

from netra.adapters.memory.api_keys import MemoryApiKeyStore
from netra.domain.errors import Conflict, Forbidden, NotFound, Unauthorized, Unavailable, ValidationFailed
from netra.domain.ids import KeyId
from netra.domain.users.keys import KEYS_PER_USER_MAX, SHOWN_AGAIN, ApiKeyService
from netra.domain.users.model import AddUser, KeyScope, Role, User
from netra.domain.users.service import UserService

DAY_S = 86_400


class Disk(MemoryApiKeyStore):
    """A store whose disk may be full."""

    is_full = False

    async def used(self, key_id: KeyId, *, at: datetime) -> None:
        if self.is_full:
            raise Unavailable("The database cannot do this now.")
        await super().used(key_id, at=at)


@pytest.fixture
def house(house: Any) -> Any:
    house.api_keys = Disk(house.users)
    return house


@pytest.fixture
async def owner(users: UserService) -> User:
    return await users.add(AddUser(email="ada@example.com", name="Ada"))


async def test_a_key_speaks_for_its_owner_within_its_scopes(
    users: UserService, keys: ApiKeyService, owner: User
) -> None:
    key, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ, KeyScope.INGEST])
    assert secret.startswith("nk_")
    assert secret.endswith(key.hint)
    principal = await users.authenticate(secret)
    assert (principal.user_id, principal.key_id) == (owner.id, key.id)
    assert principal.scopes == {KeyScope.READ, KeyScope.INGEST}
    assert principal.expires_at == key.expires_at
    assert await users.is_signed_in(principal)


async def test_the_secret_is_kept_nowhere(house: Any, keys: ApiKeyService, owner: User) -> None:
    _, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    kept = str((vars(house.api_keys), vars(house.trail), await keys.all_of(owner)))
    assert secret not in kept
    assert secret.removeprefix("nk_") not in kept


async def test_a_key_ends_when_revoked_and_its_tickets_with_it(
    users: UserService, keys: ApiKeyService, owner: User
) -> None:
    key, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    principal = await users.authenticate(secret)
    ticket = await users.issue_ticket(principal)
    await keys.revoke(key.id, owner=owner)
    for proof in (users.authenticate(secret), users.redeem_ticket(ticket)):
        with pytest.raises(Unauthorized):
            await proof
    assert not await users.is_signed_in(principal)
    assert await keys.all_of(owner) == []
    with pytest.raises(NotFound):
        await keys.revoke(key.id, owner=owner)


async def test_a_key_ends_when_its_days_are_over(
    house: Any, users: UserService, keys: ApiKeyService, owner: User
) -> None:
    _, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], lifetime_days=1)
    house.clock.turn(DAY_S - 1)
    assert await users.authenticate(secret)
    house.clock.turn(1)
    with pytest.raises(Unauthorized):
        await users.authenticate(secret)


async def test_a_key_ends_with_its_owners_account(
    users: UserService, keys: ApiKeyService, owner: User
) -> None:
    _, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    await users.disable(owner)
    with pytest.raises(Unauthorized):
        await users.authenticate(secret)


async def test_use_is_noted_at_most_once_a_minute(
    house: Any, users: UserService, keys: ApiKeyService, owner: User
) -> None:
    _, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    began = house.clock.now()
    await users.authenticate(secret)
    house.clock.turn(59)
    await users.authenticate(secret)
    assert (await keys.all_of(owner))[0].last_used_at == began
    house.clock.turn(1)
    await users.authenticate(secret)
    assert (await keys.all_of(owner))[0].last_used_at == house.clock.now()


async def test_a_key_works_although_the_store_takes_no_note_of_its_use(
    house: Any, users: UserService, keys: ApiKeyService, owner: User
) -> None:
    key, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    house.api_keys.is_full = True
    assert (await users.authenticate(secret)).key_id == key.id
    assert (await keys.all_of(owner))[0].last_used_at is None
    house.api_keys.is_full = False
    await users.authenticate(secret)
    assert (await keys.all_of(owner))[0].last_used_at == house.clock.now()


@pytest.mark.parametrize("text", ["nk_", "nk_guess", "nk_" + "a" * 43])
async def test_no_text_is_taken_for_a_key(users: UserService, text: str) -> None:
    with pytest.raises(Unauthorized):
        await users.authenticate(text)


async def test_only_an_administrator_makes_administrators_keys(
    users: UserService, keys: ApiKeyService, owner: User
) -> None:
    with pytest.raises(Forbidden):
        await keys.issue(owner, name="ci", scopes=[KeyScope.ADMIN])
    admin = await users.add(AddUser(email="root@example.com", name="Root", role=Role.ADMIN))
    assert await keys.issue(admin, name="ci", scopes=[KeyScope.ADMIN])


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"lifetime_days": 0}, "expires_in_days"),
        ({"lifetime_days": 367}, "expires_in_days"),
    ],
)
async def test_a_malformed_key_is_refused_by_field(
    keys: ApiKeyService, owner: User, fields: dict[str, Any], path: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await keys.issue(owner, **{"name": "ci", "scopes": [KeyScope.READ], **fields})
    assert refused.value.faults[0].path == path


async def test_a_user_has_a_bounded_number_of_keys(keys: ApiKeyService, owner: User) -> None:
    for _ in range(KEYS_PER_USER_MAX):
        key, _ = await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    with pytest.raises(Conflict):
        await keys.issue(owner, name="ci", scopes=[KeyScope.READ])
    await keys.revoke(key.id, owner=owner)
    assert await keys.issue(owner, name="ci", scopes=[KeyScope.READ])


async def test_all_keys_end_together_and_their_tickets_with_them(
    users: UserService, keys: ApiKeyService, owner: User
) -> None:
    secrets = [(await keys.issue(owner, name="ci", scopes=[KeyScope.READ]))[1] for _ in range(2)]
    ticket = await users.issue_ticket(await users.authenticate(secrets[0]))
    assert await keys.revoke_all(owner) == 2
    for proof in (*map(users.authenticate, secrets), users.redeem_ticket(ticket)):
        with pytest.raises(Unauthorized):
            await proof
    assert await keys.revoke_all(owner) == 0


async def test_a_new_password_keeps_keys_and_says_how_many_still_work(
    house: Any, users: UserService, keys: ApiKeyService, owner: User
) -> None:
    _, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], lifetime_days=2)
    await keys.issue(owner, name="short", scopes=[KeyScope.READ], lifetime_days=1)
    revoked, _ = await keys.issue(owner, name="gone", scopes=[KeyScope.READ])
    await keys.revoke(revoked.id, owner=owner)
    house.clock.turn(DAY_S)
    assert await users.set_password(owner, "battery staple") == 1
    assert (await users.authenticate(secret)).user_id == owner.id


async def test_a_key_has_a_plain_name(keys: ApiKeyService, owner: User) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await keys.issue(owner, name="ci\x1b[31m", scopes=[KeyScope.READ])
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [("name", "control_character")]


async def test_a_request_that_is_repeated_gets_its_key_again(keys: ApiKeyService, owner: User) -> None:
    made = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
    assert await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1") == made
    other, secret = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="2")
    assert (other.id, secret) != (made[0].id, made[1])
    assert len(await keys.all_of(owner)) == 2


async def test_a_secret_is_shown_again_for_ten_minutes(house: Any, keys: ApiKeyService, owner: User) -> None:
    key, _ = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
    house.clock.turn(SHOWN_AGAIN.total_seconds())
    with pytest.raises(Conflict, match="not shown again") as refusal:
        await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
    assert refusal.value.details == {"key_id": key.id}
    assert len(await keys.all_of(owner)) == 1


async def test_a_key_that_was_revoked_does_not_come_again(keys: ApiKeyService, owner: User) -> None:
    key, _ = await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
    await keys.revoke(key.id, owner=owner)
    with pytest.raises(Conflict, match="may have been revoked"):
        await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")


async def test_a_secret_of_another_signing_key_is_not_shown_again(
    keys: ApiKeyService, owner: User, tokens: Any
) -> None:
    await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
    tokens.signing_key = "another one"
    with pytest.raises(Conflict, match="not shown again"):
        await keys.issue(owner, name="ci", scopes=[KeyScope.READ], made_as="1")
