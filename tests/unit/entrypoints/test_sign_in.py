"""The sign-in desk: counted by account, and the owner is not locked out."""

import pytest

from netra.adapters.jwt.codec import JwtTokenCodec
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.limits import LocalRateLimiter
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.users import MemoryUserStore
from netra.domain.errors import RateLimited, Unauthorized
from netra.domain.quotas import RateLimits
from netra.domain.users.model import AddUser, SignIn
from netra.domain.users.service import UserService
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.sign_in import SignInDesk

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
async def desk() -> SignInDesk:
    """A desk that knows Ada, and one address that she came from."""
    clock = SystemClock()
    users = UserService(
        users=MemoryUserStore(),
        sessions=MemorySessionStore(),
        passwords=PlainPasswords(),
        tokens=JwtTokenCodec(keys=["k" * 40], issuer="i", audience="a", clock=clock),
        tickets=LocalTicketBook(clock=clock),
        clock=clock,
        ids=RandomIdSource(clock=clock),
    )
    await users.add(AddUser(email="ada@example.com", name="Ada", password="secure_password"))
    limiter = LocalRateLimiter(RateLimits(authentication=3), clock=clock)
    return SignInDesk(users=users, limiter=limiter, known_max=1)


async def test_an_account_is_tried_as_often_as_the_limit_says_from_anywhere(desk: SignInDesk) -> None:
    for turn in range(3):
        with pytest.raises(Unauthorized):
            await desk.sign_in(WRONG, at(f"10.0.0.{turn}"))
    with pytest.raises(RateLimited):
        await desk.sign_in(RIGHT, at("10.0.0.9"))


async def test_a_known_address_is_not_locked_out_by_strangers(desk: SignInDesk) -> None:
    await desk.sign_in(RIGHT, at("192.0.2.1"))
    for turn in range(2):
        with pytest.raises(Unauthorized):
            await desk.sign_in(WRONG, at(f"10.0.0.{turn}"))
    with pytest.raises(RateLimited):
        await desk.sign_in(WRONG, at("10.0.0.9"))
    assert (await desk.sign_in(RIGHT, at("192.0.2.1"))).user.email == "ada@example.com"


async def test_only_so_many_addresses_are_remembered(desk: SignInDesk) -> None:
    await desk.sign_in(RIGHT, at("192.0.2.1"))
    await desk.sign_in(RIGHT, at("192.0.2.2"))
    exchange = at("192.0.2.1")
    await desk.sign_in(RIGHT, exchange)
    assert exchange.headers, "counted by account again, because it was forgotten"
