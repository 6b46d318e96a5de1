"""Security events wait for a store that takes no writes."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.contracts.shared import Reported

from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.domain.audit.model import SecurityEvent, SecurityEventKind
from netra.domain.audit.postponed import PostponedTrail
from netra.domain.errors import Unavailable
from netra.domain.paging import PageRequest
from netra.domain.postponed import PostponedWrites

AT = datetime(2024, 3, 1, tzinfo=UTC)


class Disk(MemoryAuditTrail):
    """A trail whose disk may be full."""

    is_full = False

    async def record(self, event: SecurityEvent) -> None:
        if self.is_full:
            raise Unavailable("The database cannot do this now.")
        await super().record(event)

    async def forget(self, *, before: datetime) -> int:
        if self.is_full:
            raise Unavailable("The database cannot do this now.")
        return await super().forget(before=before)


def event(name: str, *, at: datetime = AT) -> SecurityEvent:
    return SecurityEvent(id=name, at=at, kind=SecurityEventKind.SIGNED_OUT, user_id=None)


async def test_events_are_written_in_order_once_the_store_takes_them() -> None:
    disk = Disk()
    postponed = PostponedWrites(incidents=Reported(), where="a test", waiting_max=3)
    trail = PostponedTrail(disk, postponed=postponed)
    await trail.record(event("old", at=AT - timedelta(days=1)))
    disk.is_full = True
    await trail.record(event("a"))
    await trail.record(event("b"))
    assert await trail.forget(before=AT) == 0
    with pytest.raises(Unavailable):
        await trail.record(event("c"))
    disk.is_full = False
    assert await postponed.flush()
    assert [one.id for one in (await trail.page(PageRequest())).items] == ["b", "a"]
