"""The contract of `PasswordHasher`."""

import asyncio
from collections.abc import Generator

import pytest

from netra.adapters.local.passwords import Argon2PasswordHasher
from netra.domain.errors import Unavailable


@pytest.fixture(scope="module")
def passwords() -> Generator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher()
    yield hasher
    hasher.close()


async def test_the_password_that_made_a_hash_and_no_other_matches(passwords):
    known = await passwords.hash("pässwörd 🔑")
    assert await passwords.verify("pässwörd 🔑", against=known)
    assert not await passwords.verify("passwörd 🔑", against=known)


async def test_a_hash_is_argon2id_with_its_parameters_and_a_salt_of_its_own(passwords):
    first, second = await asyncio.gather(passwords.hash("x"), passwords.hash("x"))
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("against", [None, "", "$2b$12$abc", "plain"])
async def test_nobodys_hash_and_none_match_nothing(passwords, against):
    assert not await passwords.verify("x", against=against)


async def test_too_many_at_once_are_refused_and_the_others_served():
    hasher = Argon2PasswordHasher(threads=1, waiting_max=2)
    tries = (hasher.verify("x", against=None) for _ in range(5))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [result for result in results if result is False] == [False, False]
    assert sum(isinstance(result, Unavailable) for result in results) == 3
    assert not await hasher.verify("x", against=None)
    hasher.close()
