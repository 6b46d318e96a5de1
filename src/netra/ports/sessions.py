"""Where sign-ins are kept: the truth about which tokens still count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Rotation, User, UserSession


class SessionStore(Protocol):
    """All sessions, live and ended."""

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, and the digest of its first refresh token where it has one.

        With `user`, the account as its owner's proof was held against it: only while it is there, not
        disabled and has the same password hash, in one step. A change of these and an `end_all` after it
        leave no such session, whenever they come. Raises `AccountChanged`, or `Conflict` when the id or
        the digest is taken.
        """
        ...

    async def rotate(self, used: str, *, fresh: str, at: datetime) -> Rotation:
        """Put the digest `fresh` in the place of `used` and set `renewed_at`, in one step.

        When `used` was replaced before, end its session and say so. Both fields are None when
        `used` is unknown or its session not live. A race has one winner, and ends the session.
        """
        ...

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return whose live session has, or has had, the refresh token of this digest; None for nobody."""
        ...

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first, ties by id descending, a hundred at most."""
        ...

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user. Raises `NotFound` when there is none with this id."""
        ...

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether the session is this user's, has not ended and expires after `at`.

        False for another user's session, and from the moment an `end`, `end_own`, `end_all` or `rotate`
        that ended it has returned, in every process. It is on the path of every request: one read by key.
        """
        ...

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent, an unknown id does nothing.

        It may take a second where processes remember sessions: until none trusts that any more.
        """
        ...

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user; return how many there were."""
        ...

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`; return how many."""
        ...
