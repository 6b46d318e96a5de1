"""Stores sessions in a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from netra.adapters.sql.identity.identity_schema import refresh_tokens
from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.locks import locking
from netra.adapters.sql.schema import sessions, users
from netra.adapters.sql.transactions import ONE, Database, Query, Row, Script, ask, inserting, param
from netra.domain.errors import AccountChanged, Conflict, NotFound
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import NO_GRACE, Grace, Rotation, User, UserSession
from netra.domain.users.rules import NEVER, Reuse, on_reuse

LISTED_MAX: Final = 100

_IS_LIVE: Final = (sessions.c.ended_at.is_(None), sessions.c.expires_at > param("now"))

_EXISTS = Query(select(ONE).where(sessions.c.id == param("session_id")))
_LIVE = Query(
    select(ONE).where(sessions.c.id == param("session_id"), sessions.c.user_id == param("whose"), *_IS_LIVE)
)
_INSERT = inserting(sessions)
# A concurrent change of the account waits for this transaction, so its `end_all` finds the session.
_AS_BEFORE = Query(
    select(ONE)
    .where(
        users.c.id == param("user_id"),
        users.c.disabled_at.is_(None),
        users.c.password_hash.is_not_distinct_from(param("known_hash")),
    )
    .with_for_update(read=True)
)
_END = Query(
    update(sessions).where(sessions.c.id == param("session_id"), sessions.c.ended_at.is_(None)),
    sets=["ended_at"],
)
_END_ALL = Query(
    update(sessions).where(sessions.c.user_id == param("whose"), *_IS_LIVE).returning(sessions.c.id),
    sets=["ended_at"],
)
_FORGET = Query(delete(sessions).where(sessions.c.expires_at < param("before")).returning(sessions.c.id))
_LIVE_OF = Query(
    select(*sessions.c)
    .where(sessions.c.user_id == param("whose"), *_IS_LIVE)
    .order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
    .limit(param("most"))
)
_END_OWN = Query(
    update(sessions)
    .where(sessions.c.id == param("session_id"), sessions.c.user_id == param("whose"), *_IS_LIVE)
    .values(ended_at=param("now"))
    .returning(sessions.c.id)
)
_TAKEN = Query(select(ONE).where(refresh_tokens.c.digest == param("digest")))
_FRESH = inserting(refresh_tokens)
_BY_REFRESH = Query(
    select(refresh_tokens.c.replaced_at, *sessions.c)
    .join_from(refresh_tokens, sessions, refresh_tokens.c.session_id == sessions.c.id)
    .where(refresh_tokens.c.digest == param("digest"), *_IS_LIVE)
)
_PRESENT = Query(
    select(ONE).where(
        refresh_tokens.c.digest == param("digest"),
        refresh_tokens.c.session_id == param("session_id"),
        refresh_tokens.c.replaced_at.is_(None),
    )
)
_REPLACE = Query(update(refresh_tokens).where(refresh_tokens.c.digest == param("used")), sets=["replaced_at"])
_RENEW = Query(
    update(sessions).where(sessions.c.id == param("session_id")).returning(*sessions.c), sets=["renewed_at"]
)


class SqlSessionStore:
    """`SessionStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, session: UserSession, *, refresh: str | None = None, user: User | None = None
    ) -> None:
        """Store a new session, if its account has not changed."""
        await self._database.write(lambda: _adding(session, refresh=refresh, user=user))

    async def rotate(self, used: str, *, fresh: str, at: datetime, grace: Grace = NO_GRACE) -> Rotation:
        """Replace one refresh token by another."""
        return await self._database.write(lambda: _rotating(used, fresh=fresh, at_us=micros(at), grace=grace))

    async def holder_of(self, refresh: str, *, at: datetime) -> UserId | None:
        """Return the user whose live session has, or had, this refresh token."""
        return await self._database.read(lambda: _holder_of(refresh, now=micros(at)))

    async def live_of(self, user_id: UserId, *, at: datetime) -> Sequence[UserSession]:
        """Return the user's live sessions, newest first."""
        return await self._database.read(lambda: _live_of(user_id, now=micros(at)))

    async def end_own(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> None:
        """End a live session of this user."""
        await self._database.write(lambda: _ending_own(session_id, user_id, at_us=micros(at)))

    async def is_live(self, session_id: SessionId, *, user_id: UserId, at: datetime) -> bool:
        """Return whether this user's session is live."""
        return await self._database.read(lambda: _is_live(session_id, user_id, now=micros(at)))

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        await self._database.write(lambda: _ending(session_id, at_us=micros(at)))

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        return await self._database.write(lambda: _ending_all(user_id, at_us=micros(at)))

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        return await self._database.write(lambda: _forgetting(before_us=micros(before)))


def _adding(session: UserSession, *, refresh: str | None, user: User | None) -> Script[None]:
    if user is not None:
        as_before = ask(_AS_BEFORE, user_id=user.id, known_hash=user.password_hash)
        if not (yield as_before):
            raise AccountChanged("The account has changed since the sign-in began.")
    if (yield ask(_EXISTS, session_id=session.id)):
        raise Conflict("This session id already exists.")
    yield ask(
        _INSERT,
        id=session.id,
        user_id=session.user_id,
        created_at=micros(session.created_at),
        expires_at=micros(session.expires_at),
        ended_at=micros_or_none(session.ended_at),
        renewed_at=micros_or_none(session.renewed_at),
        address=session.address,
        agent=session.agent,
    )
    if refresh is not None:
        yield from _freshening(session.id, refresh)


def _freshening(session_id: str, digest: str) -> Script[None]:
    if (yield ask(_TAKEN, digest=digest)):
        raise Conflict("This refresh token already exists.")
    yield ask(_FRESH, digest=digest, session_id=session_id, replaced_at=None)


def _rotating(used: str, *, fresh: str, at_us: int, grace: Grace) -> Script[Rotation]:
    yield locking(f"refresh {used}")  # a token is valid once
    found = yield ask(_BY_REFRESH, digest=used, now=at_us)
    if not found:
        return Rotation()
    replaced_at, *row = found[0]
    session = _session(tuple(row))
    if replaced_at is not None:
        return (
            yield from _reusing(session, used, fresh=fresh, replaced_us=replaced_at, at_us=at_us, grace=grace)
        )
    yield ask(_REPLACE, used=used, replaced_at=at_us)
    yield from _freshening(session.id, fresh)
    (renewed,) = yield ask(_RENEW, session_id=session.id, renewed_at=at_us)
    return Rotation(session=_session(renewed))


def _reusing(
    session: UserSession, used: str, *, fresh: str, replaced_us: int, at_us: int, grace: Grace
) -> Script[Rotation]:
    successor = yield ask(_PRESENT, digest=fresh, session_id=session.id)
    decision = on_reuse(
        replaced_at=instant(replaced_us),
        renewed_at=session.renewed_at,
        has_successor=bool(successor),
        at=instant(at_us),
        grace=grace,
    )
    if decision is Reuse.REPLAY:
        return Rotation(replayed=session)
    if decision is Reuse.RACE:
        yield ask(_REPLACE, used=used, replaced_at=micros(NEVER))
        return Rotation(raced=session)
    yield ask(_END, session_id=session.id, ended_at=at_us)
    return Rotation(reused=session)


def _holder_of(refresh: str, *, now: int) -> Script[UserId | None]:
    rows = yield ask(_BY_REFRESH, digest=refresh, now=now)
    return _session(rows[0][1:]).user_id if rows else None


def _live_of(user_id: UserId, *, now: int) -> Script[Sequence[UserSession]]:
    rows = yield ask(_LIVE_OF, whose=user_id, now=now, most=LISTED_MAX)
    return tuple(_session(row) for row in rows)


def _ending_own(session_id: SessionId, user_id: UserId, *, at_us: int) -> Script[None]:
    if not (yield ask(_END_OWN, session_id=session_id, whose=user_id, now=at_us)):
        raise NotFound("session", session_id)


def _is_live(session_id: SessionId, user_id: UserId, *, now: int) -> Script[bool]:
    return bool((yield ask(_LIVE, session_id=session_id, whose=user_id, now=now)))


def _ending(session_id: SessionId, *, at_us: int) -> Script[None]:
    yield ask(_END, session_id=session_id, ended_at=at_us)


def _ending_all(user_id: UserId, *, at_us: int) -> Script[int]:
    return len((yield ask(_END_ALL, whose=user_id, now=at_us, ended_at=at_us)))


def _forgetting(*, before_us: int) -> Script[int]:
    return len((yield ask(_FORGET, before=before_us)))


def _session(row: Row) -> UserSession:
    session_id, user_id, created_at, expires_at, ended_at, renewed_at, address, agent = row
    return UserSession(
        id=session_id,
        user_id=user_id,
        created_at=instant(created_at),
        expires_at=instant(expires_at),
        ended_at=instant_or_none(ended_at),
        renewed_at=instant_or_none(renewed_at),
        address=address,
        agent=agent,
    )
