"""Write the security log: give each event an id and a time, and delete old events."""

from datetime import datetime, timedelta
from typing import Final

from netra.domain.audit.model import KEPT, TEXT_MAX, Origin, SecurityEvent, SecurityEventKind, cut
from netra.domain.ids import UserId
from netra.ports.audit_trail import AuditTrail
from netra.ports.clock import Clock
from netra.ports.ids import IdSource

TIDY_EVERY: Final = timedelta(hours=1)
REPEATED_MAX: Final = 10_000  # most callers remembered for `note_once`
QUIET_S: Final = 60.0  # interval in which repeated events of one caller are recorded once


class SecurityJournal:
    """Writes security events for the services."""

    def __init__(self, *, trail: AuditTrail, clock: Clock, ids: IdSource) -> None:
        self._trail = trail
        self._clock = clock
        self._ids = ids
        self._tidied_at: datetime | None = None
        self._noted_s: dict[tuple[SecurityEventKind, str], float] = {}

    async def note(
        self,
        kind: SecurityEventKind,
        *,
        origin: Origin,
        user_id: UserId | None = None,
        **details: str,
    ) -> None:
        """Record an event; durable on return, unless the trail postpones it because the disk is full."""
        now = self._clock.now()
        event = SecurityEvent(
            id=self._ids.new("sec"),
            at=now,
            kind=kind,
            user_id=user_id,
            origin=Origin(
                request_id=cut(origin.request_id), address=cut(origin.address), agent=cut(origin.agent)
            ),
            details={name: cut(text) for name, text in details.items()},
        )
        await self._trail.record(event)
        await self._tidy(now)

    async def note_once(
        self,
        kind: SecurityEventKind,
        *,
        origin: Origin,
        key: str,
        user_id: UserId | None = None,
        **details: str,
    ) -> None:
        """Record a repeated event of `key` at most once per `QUIET_S`; a flood cannot fill the log."""
        now_s = self._clock.monotonic_s()
        noted_s = self._noted_s.get((kind, key))
        if noted_s is not None and now_s - noted_s < QUIET_S:
            return
        self._noted_s.pop((kind, key), None)
        if len(self._noted_s) >= REPEATED_MAX:
            del self._noted_s[next(iter(self._noted_s))]
        self._noted_s[kind, key] = now_s
        await self.note(kind, origin=origin, user_id=user_id, key=key[:TEXT_MAX], **details)

    async def _tidy(self, now: datetime) -> None:
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            await self._trail.forget(before=now - KEPT)
