"""Renew, list and end sessions."""

from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import Unauthorized
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Grace, Rotation, SignInResult, UserSession
from netra.domain.users.session_opener import SessionOpener, refresh_digest
from netra.ports.clock import Clock
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TicketBook
from netra.ports.users import UserStore

REPLAY_S: Final = 60.0  # a repeated request gets the same answer; longer than any client retries
RACE_S: Final = 10.0  # between the refreshes of two pages of one browser, on a slow line


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

    async def refresh(
        self,
        token: str,
        *,
        origin: Origin = AT_THE_MACHINE,
        key: str | None = None,
        may_race: bool = False,
    ) -> SignInResult:
        """Exchange a single-use refresh token for new tokens.

        A repeated request with the same idempotency `key` gets the same new refresh token for a minute. With
        `may_race`, the token before the present one gives an access token once more for some seconds: another
        page of the browser was faster. Any other second use means that the token may have been stolen: the
        session ends, and with it all its tokens. Raises `Unauthorized`.
        """
        now = self._clock.now()
        fresh = self._opener.fresh() if key is None else self._opener.successor(token, key=key)
        grace = Grace(replay_s=REPLAY_S if key else 0, race_s=RACE_S if may_race else 0)
        rotation = await self._sessions.rotate(
            refresh_digest(token), fresh=refresh_digest(fresh), at=now, grace=grace
        )
        await self._note(rotation, origin=origin)
        session = rotation.session or rotation.replayed or rotation.raced
        user = None if session is None else await self._users.find(session.user_id)
        if session is None or user is None or user.disabled_at is not None:
            raise Unauthorized("The refresh token is unknown, used or too old; sign in again.")
        is_raced = rotation.raced is not None
        issued = self._opener.issue(user, session, refresh=token if is_raced else fresh, now=now)
        return msgspec.structs.replace(
            issued, is_rotated=not is_raced, is_replay=rotation.replayed is not None
        )

    async def _note(self, rotation: Rotation, *, origin: Origin) -> None:
        if rotation.raced is not None:
            raced = rotation.raced
            await self._journal.note(
                Kind.REFRESH_RACED, origin=origin, user_id=raced.user_id, session_id=raced.id
            )
        if rotation.reused is not None:
            ended = rotation.reused
            await self._tickets.void(ended.user_id, session_id=ended.id)
            await self._journal.note(
                Kind.REFRESH_REUSED, origin=origin, user_id=ended.user_id, session_id=ended.id
            )

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
