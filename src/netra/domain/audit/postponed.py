"""Keep the security log while the store accepts no writes: events wait in memory until it does."""

from datetime import datetime
from functools import partial

from netra.domain.audit.model import EVERY_EVENT, SecurityEvent, SecurityEventFilter
from netra.domain.errors import Unavailable
from netra.domain.paging import Page, PageRequest
from netra.domain.postponed import PostponedWrites
from netra.ports.audit_trail import AuditTrail


class PostponedTrail:
    """An `AuditTrail` in front of another one; refused events wait, so that a sign-out does not have to."""

    def __init__(self, trail: AuditTrail, *, postponed: PostponedWrites) -> None:
        self._trail = trail
        self._postponed = postponed

    async def record(self, event: SecurityEvent) -> None:
        """Store an event, now or once the store accepts it. Raises `Unavailable` when too many wait."""
        try:
            await self._trail.record(event)
        except Unavailable:
            self._postponed.add(partial(self._trail.record, event))

    async def page(
        self, request: PageRequest, *, chosen: SecurityEventFilter = EVERY_EVENT
    ) -> Page[SecurityEvent]:
        """Return the stored events that `chosen` admits, newest first."""
        return await self._trail.page(request, chosen=chosen)

    async def forget(self, *, before: datetime) -> int:
        """Delete events before `before`, now or later if the store refuses; return the number deleted now."""
        try:
            return await self._trail.forget(before=before)
        except Unavailable:
            self._postponed.add(partial(self._trail.forget, before=before))
            return 0
