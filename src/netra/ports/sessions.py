"""Where sign-ins are kept: the truth about which tokens still count."""

from datetime import datetime
from typing import Protocol

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Session


class SessionStore(Protocol):
    """All sessions, live and ended."""

    async def add(self, session: Session) -> None:
        """Store a new session. Raises `Conflict` when the id is taken."""
        ...

    async def is_live(self, session_id: SessionId, *, at: datetime) -> bool:
        """Return whether the session exists, has not ended and expires after `at`.

        False from the moment `end` has returned, in every process. It is on the path of every
        request: one read by key.
        """
        ...

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent, an unknown id does nothing."""
        ...

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user; return how many there were."""
        ...

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`; return how many."""
        ...
