"""The contract of `AuditTrail`."""

from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.audit.model import Origin, SecurityEvent, SecurityEventFilter, SecurityEventKind
from netra.domain.errors import Conflict
from netra.domain.paging import PageRequest

ALSO_OVER = ["postponing"]
AT = datetime(2024, 3, 1, 0, 0, 0, 123456, tzinfo=UTC)


def event(name: str = "sec-1", *, after_s: float = 0, **fields: object) -> SecurityEvent:
    values = {"kind": SecurityEventKind.SIGNED_IN, "user_id": 7, **fields}
    return SecurityEvent(id=name, at=AT + timedelta(seconds=after_s), **values)


async def test_an_event_comes_back_whole(stores):
    origin = Origin(request_id="req-1", address="192.0.2.1", agent="Zoë's browser 日本")
    kept = event(origin=origin, details={"by": "password"})
    bare = event("sec-0", user_id=None, after_s=-1)
    await stores.audit.record(kept)
    await stores.audit.record(bare)
    assert list((await stores.audit.page(PageRequest())).items) == [kept, bare]


async def test_an_id_is_taken_once(stores):
    await stores.audit.record(event())
    with pytest.raises(Conflict):
        await stores.audit.record(event(user_id=8))
    assert (await stores.audit.page(PageRequest())).total == 1


async def test_events_are_paged_newest_first_ties_by_id(stores):
    for name, after_s in [("a", 0), ("c", 1), ("b", 1), ("d", 2)]:
        await stores.audit.record(event(name, after_s=after_s))
    first = await stores.audit.page(PageRequest(limit=2))
    assert [one.id for one in first.items] == ["d", "c"]
    rest = await stores.audit.page(PageRequest(limit=5, after=first.next))
    assert [one.id for one in rest.items] == ["b", "a"]
    assert (rest.next, rest.total) == (None, 4)
    assert [one.id for one in (await stores.audit.page(PageRequest(offset=3))).items] == ["a"]


async def test_old_events_are_forgotten(stores):
    await stores.audit.record(event("a"))
    await stores.audit.record(event("b", after_s=1))
    assert await stores.audit.forget(before=AT) == 0
    assert await stores.audit.forget(before=AT + timedelta(seconds=1)) == 1
    assert [one.id for one in (await stores.audit.page(PageRequest())).items] == ["b"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (SecurityEventFilter(), ["c", "b", "a"]),
        (SecurityEventFilter(kind=SecurityEventKind.SIGNED_OUT), ["c", "b"]),
        (SecurityEventFilter(user_id=7), ["b", "a"]),
        (SecurityEventFilter(kind=SecurityEventKind.SIGNED_OUT, user_id=7), ["b"]),
        (SecurityEventFilter(since=AT + timedelta(seconds=1)), ["c", "b"]),
        (SecurityEventFilter(until=AT + timedelta(seconds=1)), ["a"]),
    ],
)
async def test_a_page_shows_the_events_that_meet_every_filter(stores, chosen, expected):
    await stores.audit.record(event("a"))
    await stores.audit.record(event("b", after_s=1, kind=SecurityEventKind.SIGNED_OUT))
    await stores.audit.record(event("c", after_s=2, kind=SecurityEventKind.SIGNED_OUT, user_id=None))
    page = await stores.audit.page(PageRequest(), chosen=chosen)
    assert ([one.id for one in page.items], page.total) == (expected, len(expected))
    first = await stores.audit.page(PageRequest(limit=1), chosen=chosen)
    if first.next is not None:
        rest = await stores.audit.page(PageRequest(after=first.next), chosen=chosen)
        assert [one.id for one in rest.items] == expected[1:]
