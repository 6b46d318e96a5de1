"""What the security log hears of sockets that end."""

from typing import Any

import pytest

from netra.adapters.local.ids import RandomIdSource
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import Origin
from netra.domain.paging import PageRequest
from netra.entrypoints.websocket.close_audit import note_end

FROM = Origin(request_id="req-1", address="192.0.2.1")


@pytest.fixture
def trail() -> MemoryAuditTrail:
    return MemoryAuditTrail()


@pytest.fixture
def journal(clock: Any, trail: MemoryAuditTrail) -> SecurityJournal:
    return SecurityJournal(trail=trail, clock=clock, ids=RandomIdSource(clock=clock))


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (1008, ["access_refused"]),
        (4000, ["access_refused"]),
        (4003, ["limit_reached"]),
        (4001, []),
        (1011, []),
        (1000, []),
        (None, []),
    ],
)
async def test_only_refusals_and_limits_are_noted(
    journal: SecurityJournal, trail: MemoryAuditTrail, code: int | None, kinds: list[str]
) -> None:
    await note_end(journal, code=code, principal=None, origin=FROM)
    events = (await trail.page(PageRequest())).items
    assert [event.kind.value for event in events] == kinds
    assert all(event.origin == FROM for event in events)


async def test_a_user_who_is_refused_again_and_again_is_named_once(
    stack: Any, journal: SecurityJournal, trail: MemoryAuditTrail
) -> None:
    principal = await stack.principal(user=7)
    for _ in range(3):
        await note_end(journal, code=4003, principal=principal, origin=FROM)
    (event,) = (await trail.page(PageRequest())).items
    assert (event.user_id, event.details) == (7, {"key": "websocket user:7", "path": "/ws"})
