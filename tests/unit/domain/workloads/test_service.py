"""Workloads are filled within bounds, and counted once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra.adapters.memory.call_log import MemoryEventLog, MemoryEventOutbox
from netra.domain.errors import NotFound, Unavailable, ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import Events, columns_of, empty_events
from netra.domain.workloads.model import Event
from netra.domain.workloads.service import WorkloadService

ALICE, BOB = UserId(1), UserId(2)
START = datetime(2024, 1, 1, tzinfo=UTC)


def events(*ids: str | None) -> Events:
    return columns_of(
        [
            Event(timestamp=START + timedelta(minutes=i), model="m", input_tokens=1, output_tokens=1, id=name)
            for i, name in enumerate(ids)
        ]
    )


async def test_a_workload_counts_each_event_once_and_knows_its_span(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    first = await house.workloads.append(workload.id, events("a", "b"), owner_id=ALICE)
    second = await house.workloads.append(workload.id, events("b", "c", None), owner_id=ALICE)
    assert (first.tolist(), second.tolist()) == ([True, True], [False, True, True])
    found = await house.workloads.get(workload.id, owner_id=ALICE)
    assert (found.event_count, found.first_event_at) == (4, START)
    assert found.last_event_at == START + timedelta(minutes=2)


async def test_what_is_made_under_one_name_is_made_once(house: Any) -> None:
    first, again = [await house.workloads.create(owner_id=ALICE, name="chat", made_as="7f") for _ in range(2)]
    assert (first.id, again) == ("wl-7f", first)
    batch = events("a", None, None)
    for is_new in ([True, True, True], [False, False, False]):
        told = await house.workloads.append(first.id, batch, owner_id=ALICE, made_as="7e")
        assert told.tolist() == is_new
    stored = await house.event_log.read(first.id, owner_id=ALICE)
    assert stored.id.tolist() == ["a", "7e-2", "7e-3"]
    assert (await house.workloads.append(first.id, batch, owner_id=ALICE)).tolist() == [False, True, True]


async def test_events_that_all_lack_an_id_get_one_of_the_name(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    for accepted in (2, 0):
        is_new = await house.workloads.append(workload.id, events(None, None), owner_id=ALICE, made_as="7e")
        assert is_new.sum() == accepted


async def test_a_batch_without_news_changes_nothing(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    await house.workloads.append(workload.id, events("a"), owner_id=ALICE)
    before = await house.workloads.get(workload.id, owner_id=ALICE)
    assert not (await house.workloads.append(workload.id, events("a"), owner_id=ALICE)).any()
    assert not len(await house.workloads.append(workload.id, empty_events(), owner_id=ALICE))
    assert await house.workloads.get(workload.id, owner_id=ALICE) == before


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b"])
async def test_a_name_that_cannot_be_is_refused(house: Any, name: str) -> None:
    with pytest.raises(ValidationFailed):
        await house.workloads.create(owner_id=ALICE, name=name)


async def test_another_owners_workload_does_not_exist(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    for call in (
        house.workloads.get(workload.id, owner_id=BOB),
        house.workloads.delete(workload.id, owner_id=BOB),
        house.workloads.append(workload.id, events("a"), owner_id=BOB),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await house.workloads.page(owner_id=BOB, request=PageRequest())).total == 0


async def test_a_deleted_workload_is_gone_with_its_events(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    await house.workloads.append(workload.id, events("a"), owner_id=ALICE)
    await house.workloads.delete(workload.id, owner_id=ALICE)
    assert not len(await house.event_log.read(workload.id, owner_id=ALICE))
    with pytest.raises(NotFound):
        await house.workloads.delete(workload.id, owner_id=ALICE)


class NoRoomGivenBack(MemoryEventLog):
    """Takes the events from every reader, and then the store is away."""

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        await super().delete(workload_id, owner_id=owner_id)
        raise Unavailable("The database does not answer.")


async def test_no_workload_is_left_without_its_events_by_a_deletion_that_is_cut_short(house: Any) -> None:
    service = WorkloadService(
        workloads=house.workload_store,
        log=NoRoomGivenBack(house.workload_store),
        outbox=None,
        clock=house.clock,
        ids=house.ids,
        quotas=Quotas(),
        incidents=house.incidents,
    )
    workload = await service.create(owner_id=ALICE, name="chat")
    await service.append(workload.id, events("a"), owner_id=ALICE)
    await service.delete(workload.id, owner_id=ALICE)
    with pytest.raises(NotFound):
        await service.get(workload.id, owner_id=ALICE)
    assert [(where, type(error)) for where, error in house.incidents.heard] == [
        ("deleting events", Unavailable)
    ]


async def test_a_full_workload_refuses_the_batch_and_keeps_what_it_has(
    house_with: Callable[[Quotas], Any],
) -> None:
    house = house_with(Quotas(max_events_per_workload=2))
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    await house.workloads.append(workload.id, events("a"), owner_id=ALICE)
    with pytest.raises(ValidationFailed, match="at most 2"):
        await house.workloads.append(workload.id, events("b", "c"), owner_id=ALICE)
    assert (await house.workloads.get(workload.id, owner_id=ALICE)).event_count == 1


async def test_a_full_workload_still_says_of_what_it_has_that_it_came_before(
    house_with: Callable[[Quotas], Any],
) -> None:
    house = house_with(Quotas(max_events_per_workload=2))
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    for is_new in (True, False):
        said = await house.workloads.append(workload.id, events("a", "b"), owner_id=ALICE)
        assert said.tolist() == [is_new, is_new]
    with pytest.raises(ValidationFailed, match="at most 2"):
        await house.workloads.append(workload.id, events("c"), owner_id=ALICE)
    assert (await house.workloads.append(workload.id, events("a"), owner_id=ALICE)).tolist() == [False]


async def test_events_need_a_workload(house: Any) -> None:
    with pytest.raises(NotFound):
        await house.workloads.append(WorkloadId("wl-none"), events("a"), owner_id=ALICE)


async def test_without_an_archive_nothing_waits_for_one(house: Any) -> None:
    workload = await house.workloads.create(owner_id=ALICE, name="chat")
    await house.workloads.append(workload.id, events("a"), owner_id=ALICE)
    told = await house.workloads.delivery(workload.id, owner_id=ALICE)
    assert (told.waiting_events, told.dead_events, told.dead_letters) == (0, 0, ())


async def test_events_that_wait_for_the_archive_are_told_of(house: Any) -> None:
    service = WorkloadService(
        workloads=house.workload_store,
        log=house.event_log,
        outbox=MemoryEventOutbox(house.event_log, clock=house.clock),
        clock=house.clock,
        ids=house.ids,
        quotas=Quotas(),
        incidents=house.incidents,
    )
    workload = await service.create(owner_id=ALICE, name="chat")
    await service.append(workload.id, events("a", "b"), owner_id=ALICE)
    assert (await service.delivery(workload.id, owner_id=ALICE)).waiting_events == 2
