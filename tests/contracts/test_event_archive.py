"""The contract of `EventArchive`, over ClickHouse: behind HTTP, and in process."""

from datetime import timedelta
from typing import Any

import pytest
from tests.contracts.shared import CHDB, CLICKHOUSE
from tests.contracts.test_event_log import FULL, event, shown

from netra.adapters.clickhouse.call_archive import ClickHouseEventArchive
from netra.adapters.clickhouse.connection import open_clickhouse
from netra.adapters.clickhouse.search import found_bad
from netra.adapters.local.clock import SystemClock
from netra.domain.errors import Unavailable
from netra.domain.workloads.columns import columns_of
from netra.ports.call_outbox import Parcel, Shipment

WHOLE: dict[str, Any] = {"since": None, "until": None, "without": ()}


def shipment(*parcels: Parcel) -> Shipment:
    return Shipment(fence=1, number=1, parcels=parcels)


def parcel(number: int, *events: Any, owner: int = 1, workload: str = "wl") -> Parcel:
    return Parcel(
        name=f"{number:032x}", arrival=number, owner_id=owner, workload_id=workload, events=columns_of(events)
    )


@pytest.fixture(params=[CLICKHOUSE, CHDB])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty ClickHouse of either kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


async def engine_of(opened: Any) -> str:
    """Return how the table was made."""
    ours = "name = 'workload_events' AND database = currentDatabase()"
    asked = f"SELECT engine_full FROM system.tables WHERE {ours}"  # noqa: S608 (constants)
    return str(await opened.archive.engine.run(lambda client: client.command(asked)))


async def test_a_shipment_put_again_is_stored_once_and_read_in_the_order_it_came(url):
    async with open_clickhouse(url, clock=SystemClock()) as opened:
        sent = shipment(
            parcel(1, FULL, event(5, id="b")),
            parcel(2, event(5, id="other"), owner=2),
            parcel(3, event(5, id="a"), event(0)),
        )
        for _ in range(3):
            assert not await opened.archive.put(sent)
        found = await opened.archive.read("wl", owner_id=1, **WHOLE)
        assert shown(found) == shown(columns_of([FULL, event(0), event(5, id="b"), event(5, id="a")]))
        rest = await opened.archive.read("wl", owner_id=1, **{**WHOLE, "without": (1,)})
        assert shown(rest) == shown(columns_of([event(0), event(5, id="a")]))
        await opened.archive.delete("wl", owner_id=1)
        assert len(await opened.archive.read("wl", owner_id=1, **WHOLE)) == 0
        assert len(await opened.archive.read("wl", owner_id=2, **WHOLE)) == 1


async def test_values_are_never_a_part_of_a_statement(url):
    async with open_clickhouse(url, clock=SystemClock()) as opened:
        odd = "wl' OR '1'='1"
        await opened.archive.put(shipment(parcel(1, event(0)), parcel(2, event(0), workload=odd)))
        assert len(await opened.archive.read(odd, owner_id=1, **WHOLE)) == 1
        await opened.archive.delete(odd, owner_id=1)
        assert len(await opened.archive.read("wl", owner_id=1, **WHOLE)) == 1


async def test_old_events_are_removed_when_the_settings_say_so_and_not_when_they_no_longer_do(url):
    for kept_for, said in [
        (timedelta(days=30), "toIntervalDay(30)"),
        (timedelta(days=7), "toIntervalDay(7)"),
    ]:
        async with open_clickhouse(url, clock=SystemClock(), kept_for=kept_for) as opened:
            assert said in await engine_of(opened)
    async with open_clickhouse(url, clock=SystemClock()) as opened:
        assert " TTL " not in await engine_of(opened)
        assert "non_replicated_deduplication_window = 10000" in await engine_of(opened)


@pytest.mark.parametrize("bounds", [{"read_bytes": 1_000_000}, {"read_s": 0.001}], ids=["memory", "time"])
async def test_a_read_that_passes_its_bounds_is_ended_by_the_server(url, bounds):
    async with open_clickhouse(url, clock=SystemClock()) as opened:
        await opened.archive.put(shipment(parcel(1, *(event(n, id=f"{n:0200}") for n in range(20_000)))))
        bounded = ClickHouseEventArchive(opened.archive.engine, clock=SystemClock(), **bounds)
        with pytest.raises(Unavailable):
            await bounded.read("wl", owner_id=1, **WHOLE)
        assert len(await opened.archive.read("wl", owner_id=1, **WHOLE)) == 20_000


async def test_a_text_that_cannot_be_stored_is_refused_alone(url):
    async with open_clickhouse(url, clock=SystemClock()) as opened:
        events = [event(n, id=f"id-{n}") for n in range(5)]
        bad = event(9, id="\ud800")
        empty = parcel(3)
        (refused,) = await opened.archive.put(shipment(parcel(1, event(0)), empty, parcel(2, *events, bad)))
        assert (refused.parcel, refused.place) == (2, 5)
        assert "cannot be stored" in refused.reason
        assert len(await opened.archive.read("wl", owner_id=1, **WHOLE)) == 0
        assert not await opened.archive.put(shipment(parcel(1, event(0)), empty, parcel(2, *events)))
        assert not await opened.archive.put(shipment(empty))
        assert len(await opened.archive.read("wl", owner_id=1, **WHOLE)) == 6


async def test_a_search_that_was_given_up_does_not_disturb_the_one_after_it(url):
    """Both find the event that cannot be stored, though the later begins and ends amid the earlier."""
    parcels = [parcel(1, event(0, id="a"), event(0, id="\ud800"), event(0, id="c"))]
    later: list[Any] = []

    def searched(client: Any) -> Any:
        def meanwhile() -> bool:
            if not later:
                later.extend(found_bad(client, parcels, fence=2, has_time=lambda: True))
            return True

        return found_bad(client, parcels, fence=1, has_time=meanwhile)

    async with open_clickhouse(url, clock=SystemClock()) as opened:
        earlier = await opened.archive.engine.run(searched)
    assert [one.place for one in earlier] == [one.place for one in later] == [1]
