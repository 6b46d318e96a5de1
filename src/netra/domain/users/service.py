"""Manage accounts and passwords, sign users in and out, and authenticate tokens and API keys."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import AccountChanged, Forbidden, TokenExpired, Unauthorized, Unavailable
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import (
    AddUser,
    ApiKey,
    KeyScope,
    NewUser,
    Principal,
    Role,
    SignIn,
    SignInResult,
    User,
)
from netra.domain.users.rules import (
    KEY_PREFIX,
    check_account,
    check_password,
    key_digest,
    normal_email,
)
from netra.domain.users.session_opener import SessionOpener
from netra.ports.api_keys import ApiKeyStore
from netra.ports.clock import Clock
from netra.ports.passwords import PasswordHasher
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TicketBook, TokenCodec
from netra.ports.users import UserStore

# interval between updates of a key's last use; avoids a write per request
KEY_USE_NOTED_EVERY: Final = timedelta(minutes=1)


class UserService:
    """Manages accounts and authenticates callers."""

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        api_keys: ApiKeyStore,
        passwords: PasswordHasher,
        tokens: TokenCodec,
        tickets: TicketBook,
        opener: SessionOpener,
        journal: SecurityJournal,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._api_keys = api_keys
        self._passwords = passwords
        self._tokens = tokens
        self._tickets = tickets
        self._opener = opener
        self._journal = journal
        self._clock = clock

    async def add(self, command: AddUser, *, origin: Origin = AT_THE_MACHINE) -> User:
        """Create an account. Raises `ValidationFailed`, or `Conflict` when the e-mail address is taken."""
        email = normal_email(command.email)
        check_account(email=email, name=command.name, password=command.password)
        password_hash = None if command.password is None else await self._passwords.hash(command.password)
        new = NewUser(
            email=email,
            name=command.name,
            password_hash=password_hash,
            role=command.role,
            created_at=self._clock.now(),
            is_email_verified=command.is_email_verified,
        )
        user = await self._users.add(new)
        await self._journal.note(Kind.ACCOUNT_ADDED, origin=origin, user_id=user.id, role=user.role.value)
        return user

    async def sign_in(self, command: SignIn, *, origin: Origin = AT_THE_MACHINE) -> SignInResult:
        """Open a session. Raises the same `Unauthorized` after the same work for every wrong pair."""
        user = await self._users.find_by_email(normal_email(command.email))
        known_hash = None if user is None else user.password_hash
        is_right = await self._passwords.verify(command.password, against=known_hash)
        if user is None or not is_right or user.disabled_at is not None:
            raise await self._refused(user, origin=origin)
        try:
            signed_in = await self._opener.open(user, origin=origin)
        except AccountChanged as error:
            raise await self._refused(user, origin=origin) from error
        await self._journal.note(Kind.SIGNED_IN, origin=origin, user_id=user.id, by="password")
        return signed_in

    async def sign_out(self, principal: Principal, *, origin: Origin = AT_THE_MACHINE) -> None:
        """End the principal's session; its tokens and tickets are rejected from then on."""
        await self._sessions.end(principal.session_id, at=self._clock.now())
        await self._tickets.void(principal.user_id, session_id=principal.session_id)
        await self._journal.note(Kind.SIGNED_OUT, origin=origin, user_id=principal.user_id)

    async def authenticate(self, token: str) -> Principal:
        """Return the caller behind a token or API key. Raises `TokenExpired` or `Unauthorized`."""
        if token.startswith(KEY_PREFIX):
            return await self._authenticate_key(token)
        claims = self._tokens.read(token)
        now = self._clock.now()
        if claims.expires_at <= now:
            raise TokenExpired("The token has expired; sign in again.")
        if not await self._sessions.is_live(claims.session_id, user_id=claims.user_id, at=now):
            raise Unauthorized("This session has ended; sign in again.")
        return Principal(user_id=claims.user_id, session_id=claims.session_id, expires_at=claims.expires_at)

    async def is_signed_in(self, principal: Principal) -> bool:
        """Return whether the principal's proof is still valid; for connections that outlive a request."""
        now = self._clock.now()
        if principal.key_id is not None:
            return await self._api_keys.is_live(principal.key_id, at=now)
        return await self._sessions.is_live(principal.session_id, user_id=principal.user_id, at=now)

    async def get(self, user_id: UserId) -> User:
        """Return the user. Raises `Unauthorized` when the account is gone or disabled."""
        user = await self._users.find(user_id)
        if user is None or user.disabled_at is not None:
            raise Unauthorized("This account is no longer active.")
        return user

    async def check_admin(self, principal: Principal) -> None:
        """Raise `Forbidden` unless the principal is an administrator and its proof has the admin scope."""
        user = await self.get(principal.user_id)
        if user.role is not Role.ADMIN or KeyScope.ADMIN not in principal.scopes:
            raise Forbidden("Only an administrator may do this.", scope=KeyScope.ADMIN.value)

    async def find_added(self, *, email: str, password: str, since: datetime) -> User | None:
        """Return the account of this address if it was added at or after `since` with this password."""
        user = await self._users.find_by_email(normal_email(email))
        known_hash = None if user is None else user.password_hash
        is_right = await self._passwords.verify(password, against=known_hash)
        return user if user is not None and is_right and user.created_at >= since else None

    async def has_password(self, user: User, password: str) -> bool:
        """Return whether this is the account's present password."""
        return await self._passwords.verify(password, against=user.password_hash)

    async def change_password(
        self,
        principal: Principal,
        *,
        present: str,
        wanted: str,
        origin: Origin = AT_THE_MACHINE,
        may_be_done: bool = False,
    ) -> int:
        """Replace the password and end every session of the user, including this one.

        With `may_be_done`, an earlier attempt may have set the password before it died: then `wanted` proves
        as much as `present`. Return the number of API keys that still work, see `set_password`. Raises
        `ValidationFailed`, or `Forbidden` when `present` is not the password.
        """
        check_password(wanted, path="new_password")
        user = await self.get(principal.user_id)
        is_right = await self.has_password(user, present)
        if not is_right and not (may_be_done and await self.has_password(user, wanted)):
            await self._journal.note(
                Kind.SIGN_IN_REFUSED, origin=origin, user_id=user.id, by="present password"
            )
            raise Forbidden("The present password is wrong.")
        return await self.set_password(user, wanted, origin=origin)

    async def set_password(self, user: User, wanted: str, *, origin: Origin = AT_THE_MACHINE) -> int:
        """Set the account's password without checking the present one, and end all its sessions.

        API keys stay valid, since programs depend on them. Return their number, for the caller to report.
        """
        check_password(wanted, path="password")
        now = self._clock.now()
        await self._users.set_password(user.id, await self._passwords.hash(wanted), at=now)
        await self._sessions.end_all(user.id, at=now)
        await self._journal.note(Kind.PASSWORD_CHANGED, origin=origin, user_id=user.id)
        return await self.count_keys(user)

    async def count_keys(self, user: User) -> int:
        """Return the number of the account's API keys that still work."""
        now = self._clock.now()
        return sum(key.expires_at > now for key in await self._api_keys.all_of(user.id))

    async def disable(self, user: User, *, origin: Origin = AT_THE_MACHINE) -> None:
        """Disable the account; its sessions and keys are rejected from then on."""
        now = self._clock.now()
        await self._users.disable(user.id, at=now)
        await self._sessions.end_all(user.id, at=now)
        await self._journal.note(Kind.ACCOUNT_DISABLED, origin=origin, user_id=user.id)

    async def issue_ticket(self, principal: Principal) -> str:
        """Return a single-use ticket that opens one WebSocket."""
        return await self._tickets.issue(principal)

    async def redeem_ticket(self, ticket: str) -> Principal:
        """Redeem the ticket and return its owner. Raises `Unauthorized`."""
        principal = await self._tickets.redeem(ticket)
        if principal is None or not await self.is_signed_in(principal):
            raise Unauthorized("The ticket is unknown, used or too old; ask for a new one.")
        return principal

    async def _refused(self, user: User | None, *, origin: Origin) -> Unauthorized:
        """Record a refused sign-in, and return the error, which is the same for every cause."""
        user_id = None if user is None else user.id
        await self._journal.note(Kind.SIGN_IN_REFUSED, origin=origin, user_id=user_id, by="password")
        return Unauthorized("The e-mail or the password is wrong.")

    async def _note_use(self, key: ApiKey, *, now: datetime) -> None:
        """Note when the key was used; where the store takes no write, the next use is noted instead."""
        if key.last_used_at is None or now - key.last_used_at >= KEY_USE_NOTED_EVERY:
            with suppress(Unavailable):  # a key must read on a full disk
                await self._api_keys.used(key.id, at=now)

    async def _authenticate_key(self, text: str) -> Principal:
        now = self._clock.now()
        key = await self._api_keys.find(key_digest(text), at=now)
        if key is None:
            raise Unauthorized("The API key is unknown, revoked or expired.")
        await self._note_use(key, now=now)
        return Principal(
            user_id=key.owner_id,
            session_id=SessionId(key.id),
            expires_at=key.expires_at,
            scopes=key.scopes,
            key_id=key.id,
        )
