"""Stores sessions in a dictionary."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from netra.adapters.memory.users import MemoryUserStore
from netra.domain.errors import AccountChanged, Conflict, NotFound
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import NO_GRACE, Grace, Rotation, User, UserSession
from netra.domain.users.rules import NEVER, Reuse, on_reuse

LISTED_MAX: Final = 100


class MemorySessionStore:
    """`SessionStore` for tests and embedded programs; `users` has the current state of accounts."""

    def __init__(self, users: MemoryUserStore) -> None:
        self._users = users
        self._sessions: dict[SessionId, UserSession] = {}
        self._current: dict[str, SessionId] = {}  # by the digest of the refresh token
        self._replaced: dict[str, SessionId] = {}
        self._replaced_at: dict[str, datetime] = {}

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, if its account has not changed."""
        # answers without suspending, so the check and the insert are one step
        now = None if user is None else await self._users.find(user.id)
        if user is not None and not _is_as_before(now, user):
            raise AccountChanged("The account has changed since the sign-in began.")
        if session.id in self._sessions:
            raise Conflict("This session id already exists.")
        if refresh is not None:
            self._check_fresh(refresh)
            self._current[refresh] = session.id
        self._sessions[session.id] = session

    async def rotate(self, used: str, *, fresh: str, at: datetime, grace: Grace = NO_GRACE) -> Rotation:
        """Replace one refresh token by another."""
        session = self._by_refresh(used, at=at)
        if session is not None and used in self._replaced:
            return await self._on_reuse(session, used, fresh=fresh, at=at, grace=grace)
        self._check_fresh(fresh)
        if session is None:
            return Rotation()
        self._replaced[used] = self._current.pop(used)
        self._replaced_at[used] = at
        self._current[fresh] = session.id
        renewed = self._sessions[session.id] = msgspec.structs.replace(session, renewed_at=at)
        return Rotation(session=renewed)

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return the user whose live session has, or had, this refresh token."""
        session = self._by_refresh(refresh, at=at)
        return None if session is None else session.user_id

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first."""
        own = [one for one in self._sessions.values() if one.user_id == user_id and _is_live(one, at=at)]
        return sorted(own, key=lambda one: (one.created_at, one.id), reverse=True)[:LISTED_MAX]

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether this user's session is live."""
        session = self._live(session_id, at=at)
        return session is not None and session.user_id == user_id

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        session = self._sessions.get(session_id)
        if session is not None and session.ended_at is None:
            self._sessions[session_id] = msgspec.structs.replace(session, ended_at=at)

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user."""
        session = self._live(session_id, at=at)
        if session is None or session.user_id != user_id:
            raise NotFound("session", session_id)
        await self.end(session_id, at=at)

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        live = [one.id for one in self._sessions.values() if one.user_id == user_id and _is_live(one, at=at)]
        for session_id in live:
            await self.end(session_id, at=at)
        return len(live)

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        old = {session.id for session in self._sessions.values() if session.expires_at < before}
        for session_id in old:
            del self._sessions[session_id]
        for digests in (self._current, self._replaced):
            for digest in [digest for digest, session_id in digests.items() if session_id in old]:
                del digests[digest]
                self._replaced_at.pop(digest, None)
        return len(old)

    async def _on_reuse(
        self, session: UserSession, used: str, *, fresh: str, at: datetime, grace: Grace
    ) -> Rotation:
        decision = on_reuse(
            replaced_at=self._replaced_at[used],
            renewed_at=session.renewed_at,
            has_successor=self._current.get(fresh) == session.id,
            at=at,
            grace=grace,
        )
        if decision is Reuse.REPLAY:
            return Rotation(replayed=session)
        if decision is Reuse.RACE:
            self._replaced_at[used] = NEVER
            return Rotation(raced=session)
        await self.end(session.id, at=at)
        return Rotation(reused=session)

    def _by_refresh(self, digest: str, *, at: datetime) -> UserSession | None:
        return self._live(self._current.get(digest) or self._replaced.get(digest), at=at)

    def _live(self, session_id: SessionId | None, *, at: datetime) -> UserSession | None:
        session = None if session_id is None else self._sessions.get(session_id)
        return session if session is not None and _is_live(session, at=at) else None

    def _check_fresh(self, digest: str) -> None:
        if digest in self._current or digest in self._replaced:
            raise Conflict("This refresh token already exists.")


def _is_as_before(now: User | None, before: User) -> bool:
    return now is not None and now.disabled_at is None and now.password_hash == before.password_hash


def _is_live(session: UserSession, *, at: datetime) -> bool:
    return session.ended_at is None and session.expires_at > at
