"""Store of sessions: the authority on which tokens are valid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import NO_GRACE, Grace, Rotation, User, UserSession


class SessionStore(Protocol):
    """Stores all sessions, live and ended."""

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, and the digest of its first refresh token if it has one.

        With `user`, the account whose proof was checked, the session is stored only while that account
        exists, is not disabled and has the same password hash; check and insert are one step. A later change
        of these followed by `end_all` leaves no such session, whatever the timing. Raises `AccountChanged`,
        or `Conflict` when the id or the digest is taken.
        """
        ...

    async def rotate(self, used: str, *, fresh: str, at: datetime, grace: Grace = NO_GRACE) -> Rotation:
        """Replace the digest `used` by `fresh` and set `renewed_at`, in one step.

        When `used` was already replaced, `on_reuse` decides with `grace`: `replayed` when `fresh` is the
        present token, `raced` once, otherwise the session is ended and is `reused`. All fields are None
        when `used` is unknown or its session is not live. Without a grace, a race has one winner and ends
        the session.
        """
        ...

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return the user whose live session has, or had, the refresh token with this digest, else None."""
        ...

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first, ties by id descending, at most 100."""
        ...

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user.

        Raises `NotFound` when the user has no live session with this id.
        """
        ...

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether the session is this user's, has not ended and expires after `at`.

        False for another user's session. False in every process as soon as an `end`, `end_own`, `end_all` or
        `rotate` that ended it has returned. Called for every request: one read by key.
        """
        ...

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent, and a no-op for an unknown id.

        It may take a second where processes cache sessions: it returns when no cache trusts the session.
        """
        ...

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user and return how many were ended."""
        ...

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before` and return how many were deleted."""
        ...
