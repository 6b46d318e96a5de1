"""Which security events a list shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra.domain.audit.model import SecurityEvent, SecurityEventFilter, SecurityEventKind
from netra.domain.ids import UserId

AT = datetime(2024, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(microseconds=1)
EVENT = SecurityEvent(id="sec-1", at=AT, kind=SecurityEventKind.SIGNED_IN, user_id=UserId(7))


@pytest.mark.parametrize(
    "fields",
    [{}, {"kind": SecurityEventKind.SIGNED_IN, "user_id": UserId(7), "since": AT, "until": LATER}],
)
def test_an_event_that_meets_every_field_is_shown(fields: dict[str, Any]) -> None:
    assert SecurityEventFilter(**fields).admits(EVENT)


@pytest.mark.parametrize(
    "fields",
    [{"kind": SecurityEventKind.SIGNED_OUT}, {"user_id": UserId(8)}, {"since": LATER}, {"until": AT}],
)
def test_one_field_that_is_not_met_hides_the_event(fields: dict[str, Any]) -> None:
    assert not SecurityEventFilter(**fields).admits(EVENT)
