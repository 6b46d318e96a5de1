"""Security events as lines: one JSON object each, for what came by a request."""

import io
import json
from datetime import UTC, datetime

from netra.adapters.local.audit_lines import AuditLines
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.domain.audit.model import AT_THE_MACHINE, Origin, SecurityEvent, SecurityEventKind
from netra.domain.ids import UserId
from netra.domain.paging import PageRequest

AT = datetime(2024, 3, 1, tzinfo=UTC)
FROM = Origin(request_id="req-1", address="192.0.2.1", agent="Zoë's browser")


def event(name: str, origin: Origin) -> SecurityEvent:
    kind = SecurityEventKind.SIGN_IN_REFUSED
    return SecurityEvent(
        id=name, at=AT, kind=kind, user_id=UserId(7), origin=origin, details={"by": "password"}
    )


async def test_what_a_request_led_to_is_kept_and_told_in_one_line() -> None:
    stream = io.StringIO()
    trail = AuditLines(MemoryAuditTrail(), stream)
    await trail.record(event("sec-1", FROM))
    (kept,) = (await trail.page(PageRequest())).items
    assert kept.id == "sec-1"
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line) == {
        "timestamp": "2024-03-01T00:00:00Z",
        "level": "info",
        "log": "security",
        "event": "sign_in_refused",
        "id": "sec-1",
        "user_id": 7,
        "request_id": "req-1",
        "address": "192.0.2.1",
        "agent": "Zoë's browser",
        "details": {"by": "password"},
    }


async def test_what_an_operator_does_is_kept_and_says_nothing() -> None:
    stream = io.StringIO()
    trail = AuditLines(MemoryAuditTrail(), stream)
    await trail.record(event("sec-1", AT_THE_MACHINE))
    assert (await trail.page(PageRequest())).total == 1
    assert stream.getvalue() == ""
    assert await trail.forget(before=datetime.now(UTC)) == 1
