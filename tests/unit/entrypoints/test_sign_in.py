"""The sign-in desk: counted by account, and the owner is not locked out."""

import dataclasses
from urllib.parse import parse_qs, urlsplit

import pytest

from netra.bootstrap.memory import memory_ports
from netra.domain.audit.model import Origin
from netra.domain.errors import RateLimited, Unauthorized
from netra.domain.users.federated import Recognized
from netra.domain.users.model import AddUser, SignIn
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.sign_in import SignInDesk
from netra.plugboard import Ports, contained
from netra.settings import Settings

NOWHERE = Origin()

RIGHT = SignIn(email="Ada@example.com", password="secure_password")
WRONG = SignIn(email="ada@example.com", password="a guess of theirs")


class PlainPasswords:
    """Passwords as they are."""

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, password: str, *, against: str | None) -> bool:
        return password == against


def at(address: str) -> Exchange:
    """Return an exchange with a client at `address`."""
    return Exchange(request_id="req-1", client_address=address, headers=[])


@pytest.fixture
def ports() -> Ports:
    return dataclasses.replace(memory_ports(Settings(limit_authentication=3)), passwords=PlainPasswords())


@pytest.fixture
async def desk(ports: Ports) -> SignInDesk:
    """A desk that knows Ada."""
    opened = desk_over(ports)
    await opened._users.add(AddUser(email="ada@example.com", name="Ada", password="secure_password"))
    return opened


def desk_over(ports: Ports) -> SignInDesk:
    """Return the desk of a process that starts over the same stores."""
    container = contained(ports, Settings())
    return SignInDesk(
        users=container.user_service(),
        sessions=container.session_service(),
        federated=container.federated_sign_in(),
        journal=container.security_journal(),
        limiter=ports.limiter,
        known=container.known_address_service(),
    )


async def test_an_account_is_tried_as_often_as_the_limit_says_from_anywhere(desk: SignInDesk) -> None:
    for turn in range(3):
        with pytest.raises(Unauthorized):
            await desk.sign_in(WRONG, at(f"10.0.0.{turn}"), origin=NOWHERE)
    with pytest.raises(RateLimited):
        await desk.sign_in(RIGHT, at("10.0.0.9"), origin=NOWHERE)


async def test_a_known_address_is_not_locked_out_by_strangers(desk: SignInDesk) -> None:
    await desk.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)
    for turn in range(2):
        with pytest.raises(Unauthorized):
            await desk.sign_in(WRONG, at(f"10.0.0.{turn}"), origin=NOWHERE)
    with pytest.raises(RateLimited):
        await desk.sign_in(WRONG, at("10.0.0.9"), origin=NOWHERE)
    assert (await desk.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)).user.email == "ada@example.com"


async def test_a_known_address_is_not_locked_out_after_a_restart_or_in_another_process(
    ports: Ports, desk: SignInDesk
) -> None:
    await desk.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)
    other = desk_over(ports)
    for turn in range(2):
        with pytest.raises(Unauthorized):
            await other.sign_in(WRONG, at(f"10.0.0.{turn}"), origin=NOWHERE)
    with pytest.raises(RateLimited):
        await other.sign_in(RIGHT, at("10.0.0.9"), origin=NOWHERE)
    assert await other.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)


async def test_a_wrong_password_makes_no_address_known(desk: SignInDesk) -> None:
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await desk.sign_in(WRONG, at("10.0.0.1"), origin=NOWHERE)
    with pytest.raises(RateLimited):
        await desk.sign_in(WRONG, at("10.0.0.1"), origin=NOWHERE)


async def test_an_account_renews_as_often_as_the_limit_says_and_keeps_the_token_it_could_not_use(
    desk: SignInDesk,
) -> None:
    token = (await desk.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)).refresh_token
    for turn in range(3):
        token = (await desk.refresh(token, at(f"10.0.0.{turn}"), origin=NOWHERE)).refresh_token
    for _ in range(2):  # the second time it would end the session, had the first one used it up
        with pytest.raises(RateLimited):
            await desk.refresh(token, at("10.0.0.9"), origin=NOWHERE)
    assert await desk._users.authenticate(
        (await desk.sign_in(RIGHT, at("192.0.2.1"), origin=NOWHERE)).access_token
    )


async def test_made_up_refresh_tokens_are_nobodys_tries(desk: SignInDesk) -> None:
    exchange = at("10.0.0.1")
    for _ in range(9):
        with pytest.raises(Unauthorized):
            await desk.refresh("nr_made up", exchange, origin=NOWHERE)
    assert exchange.headers == []


async def test_an_account_exchanges_codes_as_often_as_the_limit_says(desk: SignInDesk) -> None:
    federated = desk._federated
    recognized = Recognized(
        user=(await desk._users._users.everyone())[0], redirect_uri="https://app.example.com/"
    )

    async def code() -> str:
        there = await federated.hand_over(recognized, state="s")
        return parse_qs(urlsplit(there).fragment)["code"][0]

    for turn in range(3):
        assert await desk.exchange(await code(), at(f"10.0.0.{turn}"), origin=NOWHERE)
    with pytest.raises(RateLimited):
        await desk.exchange(await code(), at("10.0.0.9"), origin=NOWHERE)


async def code_for(desk: SignInDesk) -> str:
    """Return a code that a page may exchange for Ada's tokens."""
    recognized = Recognized(
        user=(await desk._users._users.everyone())[0], redirect_uri="https://app.example.com/"
    )
    there = await desk._federated.hand_over(recognized, state="s")
    return parse_qs(urlsplit(there).fragment)["code"][0]


async def test_an_exchange_with_a_key_may_be_repeated(desk: SignInDesk) -> None:
    code, here = await code_for(desk), at("10.0.0.1")
    first = await desk.exchange(code, here, origin=NOWHERE, key="k")
    again = await desk.exchange(code, here, origin=NOWHERE, key="k")
    assert again.refresh_token == first.refresh_token
    assert (first.is_replay, again.is_replay) == (False, True)
    assert await desk._users.authenticate(first.access_token)
    assert await desk._users.authenticate(again.access_token)
    assert len(await desk._sessions.all_of(first.user.id)) == 1
    assert await desk.refresh(again.refresh_token, here, origin=NOWHERE)


async def test_a_code_that_comes_again_with_another_key_ends_the_session(desk: SignInDesk) -> None:
    code, here = await code_for(desk), at("10.0.0.1")
    first = await desk.exchange(code, here, origin=NOWHERE, key="k")
    with pytest.raises(Unauthorized):
        await desk.exchange(code, here, origin=NOWHERE, key="another")
    with pytest.raises(Unauthorized):
        await desk._users.authenticate(first.access_token)


async def test_a_code_that_comes_again_without_the_key_is_refused(desk: SignInDesk) -> None:
    code, here = await code_for(desk), at("10.0.0.1")
    first = await desk.exchange(code, here, origin=NOWHERE, key="k")
    with pytest.raises(Unauthorized):
        await desk.exchange(code, here, origin=NOWHERE)
    assert await desk._users.authenticate(first.access_token)
