"""Who may sign in, and when a proof stops counting."""

from datetime import timedelta
from typing import Any

import pytest

from netra.domain.errors import (
    Conflict,
    OAuthNotConfigured,
    TokenExpired,
    Unauthorized,
    ValidationFailed,
)
from netra.domain.users.model import AddUser, Claims, SignIn
from netra.domain.users.rules import account_faults
from netra.domain.users.service import SESSION_LIFETIME, UserService

ADA = AddUser(email="Ada@Example.com", name="Ada", password="correct horse")
RIGHT = SignIn(email="ada@example.com", password="correct horse")


class PlainPasswords:
    """A hasher that is fast and hides nothing; counts what it verified."""

    def __init__(self) -> None:
        self.verified: list[str | None] = []

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def verify(self, password: str, *, against: str | None) -> bool:
        self.verified.append(against)
        return against == f"hash of {password}"


class PlainTokens:
    """Tokens that are keys of a dictionary."""

    def __init__(self) -> None:
        self._claims: dict[str, Claims] = {}

    def issue(self, claims: Claims) -> str:
        self._claims[claims.session_id] = claims
        return claims.session_id

    def read(self, token: str) -> Claims:
        if token not in self._claims:
            raise Unauthorized("no such token")
        return self._claims[token]


@pytest.fixture
def passwords() -> PlainPasswords:
    return PlainPasswords()


@pytest.fixture
def users(house: Any, passwords: PlainPasswords) -> UserService:
    return UserService(
        users=house.users,
        sessions=house.sessions,
        passwords=passwords,
        tokens=PlainTokens(),
        tickets=house.tickets,
        clock=house.clock,
        ids=house.ids,
    )


async def test_a_user_signs_in_with_any_spelling_of_the_address(users: UserService) -> None:
    added = await users.add(ADA)
    signed_in = await users.sign_in(SignIn(email=" ADA@example.COM ", password="correct horse"))
    assert signed_in.user == added
    assert added.email == "ada@example.com"
    assert signed_in.expires_in_s == SESSION_LIFETIME.total_seconds()


async def test_every_wrong_pair_gets_the_same_refusal_after_the_same_work(
    users: UserService, passwords: PlainPasswords
) -> None:
    await users.add(ADA)
    await users.add(AddUser(email="g@example.com", name="G"))
    refusals = []
    for email, password in [("ada@example.com", "no"), ("nobody@example.com", "no"), ("g@example.com", "no")]:
        with pytest.raises(Unauthorized) as refused:
            await users.sign_in(SignIn(email=email, password=password))
        refusals.append((refused.value.message, dict(refused.value.details)))
    assert refusals[0] == refusals[1] == refusals[2]
    assert passwords.verified == ["hash of correct horse", None, None]


async def test_a_disabled_user_cannot_sign_in_and_is_not_shown(house: Any, users: UserService) -> None:
    user = await users.add(ADA)
    await house.users.disable(user.id, at=house.clock.now())
    with pytest.raises(Unauthorized):
        await users.sign_in(RIGHT)
    with pytest.raises(Unauthorized):
        await users.get(user.id)


async def test_an_address_belongs_to_one_user(users: UserService) -> None:
    await users.add(ADA)
    with pytest.raises(Conflict):
        await users.add(AddUser(email="ADA@example.com", name="Other", password="long enough"))


async def test_a_token_speaks_for_its_user_until_sign_out(users: UserService) -> None:
    signed_in = await users.sign_in(RIGHT) if await users.add(ADA) else None
    assert signed_in is not None
    principal = await users.authenticate(signed_in.access_token)
    assert (await users.get(principal.user_id)).name == "Ada"
    ticket = await users.issue_ticket(principal)
    await users.sign_out(principal)
    with pytest.raises(Unauthorized, match="ended"):
        await users.authenticate(signed_in.access_token)
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(ticket)
    assert not await users.is_signed_in(principal)


async def test_a_token_expires_with_its_session(house: Any, users: UserService) -> None:
    await users.add(ADA)
    signed_in = await users.sign_in(RIGHT)
    house.clock.turn(SESSION_LIFETIME / timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        await users.authenticate(signed_in.access_token)


async def test_a_ticket_opens_one_socket(users: UserService) -> None:
    await users.add(ADA)
    principal = await users.authenticate((await users.sign_in(RIGHT)).access_token)
    ticket = await users.issue_ticket(principal)
    assert await users.redeem_ticket(ticket) == principal
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(ticket)


@pytest.mark.parametrize(
    ("email", "name", "password", "path"),
    [
        ("nobody", "N", None, "email"),
        ("a@b@c", "N", None, "email"),
        ("a" * 255 + "@b", "N", None, "email"),
        ("a@b", " ", None, "name"),
        ("a@b", "N" * 201, None, "name"),
        ("a@b", "N", "short", "password"),
        ("a@b", "N", "x" * 1_025, "password"),
    ],
)
async def test_a_malformed_account_is_refused_by_field(
    users: UserService, email: str, name: str, password: str | None, path: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await users.add(AddUser(email=email, name=name, password=password))
    assert [fault.path for fault in refused.value.faults] == [path]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert [fault.path for fault in account_faults(email="", name="", password="")] == [
        "email",
        "name",
        "password",
    ]


async def test_google_sign_in_says_that_it_is_not_configured(users: UserService) -> None:
    with pytest.raises(OAuthNotConfigured):
        await users.begin_google_sign_in(redirect_uri=None)
    with pytest.raises(OAuthNotConfigured):
        await users.finish_google_sign_in(code="c", state="s")


async def test_an_account_that_is_gone_is_unauthorized(users: UserService) -> None:
    with pytest.raises(Unauthorized):
        await users.get((await users.add(ADA)).id + 1)  # type: ignore[arg-type]  # another user's id
