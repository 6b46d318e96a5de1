"""End sessions while the store accepts no writes: remember them in memory until it does."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from netra.domain.audit.postponed import PostponedTrail
from netra.domain.errors import NotFound, Unavailable
from netra.domain.ids import SessionId, UserId
from netra.domain.postponed import PostponedWrites, retried
from netra.domain.users.model import NO_GRACE, Grace, Rotation, User, UserSession
from netra.ports.audit_trail import AuditTrail
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.sessions import SessionStore


class RememberedRevocations:
    """A `SessionStore` in front of another one that serves a single process.

    When the inner store fails to end a session, this process rejects the session immediately, and writes
    the end once the store accepts it. Not promised: another process on the same store accepts the session
    until then, and if this process is killed before that, the session is valid again.
    """

    def __init__(self, store: SessionStore, *, postponed: PostponedWrites) -> None:
        self._store = store
        self._postponed = postponed
        self._ended: set[SessionId] = set()  # ends not written yet

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, provided the account has not changed."""
        await self._store.add(session, refresh=refresh, user=user)

    async def rotate(self, used: str, *, fresh: str, at: datetime, grace: Grace = NO_GRACE) -> Rotation:
        """Replace a refresh token by a new one, unless the session was revoked."""
        rotation = await self._store.rotate(used, fresh=fresh, at=at, grace=grace)
        session = rotation.session or rotation.reused
        return Rotation() if session is not None and session.id in self._ended else rotation

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return the user whose live session has, or has had, this refresh token."""
        return await self._store.holder_of(refresh, at=at)

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first."""
        live = await self._store.live_of(user_id, at=at)
        return [session for session in live if session.id not in self._ended]

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether the session belongs to this user and is live."""
        return session_id not in self._ended and await self._store.is_live(session_id, user_id=user_id, at=at)

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        if session_id in self._ended:
            return
        try:
            await self._store.end(session_id, at=at)
        except Unavailable:
            self._remember(session_id, at=at)

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user."""
        if session_id in self._ended:
            raise NotFound("session", session_id)
        try:
            await self._store.end_own(session_id, user_id=user_id, at=at)
        except Unavailable:
            if session_id not in {session.id for session in await self.live_of(user_id, at=at)}:
                raise NotFound("session", session_id) from None
            self._remember(session_id, at=at)

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        before = await self.live_of(user_id, at=at) if self._ended else None
        try:
            ended = await self._store.end_all(user_id, at=at)
        except Unavailable:
            live = await self.live_of(user_id, at=at)
            for session in live:
                self._remember(session.id, at=at)
            return len(live)
        return ended if before is None else len(before)

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        return await self._store.forget_expired(before=before)

    def _remember(self, session_id: SessionId, *, at: datetime) -> None:
        self._postponed.add(partial(self._write, session_id, at=at))
        self._ended.add(session_id)

    async def _write(self, session_id: SessionId, *, at: datetime) -> None:
        await self._store.end(session_id, at=at)
        self._ended.discard(session_id)


@asynccontextmanager
async def postponing(
    sessions: SessionStore, audit: AuditTrail, *, clock: Clock, incidents: Incidents
) -> AsyncGenerator[tuple[SessionStore, AuditTrail]]:
    """Postpone a sign-out's writes while the store accepts no writes, until the block ends."""
    ends = PostponedWrites(incidents=incidents, where="writing the ends of sessions")
    events = PostponedWrites(incidents=incidents, where="writing the security log")
    async with retried(ends, events, clock=clock):
        yield (
            RememberedRevocations(sessions, postponed=ends),
            PostponedTrail(audit, postponed=events),
        )
