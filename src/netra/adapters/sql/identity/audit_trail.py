"""Stores the security log in a table."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.sql.elements import ColumnElement

from netra.adapters.sql.identity.identity_schema import security_events
from netra.adapters.sql.instants import instant, micros, micros_or_none
from netra.adapters.sql.paging import PageQueries, paged
from netra.adapters.sql.transactions import ONE, Database, Query, Row, Script, ask, inserting, param
from netra.domain.audit.model import (
    EVERY_EVENT,
    Origin,
    SecurityEvent,
    SecurityEventFilter,
    SecurityEventKind,
)
from netra.domain.errors import Conflict
from netra.domain.paging import Page, PageRequest, Position

_EXISTS = Query(select(ONE).where(security_events.c.id == param("event_id")))
_INSERT = inserting(security_events)
_FORGET = Query(
    delete(security_events)
    .where(security_events.c.created_at < param("before"))
    .returning(security_events.c.id)
)
_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "of_kind": security_events.c.kind == param("of_kind"),
    "of_user": security_events.c.user_id == param("of_user"),
    "since": security_events.c.created_at >= param("since"),
    "until": security_events.c.created_at < param("until"),
}
_DETAILS: Final = msgspec.json.Decoder(dict[str, str])


class SqlAuditTrail:
    """`AuditTrail` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, event: SecurityEvent) -> None:
        """Store an event."""
        await self._database.write(lambda: _recording(event))

    async def page(
        self, request: PageRequest, *, chosen: SecurityEventFilter = EVERY_EVENT
    ) -> Page[SecurityEvent]:
        """Return the events that `chosen` admits, newest first."""
        return await self._database.view(lambda: _listing(request, chosen))

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


def _listing(request: PageRequest, chosen: SecurityEventFilter) -> Script[Page[SecurityEvent]]:
    values: dict[str, object] = {
        "of_kind": None if chosen.kind is None else chosen.kind.value,
        "of_user": chosen.user_id,
        "since": micros_or_none(chosen.since),
        "until": micros_or_none(chosen.until),
    }
    asked = {name: value for name, value in values.items() if value is not None}
    return paged(_queries(tuple(asked)), request, asked, made=_event, position=_position)


@cache  # at most one entry per set of names in `_CONDITIONS`
def _queries(names: tuple[str, ...]) -> PageQueries:
    rows = select(*security_events.c).where(*(_CONDITIONS[name] for name in names))
    return PageQueries(rows, table=security_events)


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
