"""Stores the security log in a table."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, select

from netra.adapters.sql.identity.identity_schema import security_events
from netra.adapters.sql.instants import instant, micros
from netra.adapters.sql.paging import PageQueries, paged
from netra.adapters.sql.transactions import ONE, Database, Query, Row, Script, ask, inserting, param
from netra.domain.audit.model import Origin, SecurityEvent, SecurityEventKind
from netra.domain.errors import Conflict
from netra.domain.paging import Page, PageRequest, Position

_EXISTS = Query(select(ONE).where(security_events.c.id == param("event_id")))
_INSERT = inserting(security_events)
_PAGES = PageQueries(select(*security_events.c), table=security_events)
_FORGET = Query(
    delete(security_events)
    .where(security_events.c.created_at < param("before"))
    .returning(security_events.c.id)
)
_DETAILS: Final = msgspec.json.Decoder(dict[str, str])


class SqlAuditTrail:
    """`AuditTrail` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, event: SecurityEvent) -> None:
        """Store an event."""
        await self._database.write(lambda: _recording(event))

    async def page(self, request: PageRequest) -> Page[SecurityEvent]:
        """Return events, newest first."""
        return await self._database.view(lambda: paged(_PAGES, request, {}, made=_event, position=_position))

    async def forget(self, *, before: datetime) -> int:
        """Delete events older than `before`."""
        return await self._database.write(lambda: _forgetting(before_us=micros(before)))


def _recording(event: SecurityEvent) -> Script[None]:
    if (yield ask(_EXISTS, event_id=event.id)):
        raise Conflict("This event id already exists.")
    yield ask(
        _INSERT,
        id=event.id,
        created_at=micros(event.at),
        kind=event.kind.value,
        user_id=event.user_id,
        request_id=event.origin.request_id,
        address=event.origin.address,
        agent=event.origin.agent,
        details=msgspec.json.encode(event.details),
    )


def _forgetting(*, before_us: int) -> Script[int]:
    return len((yield ask(_FORGET, before=before_us)))


def _event(row: Row) -> SecurityEvent:
    event_id, created_at, kind, user_id, request_id, address, agent, details = row
    return SecurityEvent(
        id=event_id,
        at=instant(created_at),
        kind=SecurityEventKind(kind),
        user_id=user_id,
        origin=Origin(request_id=request_id, address=address, agent=agent),
        details=_DETAILS.decode(details),
    )


def _position(event: SecurityEvent) -> Position:
    return Position(at=event.at, id=event.id)
