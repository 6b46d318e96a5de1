"""An overview is computed once a revision, and one at a time for a user."""

import asyncio
from typing import Any

import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.ids import UserId
from netra.domain.overview.model import OverviewQuery
from netra.domain.overview.service import KEPT_OVERVIEWS, OverviewService, revision_of
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.workloads.columns import Events, columns_of
from netra.ports.call_outbox import Delivery

OWNER = UserId(1)


class CountedLog:
    """An event log that counts how often it is read, and by how many concurrently."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.reads = self.most = self._now = 0

    async def read(self, *names: Any, **more: Any) -> Events:
        self.reads += 1
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        events: Events = await self._log.read(*names, **more)
        self._now -= 1
        return events


def service(desk: Any, log: Any = None, quotas: Quotas = DEFAULT_QUOTAS, **more: Any) -> OverviewService:
    return OverviewService(
        log=log or desk.log,
        prices=desk.prices,
        edition=more.pop("edition", "1"),
        default_model="big",
        quotas=quotas,
        **more,
    )


async def delivery_of(desk: Any, workload_id: Any) -> Delivery:
    workload = await desk.workloads.get(workload_id, owner_id=OWNER)
    return Delivery(workload=workload, waiting_events=7, dead_events=0, dead_letters=())


async def shown(desk: Any, overviews: OverviewService, workload_id: Any, **asked: Any) -> Any:
    delivery = await delivery_of(desk, workload_id)
    return await overviews.overview(delivery, OverviewQuery(**asked), tz="UTC")


async def test_the_overview_names_its_workload_revision_and_newest_call(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(10))
    overviews = service(desk)
    overview = await shown(desk, overviews, workload_id)
    delivery = await delivery_of(desk, workload_id)
    assert (overview.workload_id, overview.revision) == (workload_id, revision_of(delivery))
    assert overview.totals.requests == 10
    assert overview.freshness.last_event_at == calls(10)[-1].timestamp
    assert overview.freshness.waiting_events == 7
    assert "prefix_hashes" in {gap.missing for gap in overview.gaps}


async def test_a_log_is_read_once_a_revision_whatever_is_asked(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(10))
    log = CountedLog(desk.log)
    overviews = service(desk, log)
    first = await shown(desk, overviews, workload_id)
    assert await shown(desk, overviews, workload_id) is first
    assert (await shown(desk, overviews, workload_id, by="feature")).by == "feature"
    assert log.reads == 1
    await desk.log.append(workload_id, columns_of(calls(12)[10:]), owner_id=OWNER)
    assert (await shown(desk, overviews, workload_id)).totals.requests == 12
    assert log.reads == 2


async def test_requests_of_one_user_are_computed_in_turn_and_equal_ones_once(desk: Any, calls: Any) -> None:
    workload_ids = [await desk.workload(calls(3), name=name) for name in "abc"]
    log = CountedLog(desk.log)
    overviews = service(desk, log)
    found = await asyncio.gather(*(shown(desk, overviews, one) for one in workload_ids * 2))
    assert (log.reads, log.most) == (3, 1)
    assert found[0] is found[3]


async def test_a_log_that_is_too_large_to_keep_is_read_again(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(10))
    log = CountedLog(desk.log)
    overviews = service(desk, log, kept_calls=9)
    await shown(desk, overviews, workload_id)
    await shown(desk, overviews, workload_id, by="feature")
    assert log.reads == 2


async def test_only_the_latest_overviews_are_kept(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(2))
    overviews = service(desk)
    first = await shown(desk, overviews, workload_id)
    for number in range(KEPT_OVERVIEWS):
        await shown(desk, overviews, workload_id, filters={"model": (f"m{number}",)})
    assert await shown(desk, overviews, workload_id) is not first


async def test_a_workload_larger_than_an_analysis_may_read_is_refused_unread(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(3))
    log = CountedLog(desk.log)
    with pytest.raises(ValidationFailed, match="holds 3 events"):
        await shown(desk, service(desk, log, Quotas(max_events_per_workload=2)), workload_id)
    assert log.reads == 0


async def test_every_part_of_a_query_is_in_its_tag(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(3))
    delivery = await delivery_of(desk, workload_id)
    at = calls(3)[1].timestamp
    queries = [
        OverviewQuery(),
        OverviewQuery(since=at),
        OverviewQuery(until=at),
        OverviewQuery(bin="1h"),
        OverviewQuery(by="tool"),
        OverviewQuery(money="list"),
        OverviewQuery(filters={"model": ("big",)}),
        OverviewQuery(filters={"tool": ("big",)}),
    ]
    overviews = service(desk)
    tags = {overviews.tag(delivery, query, tz="UTC") for query in queries}
    tags.add(overviews.tag(delivery, queries[0], tz="Europe/Berlin"))
    tags.add(service(desk, edition="2").tag(delivery, queries[0], tz="UTC"))
    assert len(tags) == len(queries) + 2
