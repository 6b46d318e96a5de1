"""The contract of `EventOutbox`."""

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.contracts.test_event_log import make, shown

from netra.domain.errors import LeaseLost, NotFound
from netra.domain.leases import CLOCK_SKEW_S, LEASE_S_MAX
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.domain.workloads.sizes import size_of
from netra.ports.call_outbox import Backlog, Deletion, Refused, Shipment

AT = datetime(2024, 3, 1, tzinfo=UTC)
ONE, OTHER = 1, 2
MANY = 1_000


def batch(*names: str | None, at: datetime = AT):
    return columns_of(
        [Event(timestamp=at, model="m", input_tokens=1, output_tokens=1, id=name) for name in names]
    )


async def put(stores, *names: str | None, workload: str = "wl-1", owner: int = ONE, at: datetime = AT):
    await make(stores, workload=workload, owner=owner)
    await stores.event_log.append(workload, batch(*names, at=at), owner_id=owner)


async def lease(stores, *, most: int = MANY, held: int | None = None) -> Shipment | None:
    return await stores.event_outbox.lease(lease_s=10, most_events=most, held=held)


async def delivery(stores, *, most: int = MANY):
    return await stores.event_outbox.delivery("wl-1", owner_id=ONE, most=most)


async def waiting(stores, **span: datetime):
    asked = {"since": None, "until": None, **span}
    return await stores.event_outbox.waiting("wl-1", owner_id=ONE, **asked)


def ids(shipment: Shipment) -> list[list[str]]:
    return [parcel.events.id.tolist() for parcel in shipment.parcels]


def chained(name: str, hashes: int):
    """Return a batch of one event with so many prefix hashes, all alike: they take no bytes when packed."""
    one = Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1, id=name, prefix_hashes=[7] * hashes)
    return columns_of([one])


async def test_a_shipment_is_bounded_by_the_bytes_of_its_columns_and_has_one_parcel_at_least(stores):
    await make(stores)
    for name in ("a", "b", "c"):
        await stores.event_log.append("wl-1", chained(name, 1_000), owner_id=ONE)
    assert ids(await stores.event_outbox.lease(lease_s=10, most_events=MANY, most_bytes=1)) == [["a"]]


async def test_a_shipment_has_all_parcels_whose_columns_fit(stores):
    await make(stores)
    for name in ("a", "b", "c"):
        await stores.event_log.append("wl-1", chained(name, 1_000), owner_id=ONE)
    shipment = await stores.event_outbox.lease(lease_s=10, most_events=MANY, most_bytes=17_000)
    assert ids(shipment) == [["a"], ["b"]]


async def test_what_is_buried_no_longer_counts_in_the_size_of_its_workload(stores):
    await make(stores)
    batch = columns_of(
        [
            Event(
                timestamp=AT, model="m", input_tokens=1, output_tokens=1, id=name, prefix_hashes=[1] * hashes
            )
            for name, hashes in (("a", 5), ("b", 3))
        ]
    )
    await stores.event_log.append("wl-1", batch, owner_id=ONE)
    shipment = await lease(stores)
    await stores.event_outbox.bury(shipment, refused=[Refused(parcel=0, place=0, reason="no")])
    found = await stores.workloads.get("wl-1", owner_id=ONE)
    assert (found.event_count, found.prefix_hashes) == (1, 3)
    assert found.bytes == size_of(batch.take(np.array([1]))).bytes


async def test_nothing_waits_at_first(stores):
    assert await lease(stores) is None
    assert await stores.event_outbox.backlog() == Backlog(events=0, bytes=0)
    found = await waiting(stores)
    assert (len(found.events), found.arrivals, found.has_archived) == (0, (), False)


async def test_parcels_come_in_the_order_they_were_accepted_with_all_that_is_theirs(stores):
    await put(stores, "a", "b")
    await put(stores, "a", workload="wl-2", owner=OTHER)
    await put(stores, "b", "c")
    shipment = await lease(stores)
    assert ids(shipment) == [["a", "b"], ["a"], ["c"]]
    assert [(parcel.owner_id, parcel.workload_id) for parcel in shipment.parcels] == [
        (ONE, "wl-1"),
        (OTHER, "wl-2"),
        (ONE, "wl-1"),
    ]
    arrivals = [parcel.arrival for parcel in shipment.parcels]
    assert arrivals == sorted(set(arrivals))
    assert len({parcel.name for parcel in shipment.parcels}) == 3
    assert all(len(parcel.name) == 32 for parcel in shipment.parcels)
    assert shown(shipment.parcels[0].events) == shown(batch("a", "b"))


async def test_what_was_delivered_waits_no_more_and_is_known_for_ever(stores):
    await put(stores, "a", "b")
    shipment = await lease(stores)
    assert await stores.event_outbox.delivered(shipment) is None
    assert await lease(stores, held=shipment.fence) is None
    found = await waiting(stores)
    assert (len(found.events), found.has_archived) == (0, True)
    assert (await stores.event_outbox.backlog()).events == 0
    appended = await stores.event_log.append("wl-1", batch("a", "c"), owner_id=ONE)
    assert appended.is_new.tolist() == [False, True]


async def test_a_shipment_holds_at_most_so_many_events_but_at_least_a_parcel(stores):
    for name in "abcde":
        await put(stores, name, f"{name}2")
    sizes = []
    fence = None
    for most in (5, 1, 0, 100):
        shipment = await lease(stores, most=most, held=fence)
        sizes.append(len(shipment.parcels))
        fence = shipment.fence
        await stores.event_outbox.delivered(shipment)
    assert sizes == [2, 1, 1, 1]


async def test_a_shipment_comes_again_as_it_was_whatever_came_since(stores, clock):
    await put(stores, "a")
    first = await lease(stores)
    await put(stores, "b")
    clock.turn(11)
    again = await lease(stores)
    assert (again.number, ids(again)) == (first.number, ids(first))
    assert [parcel.name for parcel in again.parcels] == [parcel.name for parcel in first.parcels]
    assert again.fence > first.fence


async def test_one_holds_the_lease_until_it_ends_or_is_let_go(stores, clock):
    await put(stores, "a")
    first = await lease(stores)
    assert await lease(stores) is None
    clock.turn(11)
    second = await lease(stores)
    assert second is not None
    await stores.event_outbox.release(first.fence)  # not its own any more
    assert await lease(stores) is None
    await stores.event_outbox.release(second.fence)
    assert await lease(stores) is not None


async def test_of_many_that_ask_at_once_one_gets_the_shipment(stores):
    await put(stores, "a")
    leased = await asyncio.gather(*(lease(stores) for _ in range(8)))
    assert sum(shipment is not None for shipment in leased) == 1


async def test_a_lease_that_ended_delivers_nothing(stores, clock):
    await put(stores, "a")
    late = await lease(stores)
    clock.turn(11)
    with pytest.raises(LeaseLost):
        await stores.event_outbox.delivered(late)
    current = await lease(stores)
    with pytest.raises(LeaseLost):
        await stores.event_outbox.delivered(late)
    with pytest.raises(LeaseLost):
        await stores.event_outbox.bury(late, refused=[Refused(parcel=0, place=0, reason="r")])
    assert ids(current) == [["a"]]
    assert (await waiting(stores)).has_archived is False
    await stores.event_outbox.delivered(current)
    assert (await waiting(stores)).has_archived is True


async def test_a_lease_lapses_when_the_clock_is_set_back_for_a_day(stores, clock):
    await put(stores, "a")
    lost = await lease(stores)
    clock.turn(-86_400)
    current = await lease(stores)
    assert (ids(current), current.number) == ([["a"]], lost.number)
    with pytest.raises(LeaseLost):
        await stores.event_outbox.delivered(lost)
    await stores.event_outbox.delivered(current)


async def test_the_longest_lease_holds_on_a_clock_that_is_behind_and_a_longer_one_is_refused(stores, clock):
    await put(stores, "a")
    with pytest.raises(ValueError, match="at most 60 s, not 61 s"):
        await stores.event_outbox.lease(lease_s=LEASE_S_MAX + 1, most_events=MANY)
    assert await stores.event_outbox.lease(lease_s=LEASE_S_MAX, most_events=MANY) is not None
    clock.turn(-CLOCK_SKEW_S)
    assert await lease(stores) is None


async def test_refused_events_are_buried_with_their_reason_and_not_counted(stores, clock):
    await put(stores, "a", "b", "c")
    await put(stores, None)
    shipment = await lease(stores)
    refused = [Refused(parcel=0, place=1, reason="too odd"), Refused(parcel=1, place=0, reason="nameless")]
    await stores.event_outbox.bury(shipment, refused=refused)
    assert (await waiting(stores)).events.id.tolist() == ["a", "c"]
    rest = await lease(stores, held=shipment.fence)
    assert rest.number == shipment.number
    assert [parcel.name for parcel in rest.parcels] == [parcel.name for parcel in shipment.parcels]
    assert [len(parcel.events) for parcel in rest.parcels] == [2, 0]
    assert rest.parcels[0].events.id.tolist() == ["a", "c"]
    assert (await delivery(stores)).waiting_events == 2
    await stores.event_outbox.delivered(rest)
    found = await delivery(stores)
    assert (found.waiting_events, found.dead_events) == (0, 2)
    letters = [(letter.event_id, letter.reason, letter.at) for letter in found.dead_letters]
    assert sorted(letters, key=lambda letter: letter[1]) == [
        (None, "nameless", clock.now()),
        ("b", "too odd", clock.now()),
    ]
    assert found.workload == await stores.workloads.get("wl-1", owner_id=ONE)
    assert found.workload.event_count == 2
    few = await delivery(stores, most=1)
    assert (few.dead_events, len(few.dead_letters)) == (2, 1)


async def test_how_far_the_events_came_is_for_their_owner(stores):
    await make(stores)
    with pytest.raises(NotFound):
        await stores.event_outbox.delivery("wl-1", owner_id=OTHER, most=1)
    with pytest.raises(NotFound):
        await stores.event_outbox.delivery("wl-2", owner_id=ONE, most=1)


async def test_an_event_is_counted_or_dead_whenever_one_looks(stores):
    fence = None
    for accepted in range(1, 31):
        await put(stores, str(accepted))
        shipment = await lease(stores, held=fence)
        fence = shipment.fence
        refused = [Refused(parcel=0, place=0, reason="r")]
        _, *told = await asyncio.gather(
            stores.event_outbox.bury(shipment, refused=refused), *(delivery(stores) for _ in range(8))
        )
        assert {one.workload.event_count + one.dead_events for one in told} == {accepted}
        assert {one.waiting_events + one.dead_events for one in told} == {accepted}
        await stores.event_outbox.delivered(shipment)


async def test_a_log_deleted_under_way_is_to_be_deleted_in_the_archive_when_the_shipment_is_over(stores):
    await put(stores, "a")
    await put(stores, "b", workload="wl-2")
    shipment = await lease(stores)
    await stores.event_log.delete("wl-1", owner_id=ONE)
    assert await deletions(stores) == []
    await put(stores, "a")
    await stores.event_outbox.bury(shipment, refused=[Refused(parcel=0, place=0, reason="r")])
    await stores.event_outbox.delivered(shipment)
    ((deletion, key),) = [(one, (one.owner_id, one.workload_id)) for one in await deletions(stores)]
    assert key == (ONE, "wl-1")
    found = await waiting(stores)
    assert (found.events.id.tolist(), found.has_archived) == (["a"], False)
    assert (await delivery(stores)).dead_events == 0
    for _ in range(2):
        await stores.event_outbox.forget(deletion)
        assert await deletions(stores) == []


async def test_a_log_deleted_before_it_is_leased_again_comes_again_with_the_others(stores, clock):
    await put(stores, "a")
    await put(stores, "b", workload="wl-2")
    first = await lease(stores)
    await stores.event_log.delete("wl-1", owner_id=ONE)
    await put(stores, "c")
    clock.turn(11)
    again = await lease(stores)
    assert (again.number, ids(again)) == (first.number, [["a"], ["b"]])
    assert [(one.name, one.owner_id, one.workload_id) for one in again.parcels] == [
        (one.name, one.owner_id, one.workload_id) for one in first.parcels
    ]
    assert (await waiting(stores)).events.id.tolist() == ["c"]
    await stores.event_outbox.delivered(again)
    assert (await stores.event_outbox.backlog()).events == 1
    assert len(await deletions(stores)) == 1


async def test_a_shipment_whose_logs_are_all_deleted_comes_again_all_the_same(stores, clock):
    await put(stores, "a")
    await lease(stores)
    await stores.event_log.delete("wl-1", owner_id=ONE)
    clock.turn(11)
    again = await lease(stores)
    assert ids(again) == [["a"]]
    await stores.event_outbox.delivered(again)
    assert await lease(stores, held=again.fence) is None
    assert len(await deletions(stores)) == 1


async def test_a_log_that_was_never_handed_on_is_not_to_be_deleted_in_the_archive(stores):
    await put(stores, "a")
    await stores.event_log.delete("wl-1", owner_id=ONE)
    await stores.event_log.delete("wl-3", owner_id=ONE)
    assert await deletions(stores) == []
    assert await lease(stores) is None


async def test_a_log_that_was_handed_on_is_to_be_deleted_in_the_archive_however_often_it_is_deleted(stores):
    for _ in range(2):
        await put(stores, "a")
        shipment = await lease(stores)
        await stores.event_outbox.delivered(shipment)
        await stores.event_outbox.release(shipment.fence)
        await stores.event_log.delete("wl-1", owner_id=ONE)
        await stores.event_log.delete("wl-1", owner_id=ONE)
    assert [(one.owner_id, one.workload_id) for one in await deletions(stores)] == [(ONE, "wl-1")] * 2


async def deletions(stores) -> list[Deletion]:
    return list(await stores.event_outbox.deletions())


async def test_waiting_events_are_read_by_span_with_the_arrivals_of_all(stores):
    await put(stores, "a", "b")
    await put(stores, "c", at=AT + timedelta(hours=1))
    found = await waiting(stores, since=AT + timedelta(minutes=1))
    assert (found.events.id.tolist(), len(found.arrivals)) == (["c"], 2)
    assert (await waiting(stores, until=AT + timedelta(minutes=1))).events.id.tolist() == ["a", "b"]
    assert (await stores.event_outbox.backlog()).events == 3
    shipment = await lease(stores)
    assert [parcel.arrival for parcel in shipment.parcels] == list(found.arrivals)


async def test_events_that_come_one_by_one_are_all_there_and_in_order(stores):
    names = [f"id-{n:03}" for n in range(150)]
    for name in names:
        await put(stores, name)
    found = await waiting(stores)
    assert found.events.id.tolist() == names
    assert not (await stores.event_log.append("wl-1", batch(*names), owner_id=ONE)).is_new.any()
    shipment = await lease(stores)
    assert [name for parcel in shipment.parcels for name in parcel.events.id] == names
