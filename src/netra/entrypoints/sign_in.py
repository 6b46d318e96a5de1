"""Sign-in with a rate limit per account, and the exemptions from it."""

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import Origin, SecurityEventKind
from netra.domain.idempotency import is_repeated, key_reused
from netra.domain.quotas import LimitName
from netra.domain.users.federated import FederatedSignIn, ProviderCallback, Recognized
from netra.domain.users.known_addresses import KnownAddressService
from netra.domain.users.model import AddUser, SignIn, SignInResult, User
from netra.domain.users.rules import normal_email
from netra.domain.users.service import UserService
from netra.domain.users.sessions import SessionService
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.rate_limiting import account_key, add_headers, must_be_allowed
from netra.ports.rate_limiter import RateLimiter


class SignInDesk:
    """Signs users in, rate limited by account in addition to the limit by address.

    Requests from an address that has signed in to the account before are limited only by address, so a
    stranger's attempts do not lock the owner out. For the same reason, sign-ins with an identity provider and
    new accounts count under keys of their own.
    """

    def __init__(
        self,
        *,
        users: UserService,
        sessions: SessionService,
        federated: FederatedSignIn,
        journal: SecurityJournal,
        limiter: RateLimiter,
        known: KnownAddressService,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._federated = federated
        self._journal = journal
        self._limiter = limiter
        self._known = known

    async def sign_in(self, command: SignIn, exchange: Exchange, *, origin: Origin) -> SignInResult:
        """Open a session. Raises `RateLimited` and `Unauthorized`."""
        if not await self._known.is_known(command.email, exchange.client_address):
            await self._count(account_key(normal_email(command.email)), exchange, origin=origin)
        signed_in = await self._users.sign_in(command, origin=origin)
        await self._known.remember(signed_in.user, exchange.client_address)
        return signed_in

    async def register(self, command: AddUser, exchange: Exchange, *, origin: Origin) -> User:
        """Create an account, or return the one that an earlier attempt of the request created.

        Raises `RateLimited`, `ValidationFailed` and `Conflict`, and `IdempotencyKeyReused` for another
        password than the first request had.
        """
        email = normal_email(command.email)
        await self._count(account_key(f"new {email}"), exchange, origin=origin)
        attempt = exchange.attempt
        if attempt is not None and is_repeated(attempt.entry):
            added = await self._users.find_added(
                email=email, password=command.password or "", since=attempt.entry.began_at
            )
            if added is not None:
                return added
            if attempt.entry.answer is not None:
                raise key_reused(attempt.key)
        return await self._users.add(command, origin=origin)

    async def recognize(
        self, returned: ProviderCallback, exchange: Exchange, *, origin: Origin
    ) -> Recognized:
        """Return the user who came back from the identity provider.

        Raises `RateLimited` and `OAuthRefused`.
        """
        recognized = await self._federated.finish(returned, origin=origin)
        await self._count(account_key(f"vouched {recognized.user.email}"), exchange, origin=origin)
        return recognized

    async def exchange(
        self, code: str, exchange: Exchange, *, origin: Origin, key: str | None = None
    ) -> SignInResult:
        """Open the session for a page's code. Raises `Unauthorized` and `RateLimited`.

        With an idempotency `key`, the session's first refresh token is derived from the code and exchanged
        under the key, so that a repeated request finds the session as a repeated refresh does.
        """
        first = None if key is None else self._federated.first_token(code)
        if first is not None and await self._sessions.holder_of(first) is not None:
            return await self.refresh(first, exchange, origin=origin, key=key)
        recognized = await self._federated.exchange(code, origin=origin)
        await self._count(account_key(f"exchanged {recognized.user.email}"), exchange, origin=origin)
        signed_in = await self._federated.open(recognized, origin=origin, refresh=first)
        return signed_in if first is None else await self._sessions.refresh(first, origin=origin, key=key)

    async def refresh(
        self,
        token: str,
        exchange: Exchange,
        *,
        origin: Origin,
        key: str | None = None,
        may_race: bool = False,
    ) -> SignInResult:
        """Return new tokens for a refresh token; a token rejected by the rate limit stays valid."""
        user_id = await self._sessions.holder_of(token)
        if user_id is not None:
            await self._count(account_key(f"refreshed {user_id}"), exchange, origin=origin)
        return await self._sessions.refresh(token, origin=origin, key=key, may_race=may_race)

    async def _count(self, key: str, exchange: Exchange, *, origin: Origin) -> None:
        admission = await self._limiter.admit(LimitName.AUTHENTICATION, key)
        add_headers(admission, exchange)
        if not admission.allowed:
            await self._journal.note_once(
                SecurityEventKind.LIMIT_REACHED, origin=origin, key=f"authentication {key}"
            )
        must_be_allowed(admission)
