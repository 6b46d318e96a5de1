"""Repeated requests whose answers or bodies hold secrets: done once, and no secret is stored."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import msgspec
import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.replays import MemoryReplayBook
from netra.domain.idempotency import KeyEntry

from .conftest import PASSWORD, SETTINGS, House, opened, signed_in

KEY = {"Idempotency-Key": "key-1"}
NEW_KEY = {"name": "ci", "scopes": ["read"]}
ADA = {"email": "ada@example.com", "name": "Ada", "password": "correct horse battery"}
CHANGE = {"current_password": PASSWORD, "new_password": "another password"}


class Watched(MemoryReplayBook):
    """A book that shows what it stores, and loses the first answer where a test says so."""

    loses = 0

    def __init__(self) -> None:
        super().__init__(clock=SystemClock())
        self.seen: list[Any] = []

    async def begin(self, *args: Any, **options: Any) -> KeyEntry:
        begun = await super().begin(*args, **options)
        self.seen.append((args, options, begun))
        return begun

    async def keep(self, *args: Any, **options: Any) -> None:
        self.seen.append((args, options))
        if self.loses:
            self.loses -= 1
            await self.let_go(*args)
            return
        await super().keep(*args, **options)


@pytest.fixture
def book() -> Watched:
    return Watched()


@pytest.fixture
async def house(book: Watched) -> AsyncGenerator[House]:
    settings = msgspec.structs.replace(SETTINGS, registration=True)
    async with opened(settings, replays=book) as house:
        yield house


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def again(house: House, password: str) -> None:
    """Sign in again: the change of password has ended the session."""
    email = (await house.services.user_service().get(house.principal.user_id)).email
    pair = {"email": email, "password": password}
    token = (await house.client.post("/api/auth/login", json=pair)).raise_for_status().json()["access_token"]
    house.client.headers["Authorization"] = f"Bearer {token}"


async def test_an_api_key_is_made_once_and_its_secret_is_not_stored(house: House, book: Watched) -> None:
    first = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).raise_for_status()
    repeated = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).raise_for_status()
    assert repeated.json() == first.json()
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (await house.client.get("/api/keys")).json()["total"] == 1
    assert first.json()["secret"].removeprefix("nk_") not in str(book.seen)
    bearer = {"Authorization": f"Bearer {first.json()['secret']}"}
    assert (await house.client.get("/api/workloads", headers=bearer)).status_code == 200


async def test_an_api_key_is_made_once_where_the_first_answer_is_lost(house: House, book: Watched) -> None:
    book.loses = 1
    first = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).raise_for_status()
    repeated = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).raise_for_status()
    assert repeated.json() == first.json()
    assert (await house.client.get("/api/keys")).json()["total"] == 1


async def test_another_body_under_the_key_is_refused_everywhere(house: House) -> None:
    for path, body, other in (
        ("/api/keys", NEW_KEY, {**NEW_KEY, "name": "cd"}),
        ("/api/auth/register", ADA, {**ADA, "name": "Eve"}),
        ("/api/auth/register", ADA, {**ADA, "password": "another long password"}),
    ):
        key = {"Idempotency-Key": f"{path} {other}"}
        ada = {**body, "email": f"a{abs(hash(str(other)))}@example.com"} if "email" in body else body
        eve = {**other, "email": ada["email"]} if "email" in body else other
        (await house.client.post(path, json=ada, headers=key)).raise_for_status()
        refused = await house.client.post(path, json=eve, headers=key)
        assert (refused.status_code, code_of(refused)) == (422, "IDEMPOTENCY_KEY_REUSED"), path
        assert "Idempotency-Replayed" not in refused.headers


async def test_a_revoked_key_is_not_made_again(house: House) -> None:
    made = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).json()
    await house.client.delete(f"/api/keys/{made['key']['id']}")
    refused = await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)
    assert (refused.status_code, code_of(refused)) == (409, "CONFLICT")
    assert (await house.client.get("/api/keys")).json()["total"] == 0


async def test_a_body_that_cannot_be_read_is_refused_as_without_a_key(house: House) -> None:
    for body in (b"", b"[]", b"{"):
        headers = {**KEY, "Content-Type": "application/json"}
        refused = await house.client.post("/api/keys", content=body, headers=headers)
        assert (refused.status_code, code_of(refused)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("loses", [0, 1])
async def test_an_account_is_registered_once(house: House, book: Watched, loses: int) -> None:
    book.loses = loses
    house.client.headers.pop("Authorization")
    first = (await house.client.post("/api/auth/register", json=ADA, headers=KEY)).raise_for_status()
    repeated = (await house.client.post("/api/auth/register", json=ADA, headers=KEY)).raise_for_status()
    assert repeated.json() == first.json()
    assert ADA["password"] not in str(book.seen)
    taken = await house.client.post("/api/auth/register", json=ADA, headers={"Idempotency-Key": "other"})
    assert (taken.status_code, code_of(taken)) == (409, "CONFLICT")


async def test_an_account_of_before_is_not_taken_for_the_one_of_a_repeated_request(house: House) -> None:
    (await house.client.post("/api/auth/register", json=ADA)).raise_for_status()
    for _ in range(2):
        taken = await house.client.post("/api/auth/register", json=ADA, headers=KEY)
        assert (taken.status_code, code_of(taken)) == (409, "CONFLICT")


@pytest.mark.parametrize("loses", [0, 1])
async def test_a_password_is_changed_once(house: House, book: Watched, loses: int) -> None:
    book.loses = loses
    first = (await house.client.post("/api/auth/password", json=CHANGE, headers=KEY)).raise_for_status()
    ended = await house.client.post("/api/auth/password", json=CHANGE, headers=KEY)
    assert ended.status_code == 401  # the change has ended the session
    await again(house, CHANGE["new_password"])
    repeated = (await house.client.post("/api/auth/password", json=CHANGE, headers=KEY)).raise_for_status()
    assert repeated.json() == first.json()
    assert "another password" not in str(book.seen)
    assert PASSWORD not in str(book.seen)


async def test_a_change_to_another_password_under_the_key_is_refused(house: House) -> None:
    (await house.client.post("/api/auth/password", json=CHANGE, headers=KEY)).raise_for_status()
    await again(house, CHANGE["new_password"])
    other = {"current_password": "another password", "new_password": "a third password"}
    refused = await house.client.post("/api/auth/password", json=other, headers=KEY)
    assert (refused.status_code, code_of(refused)) == (422, "IDEMPOTENCY_KEY_REUSED")
    await again(house, CHANGE["new_password"])


async def test_a_wrong_password_may_be_corrected_under_the_same_key(house: House) -> None:
    wrong = {**CHANGE, "current_password": "a wrong password"}
    refused = await house.client.post("/api/auth/password", json=wrong, headers=KEY)
    assert refused.status_code == 403
    (await house.client.post("/api/auth/password", json=CHANGE, headers=KEY)).raise_for_status()


async def test_keys_of_two_users_do_not_meet(house: House) -> None:
    first = (await house.client.post("/api/keys", json=NEW_KEY, headers=KEY)).json()
    async with signed_in(house.app, house.services, house.incidents) as other:
        second = (await other.client.post("/api/keys", json=NEW_KEY, headers=KEY)).json()
    assert first["secret"] != second["secret"]
