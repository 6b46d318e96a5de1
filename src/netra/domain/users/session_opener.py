"""Open sessions and issue their tokens; used by every way to sign in."""

from datetime import datetime, timedelta
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import Origin, SecurityEventKind, cut
from netra.domain.ids import SessionId
from netra.domain.users.model import Claims, SignInResult, TokenKind, User, UserSession
from netra.domain.users.rules import ACCESS_LIFETIME, SESSION_LIFETIME, digest_of
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.secrets import SecretSource
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TokenCodec

REFRESH_PREFIX: Final = "nr_"
LIVE_PER_USER_MAX: Final = 50  # most live sessions per user; the oldest are ended
KEPT_AFTER_EXPIRY: Final = timedelta(days=1)  # time that expired sessions stay in the store, for inquiries


class SessionOpener:
    """Opens sessions and issues their tokens."""

    def __init__(
        self,
        *,
        sessions: SessionStore,
        journal: SecurityJournal,
        tokens: TokenCodec,
        ids: IdSource,
        secrets: SecretSource,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._journal = journal
        self._tokens = tokens
        self._ids = ids
        self._secrets = secrets
        self._clock = clock

    async def open(self, user: User, *, origin: Origin, refresh: str | None = None) -> SignInResult:
        """Open a session for `user`, who was authenticated against the account as given.

        `refresh` is its first refresh token, a new one by default.
        Raises `AccountChanged` when the account has changed since, so that a concurrent change of password
        also ends this session. Ends the user's oldest sessions beyond `LIVE_PER_USER_MAX`, and deletes
        sessions that expired long ago.
        """
        now = self._clock.now()
        session = UserSession(
            id=SessionId(self._ids.new("ses")),
            user_id=user.id,
            created_at=now,
            expires_at=now + SESSION_LIFETIME,
            address=origin.address,
            agent=cut(origin.agent),
        )
        refresh = refresh or self.fresh()
        await self._sessions.add(session, refresh=refresh_digest(refresh), user=user)
        await self._end_oldest(user, now=now, origin=origin)
        await self._sessions.forget_expired(before=now - KEPT_AFTER_EXPIRY)
        return self.issue(user, session, refresh=refresh, now=now)

    def fresh(self) -> str:
        """Return a new refresh token."""
        return REFRESH_PREFIX + self._secrets.new()

    def first(self, code: str) -> str:
        """Return the first refresh token of the session that this single-use code opens.

        Only this deployment's signing key can derive it; it is not sent, but exchanged for its successor.
        """
        return REFRESH_PREFIX + self._tokens.derive(f"exchange {digest_of(code, use='first')}")

    def successor(self, token: str, *, key: str) -> str:
        """Return the new refresh token of a request with this idempotency key: the same for each attempt.

        Only this deployment's signing key can derive it, so it need not be stored to be sent again.
        """
        return REFRESH_PREFIX + self._tokens.derive(f"refresh {digest_of(token, use='successor')} {key}")

    def issue(self, user: User, session: UserSession, *, refresh: str, now: datetime) -> SignInResult:
        """Return the tokens of a live session, issued at `now`."""
        expires_at = min(now + ACCESS_LIFETIME, session.expires_at)
        claims = Claims(
            user_id=user.id,
            session_id=session.id,
            kind=TokenKind.ACCESS,
            issued_at=now,
            expires_at=expires_at,
        )
        return SignInResult(
            access_token=self._tokens.issue(claims),
            expires_in_s=int((expires_at - now).total_seconds()),
            refresh_token=refresh,
            refresh_expires_in_s=int((session.expires_at - now).total_seconds()),
            user=user,
        )

    async def _end_oldest(self, user: User, *, now: datetime, origin: Origin) -> None:
        """End the oldest sessions; runs after the insert, so the later of two concurrent ones sees both."""
        live = await self._sessions.live_of(user.id, at=now)
        for session in live[LIVE_PER_USER_MAX:]:
            await self._sessions.end(session.id, at=now)
            await self._journal.note(
                SecurityEventKind.SESSIONS_ENDED,
                origin=origin,
                user_id=user.id,
                session_id=session.id,
                by="too many",
            )


def refresh_digest(token: str) -> str:
    """Return the stored digest of a refresh token."""
    return digest_of(token, use="refresh")
