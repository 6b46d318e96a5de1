"""The services of identity over memory, with passwords and tokens that hide nothing."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from netra.domain.errors import Unauthorized
from netra.domain.users.keys import ApiKeyService
from netra.domain.users.model import Claims
from netra.domain.users.service import UserService
from netra.domain.users.session_opener import SessionOpener
from netra.domain.users.sessions import SessionService


class PlainPasswords:
    """A hasher that is fast and hides nothing; keeps what it verified against.

    What happens `meanwhile` is a test's to say.
    """

    def __init__(self) -> None:
        self.verified: list[str | None] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def verify(self, password: str, *, against: str | None) -> bool:
        self.verified.append(against)
        if self.meanwhile is not None:
            await self.meanwhile()
        return against == f"hash of {password}"


class PlainTokens:
    """Tokens that are keys of a dictionary."""

    signing_key = ""

    def __init__(self) -> None:
        self._claims: dict[str, Claims] = {}

    def issue(self, claims: Claims) -> str:
        token = f"{claims.session_id} {len(self._claims)}"
        self._claims[token] = claims
        return token

    def derive(self, text: str) -> str:
        return hashlib.sha256((self.signing_key + text).encode()).hexdigest()[:43]

    def read(self, token: str) -> Claims:
        if token not in self._claims:
            raise Unauthorized("no such token")
        return self._claims[token]


@pytest.fixture
def passwords() -> PlainPasswords:
    return PlainPasswords()


@pytest.fixture
def tokens() -> PlainTokens:
    return PlainTokens()


@pytest.fixture
def opener(house: Any, tokens: PlainTokens) -> SessionOpener:
    return SessionOpener(
        sessions=house.sessions,
        journal=house.journal,
        tokens=tokens,
        ids=house.ids,
        secrets=house.secrets,
        clock=house.clock,
    )


@pytest.fixture
def users(house: Any, passwords: PlainPasswords, tokens: PlainTokens, opener: SessionOpener) -> UserService:
    return UserService(
        users=house.users,
        sessions=house.sessions,
        api_keys=house.api_keys,
        passwords=passwords,
        tokens=tokens,
        tickets=house.tickets,
        opener=opener,
        journal=house.journal,
        clock=house.clock,
    )


@pytest.fixture
def sessions(house: Any, opener: SessionOpener) -> SessionService:
    return SessionService(
        users=house.users,
        sessions=house.sessions,
        tickets=house.tickets,
        opener=opener,
        journal=house.journal,
        clock=house.clock,
    )


@pytest.fixture
def keys(house: Any, tokens: PlainTokens) -> ApiKeyService:
    return ApiKeyService(
        api_keys=house.api_keys,
        tokens=tokens,
        tickets=house.tickets,
        journal=house.journal,
        ids=house.ids,
        secrets=house.secrets,
        clock=house.clock,
    )
