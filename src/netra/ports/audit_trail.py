"""Store of security events."""

from datetime import datetime
from typing import Protocol

from netra.domain.audit.model import EVERY_EVENT, SecurityEvent, SecurityEventFilter
from netra.domain.paging import Page, PageRequest


class AuditTrail(Protocol):
    """The security log: append-only; administrators read it, no caller changes an event."""

    async def record(self, event: SecurityEvent) -> None:
        """Store an event; durable when it returns. Raises `Conflict` when the id is taken."""
        ...

    async def page(
        self, request: PageRequest, *, chosen: SecurityEventFilter = EVERY_EVENT
    ) -> Page[SecurityEvent]:
        """Return the events that `chosen` admits, newest first, ties by id descending."""
        ...

    async def forget(self, *, before: datetime) -> int:
        """Delete events older than `before` and return how many were deleted."""
        ...
