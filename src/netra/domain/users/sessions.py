"""Renew, list and end sessions."""

from collections.abc import Sequence

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import Unauthorized
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import SignInResult, UserSession
from netra.domain.users.session_opener import SessionOpener, refresh_digest
from netra.ports.clock import Clock
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TicketBook
from netra.ports.users import UserStore


class SessionService:
    """Manages sessions; every call names the user."""

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        tickets: TicketBook,
        opener: SessionOpener,
        journal: SecurityJournal,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._tickets = tickets
        self._opener = opener
        self._journal = journal
        self._clock = clock

    async def refresh(self, token: str, *, origin: Origin = AT_THE_MACHINE) -> SignInResult:
        """Exchange a single-use refresh token for new tokens.

        A second use means that the token may have been stolen: the session ends, and with it all its tokens.
        Raises `Unauthorized`.
        """
        now = self._clock.now()
        fresh = self._opener.fresh()
        rotation = await self._sessions.rotate(refresh_digest(token), fresh=refresh_digest(fresh), at=now)
        if rotation.reused is not None:
            ended = rotation.reused
            await self._tickets.void(ended.user_id, session_id=ended.id)
            await self._journal.note(
                Kind.REFRESH_REUSED, origin=origin, user_id=ended.user_id, session_id=ended.id
            )
        session = rotation.session
        user = None if session is None else await self._users.find(session.user_id)
        if session is None or user is None or user.disabled_at is not None:
            raise Unauthorized("The refresh token is unknown, used or too old; sign in again.")
        return self._opener.issue(user, session, refresh=fresh, now=now)

    async def holder_of(self, token: str) -> UserId | None:
        """Return the owner of a refresh token without using it; None if the token is unknown."""
        return await self._sessions.holder_of(refresh_digest(token), at=self._clock.now())

    async def all_of(self, user_id: UserId) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first."""
        return await self._sessions.live_of(user_id, at=self._clock.now())

    async def end(self, session_id: SessionId, *, user_id: UserId, origin: Origin = AT_THE_MACHINE) -> None:
        """End one session of the user and close its sockets. Raises `NotFound`."""
        await self._sessions.end_own(session_id, user_id=user_id, at=self._clock.now())
        await self._tickets.void(user_id, session_id=session_id)
        await self._journal.note(Kind.SESSIONS_ENDED, origin=origin, user_id=user_id, session_id=session_id)

    async def end_all(self, user_id: UserId, *, origin: Origin = AT_THE_MACHINE) -> int:
        """End all sessions of the user; return their number."""
        ended = await self._sessions.end_all(user_id, at=self._clock.now())
        await self._journal.note(Kind.SESSIONS_ENDED, origin=origin, user_id=user_id, count=str(ended))
        return ended
