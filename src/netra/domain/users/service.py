"""Sign-in, sign-out, and who a token speaks for."""

from datetime import timedelta
from typing import Final

from netra.domain.errors import OAuthNotConfigured, TokenExpired, Unauthorized
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import (
    AddUser,
    Claims,
    NewUser,
    Principal,
    Session,
    SignedIn,
    SignIn,
    TokenKind,
    User,
)
from netra.domain.users.rules import check_account, normal_email
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.passwords import PasswordHasher
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TicketBook, TokenCodec
from netra.ports.users import UserStore

SESSION_LIFETIME: Final = timedelta(hours=1)


class UserService:
    """People and their sign-ins."""

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        passwords: PasswordHasher,
        tokens: TokenCodec,
        tickets: TicketBook,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._tickets = tickets
        self._clock = clock
        self._ids = ids

    async def add(self, command: AddUser) -> User:
        """Make an account. Raises `ValidationFailed`, or `Conflict` when the e-mail is taken."""
        email = normal_email(command.email)
        check_account(email=email, name=command.name, password=command.password)
        password_hash = None if command.password is None else await self._passwords.hash(command.password)
        new = NewUser(
            email=email,
            name=command.name,
            password_hash=password_hash,
            role=command.role,
            created_at=self._clock.now(),
        )
        return await self._users.add(new)

    async def sign_in(self, command: SignIn) -> SignedIn:
        """Open a session. Raises the same `Unauthorized` for every wrong pair, after the same work."""
        user = await self._users.find_by_email(normal_email(command.email))
        known_hash = None if user is None else user.password_hash
        is_right = await self._passwords.verify(command.password, against=known_hash)
        if user is None or not is_right or user.disabled_at is not None:
            raise Unauthorized("The e-mail or the password is wrong.")
        return await self._open_session(user)

    async def sign_out(self, principal: Principal) -> None:
        """End the session the principal came with; its tokens and tickets count for nothing from now."""
        await self._sessions.end(principal.session_id, at=self._clock.now())
        await self._tickets.void(principal.user_id, session_id=principal.session_id)

    async def authenticate(self, token: str) -> Principal:
        """Return who the token speaks for. Raises `TokenExpired` or `Unauthorized`."""
        claims = self._tokens.read(token)
        now = self._clock.now()
        if claims.expires_at <= now:
            raise TokenExpired("The token has expired; sign in again.")
        if not await self._sessions.is_live(claims.session_id, at=now):
            raise Unauthorized("This session has ended; sign in again.")
        return Principal(user_id=claims.user_id, session_id=claims.session_id, expires_at=claims.expires_at)

    async def is_signed_in(self, principal: Principal) -> bool:
        """Return whether the principal's session still counts: for connections that outlive a request."""
        return await self._sessions.is_live(principal.session_id, at=self._clock.now())

    async def get(self, user_id: UserId) -> User:
        """Return the user. Raises `Unauthorized` when the account is gone or disabled."""
        user = await self._users.find(user_id)
        if user is None or user.disabled_at is not None:
            raise Unauthorized("This account is no longer active.")
        return user

    async def issue_ticket(self, principal: Principal) -> str:
        """Return a single-use ticket that opens one socket."""
        return await self._tickets.issue(principal)

    async def redeem_ticket(self, ticket: str) -> Principal:
        """Return whose ticket it is, used up. Raises `Unauthorized`."""
        principal = await self._tickets.redeem(ticket)
        if principal is None or not await self.is_signed_in(principal):
            raise Unauthorized("The ticket is unknown, used or too old; ask for a new one.")
        return principal

    async def begin_google_sign_in(self, *, redirect_uri: str | None) -> str:
        """Return where the browser goes. Raises `OAuthNotConfigured`: no identity provider is plugged in."""
        del redirect_uri
        raise OAuthNotConfigured

    async def finish_google_sign_in(self, *, code: str, state: str) -> SignedIn:
        """Complete a sign-in. Raises `OAuthNotConfigured`: no identity provider is plugged in."""
        del code, state
        raise OAuthNotConfigured

    async def _open_session(self, user: User) -> SignedIn:
        now = self._clock.now()
        session = Session(
            id=SessionId(self._ids.new("ses")),
            user_id=user.id,
            created_at=now,
            expires_at=now + SESSION_LIFETIME,
        )
        await self._sessions.add(session)
        claims = Claims(
            user_id=user.id,
            session_id=session.id,
            kind=TokenKind.ACCESS,
            issued_at=now,
            expires_at=session.expires_at,
        )
        token = self._tokens.issue(claims)
        lifetime_s = int(SESSION_LIFETIME.total_seconds())
        return SignedIn(access_token=token, expires_in_s=lifetime_s, user=user)
