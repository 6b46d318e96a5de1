"""Caches live sessions for a second in each process.

The store's row is authoritative. A process caches only that a session is live, for at most a second, and
uses that only while it has provably received all revocations except those of the last `LAG_MAX_S` seconds.
Ending a session publishes a revocation and waits for that period. After `end` returns, no process accepts
the session: neither one that Redis disconnected without its noticing, nor one with a half-open connection.
The publisher need not know the subscribers. Redis stores no session state, so a flush cannot resurrect one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from netra.adapters.redis.link import Away, RedisLink
from netra.adapters.redis.listener import RedisListener
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import NO_GRACE, Grace, Rotation, User, UserSession
from netra.ports.clock import Clock
from netra.ports.sessions import SessionStore

KEPT_S: Final = 1.0
KEPT: Final = timedelta(seconds=KEPT_S)
# seconds; maximum age of a revocation not yet received by a process that uses its cache: many round trips
LAG_MAX_S: Final = 0.2
SPARE_S: Final = 0.05  # seconds; margin above clock drift and early timers, which are far smaller
KEPT_MAX: Final = 100_000  # cached sessions, about 20 MB; beyond it the cache is cleared


class Kept(msgspec.Struct, frozen=True):
    """A cached answer of the store: live, for this user, from `since` to before `until`.

    Valid until `until_s` of the monotonic clock.
    """

    user_id: UserId
    since: datetime
    until: datetime
    until_s: float

    def covers(self, user_id: UserId, *, at: datetime, now_s: float) -> bool:
        """Return whether the answer is valid for this user at `at`."""
        return self.user_id == user_id and now_s < self.until_s and self.since <= at < self.until


class Revoked(msgspec.Struct, frozen=True, array_like=True):
    """Message that a session may have ended; without an id, any session."""

    session_id: SessionId | None


class RedisSessionStore:
    """`SessionStore` with a cache in front of another one."""

    def __init__(
        self, store: SessionStore, *, link: RedisLink, listener: RedisListener, clock: Clock
    ) -> None:
        self._store = store
        self._link = link
        self._listener = listener
        self._clock = clock
        self._kept: dict[SessionId, Kept] = {}
        self._forgettings = 0  # number of invalidations so far: an answer requested before one is not cached
        self._channel = link.key("revoked")
        listener.expect(self._channel, self._receive)
        listener.on_loss(self._forget)

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, if its account has not changed."""
        await self._store.add(session, refresh=refresh, user=user)

    async def rotate(self, used: str, *, fresh: str, at: datetime, grace: Grace = NO_GRACE) -> Rotation:
        """Replace one refresh token by another."""
        rotation = await self._store.rotate(used, fresh=fresh, at=at, grace=grace)
        if rotation.reused is not None:
            await self._revoke(rotation.reused.id)
        return rotation

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return the user whose live session has, or had, this refresh token."""
        return await self._store.holder_of(refresh, at=at)

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first."""
        return await self._store.live_of(user_id, at=at)

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether this user's session is live."""
        if not self._listener.is_connected:
            return await self._store.is_live(session_id, user_id=user_id, at=at)
        is_caught_up = self._listener.is_caught_up(within_s=LAG_MAX_S)
        now_s = self._clock.monotonic_s()
        kept = self._kept.get(session_id)
        if is_caught_up and kept is not None and kept.covers(user_id, at=at, now_s=now_s):
            return True
        forgettings = self._forgettings
        # checks the end of the cached second, so that the session does not expire within it
        if not await self._store.is_live(session_id, user_id=user_id, at=at + KEPT):
            return await self._store.is_live(session_id, user_id=user_id, at=at)
        if forgettings == self._forgettings:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[session_id] = Kept(user_id, at, at + KEPT, now_s + KEPT_S)
        return True

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        await self._store.end(session_id, at=at)
        await self._revoke(session_id)

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user."""
        await self._store.end_own(session_id, user_id=user_id, at=at)
        await self._revoke(session_id)

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        ended = await self._store.end_all(user_id, at=at)
        if ended:
            await self._revoke(None)
        return ended

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        return await self._store.forget_expired(before=before)

    async def _revoke(self, session_id: SessionId | None) -> None:
        """Publish a revocation; return when no process's cache accepts the session."""
        self._forget(session_id)
        try:
            await self._link.publish(self._channel, msgspec.msgpack.encode(Revoked(session_id)))
        except Away:
            await asyncio.sleep(KEPT_S + SPARE_S)  # until every cached answer has expired
        else:
            await asyncio.sleep(LAG_MAX_S + SPARE_S)

    async def _receive(self, message: bytes) -> None:
        with suppress(msgspec.DecodeError):
            self._forget(msgspec.msgpack.decode(message, type=Revoked).session_id)

    def _forget(self, session_id: SessionId | None = None) -> None:
        self._forgettings += 1
        if session_id is None:
            self._kept.clear()
        else:
            self._kept.pop(session_id, None)
