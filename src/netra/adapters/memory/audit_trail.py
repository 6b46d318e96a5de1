"""Stores the security log in a dictionary."""

from datetime import datetime

from netra.adapters.memory.paging import page_of
from netra.domain.audit.model import EVERY_EVENT, SecurityEvent, SecurityEventFilter
from netra.domain.errors import Conflict
from netra.domain.paging import Page, PageRequest


class MemoryAuditTrail:
    """`AuditTrail` for tests and embedded programs."""

    def __init__(self) -> None:
        self._events: dict[str, SecurityEvent] = {}

    async def record(self, event: SecurityEvent) -> None:
        """Store an event."""
        if event.id in self._events:
            raise Conflict("This event id already exists.")
        self._events[event.id] = event

    async def page(
        self, request: PageRequest, *, chosen: SecurityEventFilter = EVERY_EVENT
    ) -> Page[SecurityEvent]:
        """Return the events that `chosen` admits, newest first."""
        events = (event for event in self._events.values() if chosen.admits(event))
        return page_of(events, request, key=lambda event: (event.at, event.id))

    async def forget(self, *, before: datetime) -> int:
        """Delete events older than `before`."""
        old = [event.id for event in self._events.values() if event.at < before]
        for event_id in old:
            del self._events[event_id]
        return len(old)
