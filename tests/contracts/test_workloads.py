"""The contract of `WorkloadStore`."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from tests.contracts.shared import Reported

from netra.adapters.local.ids import RandomIdSource
from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload
from netra.domain.workloads.service import WorkloadService

AT = datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
EARLY, LATE = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 6, 1, tzinfo=UTC)
ONE, OTHER, MANY = 1, 2, 1_000


def workload(name: str = "1", *, owner: int = ONE, at: datetime = AT) -> Workload:
    return Workload(id=f"wl-{name}", owner_id=owner, name=f"Küche {name} 🍳", created_at=at, updated_at=at)


async def test_what_was_stored_comes_back_whole(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    assert await stores.workloads.get("wl-1", owner_id=ONE) == workload()


async def test_workloads_are_the_owners_alone(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    for ask in (
        stores.workloads.get("wl-1", owner_id=OTHER),
        stores.workloads.delete("wl-1", owner_id=OTHER),
        stores.workloads.get("wl-2", owner_id=ONE),
    ):
        with pytest.raises(NotFound):
            await ask
    assert (await stores.workloads.page(owner_id=OTHER, request=PageRequest())).total == 0
    await stores.workloads.add(workload(owner=OTHER), max_per_user=MANY)


async def test_a_workload_that_is_added_again_is_there_once_and_as_it_was(stores):
    first = await stores.workloads.add(workload(), max_per_user=1)
    again = await stores.workloads.add(workload(at=AT + timedelta(days=1)), max_per_user=1)
    assert first == again == workload()
    assert (await stores.workloads.page(owner_id=ONE, request=PageRequest())).items == (first,)


async def test_of_many_who_add_one_workload_all_get_it(stores):
    adding = (stores.workloads.add(workload(at=AT + timedelta(days=n)), max_per_user=1) for n in range(10))
    first, *others = await asyncio.gather(*adding)
    assert others == [first] * 9


async def test_workloads_are_bounded_for_each_owner(stores):
    tries = (stores.workloads.add(workload(str(n)), max_per_user=3) for n in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, ValidationFailed) for result in results) == 7
    await stores.workloads.add(workload(owner=OTHER), max_per_user=3)


async def test_pages_are_newest_first_with_ties_by_id(stores):
    for name, days in (("b", 1), ("a", 1), ("old", 0), ("new", 2)):
        await stores.workloads.add(workload(name, at=AT + timedelta(days=days)), max_per_user=MANY)
    page = await stores.workloads.page(owner_id=ONE, request=PageRequest(limit=3))
    assert [found.id for found in page.items] == ["wl-new", "wl-b", "wl-a"]
    rest = await stores.workloads.page(owner_id=ONE, request=PageRequest(limit=3, after=page.next))
    assert ([found.id for found in rest.items], rest.total, rest.next) == (["wl-old"], 4, None)
    skipped = await stores.workloads.page(owner_id=ONE, request=PageRequest(limit=3, offset=3))
    assert [found.id for found in skipped.items] == ["wl-old"]


async def fill(stores, *at: datetime, name: str | None = None) -> None:
    """Append events, all with the same id if one is given."""
    events = [Event(timestamp=one, model="m", input_tokens=1, output_tokens=1, id=name) for one in at]
    await stores.event_log.append("wl-1", columns_of(events), owner_id=ONE)


async def test_stored_events_are_counted_and_the_span_only_widens(stores, clock):
    await stores.workloads.add(workload(), max_per_user=MANY)
    clock.turn(60)
    await fill(stores, EARLY, LATE, LATE)
    inside = EARLY + timedelta(days=1)
    await fill(stores, inside, inside)
    found = await stores.workloads.get("wl-1", owner_id=ONE)
    assert (found.event_count, found.first_event_at, found.last_event_at) == (5, EARLY, LATE)
    assert (found.created_at, found.updated_at) == (AT, clock.now())
    before, behind = EARLY - timedelta(days=1), LATE + timedelta(days=1)
    await fill(stores, before, behind)
    found = await stores.workloads.get("wl-1", owner_id=ONE)
    assert (found.event_count, found.first_event_at, found.last_event_at) == (7, before, behind)


async def test_what_came_before_is_not_counted_again(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    for _ in range(3):
        await fill(stores, EARLY, LATE, name="a")
    found = await stores.workloads.get("wl-1", owner_id=ONE)
    assert (found.event_count, found.last_event_at) == (1, EARLY)


async def test_no_count_is_lost_among_many(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    await asyncio.gather(*(fill(stores, *[EARLY] * n) for n in range(1, 20)))
    assert (await stores.workloads.get("wl-1", owner_id=ONE)).event_count == 190


async def test_a_deleted_workload_is_gone_the_second_time_too(stores):
    await stores.workloads.add(workload(), max_per_user=1)
    await stores.workloads.delete("wl-1", owner_id=ONE)
    with pytest.raises(NotFound):
        await stores.workloads.delete("wl-1", owner_id=ONE)
    with pytest.raises(NotFound):
        await stores.workloads.get("wl-1", owner_id=ONE)
    await stores.workloads.add(workload(), max_per_user=1)


async def is_nothing_left(stores) -> bool:
    """Return whether readers see no event of the workload and the engine keeps none, of any."""
    is_unread = not len(await stores.event_log.read("wl-1", owner_id=ONE))
    return is_unread and (await stores.event_outbox.backlog()).events == 0


async def test_its_events_go_with_a_workload(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    await fill(stores, EARLY, LATE)
    await stores.workloads.delete("wl-1", owner_id=ONE)
    assert not len(await stores.event_log.read("wl-1", owner_id=ONE))
    await stores.event_log.delete("wl-1", owner_id=ONE)
    assert await is_nothing_left(stores)


async def test_what_comes_while_a_workload_is_deleted_is_there_before_or_refused(stores):
    await stores.workloads.add(workload(), max_per_user=MANY)
    said = await asyncio.gather(
        *(fill(stores, EARLY) for _ in range(5)),
        stores.workloads.delete("wl-1", owner_id=ONE),
        *(fill(stores, EARLY) for _ in range(5)),
        return_exceptions=True,
    )
    assert all(one is None or isinstance(one, NotFound) for one in said)
    assert not len(await stores.event_log.read("wl-1", owner_id=ONE))


class Crowded:
    """An `EventLog` to which somebody appends whenever it was emptied."""

    def __init__(self, stores) -> None:
        self.append = stores.event_log.append
        self.read = stores.event_log.read
        self.said: list[str] = []
        self._stores = stores

    async def delete(self, workload_id, *, owner_id) -> None:
        await self._stores.event_log.delete(workload_id, owner_id=owner_id)
        try:
            await fill(self._stores, EARLY)
        except NotFound:
            self.said.append("refused")
        else:
            self.said.append("taken")


async def test_an_event_that_comes_while_others_are_removed_is_refused(stores, clock):
    log = Crowded(stores)
    service = WorkloadService(
        workloads=stores.workloads,
        log=log,
        outbox=None,
        clock=clock,
        ids=RandomIdSource(clock=clock),
        quotas=Quotas(),
        incidents=Reported(),
    )
    await stores.workloads.add(workload(), max_per_user=MANY)
    await fill(stores, EARLY, LATE)
    await service.delete("wl-1", owner_id=ONE)
    assert log.said == ["refused"]
    assert await is_nothing_left(stores)


async def test_a_workload_is_renamed_by_its_owner_alone(stores):
    made = await stores.workloads.add(workload(), max_per_user=10)
    renamed = await stores.workloads.rename(made.id, owner_id=made.owner_id, name="Küche ☕")
    assert renamed == msgspec.structs.replace(made, name="Küche ☕")
    assert await stores.workloads.get(made.id, owner_id=made.owner_id) == renamed
    for workload_id, owner_id in ((made.id, 999), ("wl-unknown", made.owner_id)):
        with pytest.raises(NotFound):
            await stores.workloads.rename(workload_id, owner_id=owner_id, name="mine")
