"""Sign-ins in a dictionary."""

from datetime import datetime

import msgspec

from netra.domain.errors import Conflict
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Session


class MemorySessionStore:
    """`SessionStore` for tests and embedded programs."""

    def __init__(self) -> None:
        self._sessions: dict[SessionId, Session] = {}

    async def add(self, session: Session) -> None:
        """Store a new session."""
        if session.id in self._sessions:
            raise Conflict("This session id is taken.")
        self._sessions[session.id] = session

    async def is_live(self, session_id: SessionId, *, at: datetime) -> bool:
        """Return whether the session still counts."""
        session = self._sessions.get(session_id)
        return session is not None and session.ended_at is None and session.expires_at > at

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        session = self._sessions.get(session_id)
        if session is not None and session.ended_at is None:
            self._sessions[session_id] = msgspec.structs.replace(session, ended_at=at)

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        live = [
            session.id
            for session in self._sessions.values()
            if session.user_id == user_id and await self.is_live(session.id, at=at)
        ]
        for session_id in live:
            await self.end(session_id, at=at)
        return len(live)

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        old = [session.id for session in self._sessions.values() if session.expires_at < before]
        for session_id in old:
            del self._sessions[session_id]
        return len(old)
