"""Signing in at a door: the count by account, and who is not locked out by it."""

from collections import OrderedDict
from typing import Final

from netra.domain.quotas import LimitName
from netra.domain.users.model import SignedIn, SignIn
from netra.domain.users.rules import normal_email
from netra.domain.users.service import UserService
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.counting import account_key, must_be_allowed, tell
from netra.ports.limits import RateLimiter

KNOWN_MAX: Final = 10_000  # pairs of account and address that a process remembers


class SignInDesk:
    """Sign-in by password, counted by account beside the count by address.

    An address from which an account has signed in before is counted by address alone, so that a
    stranger who hammers on the account does not lock its owner out.
    """

    def __init__(self, *, users: UserService, limiter: RateLimiter, known_max: int = KNOWN_MAX) -> None:
        self._users = users
        self._limiter = limiter
        self._known_max = known_max
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def sign_in(self, command: SignIn, exchange: Exchange) -> SignedIn:
        """Open a session. Raises `RateLimited` and `Unauthorized`."""
        pair = (normal_email(command.email), exchange.client_address)
        if pair not in self._known:
            admission = await self._limiter.admit(LimitName.AUTHENTICATION, account_key(pair[0]))
            tell(admission, exchange)
            must_be_allowed(admission)
        signed_in = await self._users.sign_in(command)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > self._known_max:
            self._known.popitem(last=False)
        return signed_in
