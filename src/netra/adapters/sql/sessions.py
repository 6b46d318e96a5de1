"""Sign-ins in a table."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from netra.adapters.sql.instants import micros, micros_or_none
from netra.adapters.sql.schema import sessions
from netra.adapters.sql.script import ONE, Database, Query, Script, ask, inserting, param
from netra.domain.errors import Conflict
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Session

_IS_LIVE: Final = (sessions.c.ended_at.is_(None), sessions.c.expires_at > param("now"))

_EXISTS = Query(select(ONE).where(sessions.c.id == param("session_id")))
_LIVE = Query(select(ONE).where(sessions.c.id == param("session_id"), *_IS_LIVE))
_INSERT = inserting(sessions)
_END = Query(
    update(sessions).where(sessions.c.id == param("session_id"), sessions.c.ended_at.is_(None)),
    sets=["ended_at"],
)
_END_ALL = Query(
    update(sessions).where(sessions.c.user_id == param("whose"), *_IS_LIVE).returning(sessions.c.id),
    sets=["ended_at"],
)
_FORGET = Query(delete(sessions).where(sessions.c.expires_at < param("before")).returning(sessions.c.id))


class SqlSessionStore:
    """`SessionStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: Session) -> None:
        """Store a new session."""
        await self._database.write(_adding(session))

    async def is_live(self, session_id: SessionId, *, at: datetime) -> bool:
        """Return whether the session still counts."""
        return await self._database.read(_is_live(session_id, now=micros(at)))

    async def end(self, session_id: SessionId, *, at: datetime) -> None:
        """End the session; idempotent."""
        await self._database.write(_ending(session_id, at_us=micros(at)))

    async def end_all(self, user_id: UserId, *, at: datetime) -> int:
        """End all live sessions of a user."""
        return await self._database.write(_ending_all(user_id, at_us=micros(at)))

    async def forget_expired(self, *, before: datetime) -> int:
        """Delete sessions that expired before `before`."""
        return await self._database.write(_forgetting(before_us=micros(before)))


def _adding(session: Session) -> Script[None]:
    if (yield ask(_EXISTS, session_id=session.id)):
        raise Conflict("This session id is taken.")
    yield ask(
        _INSERT,
        id=session.id,
        user_id=session.user_id,
        created_at=micros(session.created_at),
        expires_at=micros(session.expires_at),
        ended_at=micros_or_none(session.ended_at),
    )


def _is_live(session_id: SessionId, *, now: int) -> Script[bool]:
    return bool((yield ask(_LIVE, session_id=session_id, now=now)))


def _ending(session_id: SessionId, *, at_us: int) -> Script[None]:
    yield ask(_END, session_id=session_id, ended_at=at_us)


def _ending_all(user_id: UserId, *, at_us: int) -> Script[int]:
    return len((yield ask(_END_ALL, whose=user_id, now=at_us, ended_at=at_us)))


def _forgetting(*, before_us: int) -> Script[int]:
    return len((yield ask(_FORGET, before=before_us)))
