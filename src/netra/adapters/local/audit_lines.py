"""Writes the security log as JSON lines, in addition to another store."""

import logging
import sys
from datetime import datetime
from typing import TextIO

import msgspec

from netra.domain.audit.model import EVERY_EVENT, SecurityEvent, SecurityEventFilter
from netra.domain.paging import Page, PageRequest
from netra.domain.texts import escaped_json
from netra.ports.audit_trail import AuditTrail


class AuditLines:
    """`AuditTrail` over another one; an event caused by a request is also logged to `netra.security`.

    Lines go to `stream`, by default standard error, one JSON object each. An operator's action at the machine
    has no request and is only stored: it would clutter the command's output.
    """

    def __init__(self, trail: AuditTrail, stream: TextIO | None = None) -> None:
        self._trail = trail
        self._log = logging.getLogger("netra.security")
        self._log.handlers = [logging.StreamHandler(stream or sys.stderr)]
        self._log.setLevel(logging.INFO)
        self._log.propagate = False

    async def record(self, event: SecurityEvent) -> None:
        """Store an event, then log it."""
        await self._trail.record(event)
        if event.origin.request_id:
            self._log.info("%s", _line(event))

    async def page(
        self, request: PageRequest, *, chosen: SecurityEventFilter = EVERY_EVENT
    ) -> Page[SecurityEvent]:
        """Return the events that `chosen` admits, newest first."""
        return await self._trail.page(request, chosen=chosen)

    async def forget(self, *, before: datetime) -> int:
        """Delete events older than `before`."""
        return await self._trail.forget(before=before)


def _line(event: SecurityEvent) -> str:
    line = {
        "timestamp": event.at,
        "level": "info",
        "log": "security",
        "event": event.kind.value,
        "id": event.id,
        "user_id": event.user_id,
        "request_id": event.origin.request_id,
        "address": event.origin.address,
        "agent": event.origin.agent,
        "details": event.details,
    }
    return escaped_json(msgspec.json.encode(line).decode())
