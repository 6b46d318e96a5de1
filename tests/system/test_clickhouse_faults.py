"""ClickHouse killed, frozen and cut off while events come in: they are all there afterwards, once each."""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import settings_for, sign_up_at
from tests.contracts.shared import Reported
from tests.servers.clickhouse_server import asked
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.servers.process import HOST
from tests.servers.proxy import proxied
from tests.waiting import until, wait_until

from netra.adapters.clickhouse.call_archive import ClickHouseEventArchive
from netra.adapters.clickhouse.connection import open_clickhouse
from netra.adapters.local.clock import SystemClock
from netra.adapters.sql.stores import SqlStores, open_sqlite
from netra.domain.errors import Unavailable
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.delivery import ArchivedEventLog, EventCourier
from netra.domain.workloads.model import Event, Workload
from netra.settings import Secret

pytestmark = pytest.mark.system

AT = datetime(2024, 3, 1, tzinfo=UTC)
NDJSON = {"Content-Type": "application/x-ndjson"}
BATCH, BATCHES = 10_000, 10
DELIVERED_S = 240.0  # upper bound on handing on all events of an outage, on a loaded machine
OUTAGE_S = float(
    os.environ.get("NETRA_TEST_OUTAGE_S", "0")
)  # how long ClickHouse stays away: 60 in `tox -e faults`


def lines(first: int, count: int) -> bytes:
    return b"".join(
        b'{"id":"id-%d","timestamp":"2024-03-01T00:00:%02d.%03dZ","model":"m","input_tokens":5,"output_tokens":1}\n'
        % (n, n // 1_000 % 60, n % 1_000)
        for n in range(first, first + count)
    )


def batch(count: int, *, first: int = 0, tokens: int = 1, name: str = "id-"):
    return columns_of(
        [
            Event(
                timestamp=AT + timedelta(seconds=n),
                model="m",
                input_tokens=tokens,
                output_tokens=1,
                id=f"{name}{n}",
            )
            for n in range(first, first + count)
        ]
    )


@pytest.fixture
def service(tmp_path: Path, own_clickhouse: Any) -> Generator[NetraServer]:
    """Return the service over its own SQLite file, with a ClickHouse that may be killed."""
    settings = settings_for(tmp_path, clickhouse_url=Secret(own_clickhouse.url))
    server = NetraServer(tmp_path, settings=settings)
    with running(server):
        yield server


@pytest.fixture
def client(service: NetraServer) -> Generator[httpx.Client]:
    with sign_up_at(service.url, "ada@example.com") as signed_in:
        yield signed_in


def workload(client: httpx.Client) -> str:
    return str(client.post("/api/workloads", json={"name": "w"}).raise_for_status().json()["id"])


def sent(client: httpx.Client, path: str, body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, content=body, headers=NDJSON).raise_for_status().json()
    return answer


def until_delivered(client: httpx.Client, workload_id: str) -> dict[str, Any]:

    def delivered() -> dict[str, Any] | None:
        card: dict[str, Any] = client.get(f"/api/workloads/{workload_id}").raise_for_status().json()
        return None if card["waiting_events"] else card

    card = wait_until(delivered, "the delivery of all events", most_s=DELIVERED_S)
    assert card is not None
    return card


def in_clickhouse(url: str) -> tuple[int, int]:
    """Return how many events there are, and how many ids."""
    statement = f"SELECT count(), uniqExact(id) FROM {table_of(url)}"  # noqa: S608 (a test's own database)
    count, ids = asked(url, statement).split()
    return int(count), int(ids)


@pytest.mark.long(50)
def test_events_of_an_outage_are_all_there_afterwards_once_each_though_the_service_is_killed_too(
    service, client, own_clickhouse
):
    found = workload(client)
    path = f"/api/workloads/{found}/events"
    assert sent(client, path, lines(0, 10))["accepted"] == 10  # some are in ClickHouse before
    until_delivered(client, found)
    own_clickhouse.kill()
    for number in range(BATCHES // 2):
        time.sleep(OUTAGE_S / BATCHES)  # the fault itself lasts this long
        assert sent(client, path, lines(number * BATCH, BATCH))["rejected"] == 0
    service.kill()
    service.start()
    for number in range(BATCHES // 2 - 1, BATCHES):  # the last answer may have been lost, so once more
        time.sleep(OUTAGE_S / BATCHES)
        sent(client, path, lines(number * BATCH, BATCH))
    card = client.get(f"/api/workloads/{found}").json()
    assert card["event_count"] == BATCH * BATCHES
    assert card["waiting_events"] == BATCH * BATCHES - 10
    own_clickhouse.start()
    service.kill()  # perhaps in the middle of handing on
    service.start()
    card = until_delivered(client, found)
    assert (card["event_count"], card["dead_events"]) == (BATCH * BATCHES, 0)
    assert in_clickhouse(own_clickhouse.url) == (BATCH * BATCHES, BATCH * BATCHES)
    again = sent(client, path, lines(0, BATCH))
    assert (again["accepted"], again["duplicates"]) == (0, BATCH)


@pytest.mark.long(10)
def test_a_frozen_clickhouse_holds_nobody_up_and_health_says_so(service, client, own_clickhouse):
    found = workload(client)
    path = f"/api/workloads/{found}/events"
    sent(client, path, lines(0, 10))
    until_delivered(client, found)
    own_clickhouse.pause()
    assert sent(client, path, lines(10, 10))["accepted"] == 10
    report = client.get("/health/dependencies").json()
    assert report["dependencies"]["clickhouse"]["status"] == "unhealthy"
    assert report["overall_status"] == "degraded"
    asked_for = client.post(f"/api/workloads/{found}/simulate", json={"model": "gpt-4o"})
    assert asked_for.status_code == 503
    assert int(asked_for.headers["Retry-After"]) >= 1
    assert client.get(f"/api/workloads/{found}").json()["waiting_events"] == 10
    own_clickhouse.resume()
    assert until_delivered(client, found)["event_count"] == 20
    assert in_clickhouse(own_clickhouse.url) == (20, 20)


@pytest.mark.long(10)
def test_a_run_that_needs_clickhouse_while_it_is_away_is_put_off_until_it_is_back(
    service, client, own_clickhouse, tmp_path
):
    found = workload(client)
    sent(client, f"/api/workloads/{found}/events", lines(0, 10))
    until_delivered(client, found)
    own_clickhouse.kill()
    asked_for = client.post("/api/agent/execute", json={"message": "Cheaper?", "workload_id": found})
    run_id = asked_for.raise_for_status().json()["run_id"]
    wait_until(lambda: "working on a run" in (tmp_path / "log").read_text(), "an incident of the run")
    assert client.get(f"/api/agent/status/{run_id}").json()["phase"] != "failed"
    own_clickhouse.start()

    def ended() -> str | None:
        phase = str(client.get(f"/api/agent/status/{run_id}").raise_for_status().json()["phase"])
        return phase if phase in {"completed", "failed", "cancelled"} else None

    assert wait_until(ended, "the end of the run") == "completed"


def test_an_event_that_clickhouse_refuses_is_shown_with_its_reason_and_costs_nothing_but_itself(
    service, client, own_clickhouse
):
    found = workload(client)
    path = f"/api/workloads/{found}/events"
    sent(client, path, lines(0, 10))
    until_delivered(client, found)
    asked(own_clickhouse.url, "ALTER TABLE workload_events ADD CONSTRAINT c CHECK input_tokens != 666")
    bad = json.loads(lines(500, 1)) | {"id": "bad", "input_tokens": 666}
    sent(client, path, lines(10, 500) + json.dumps(bad).encode() + b"\n" + lines(510, 500))
    card = until_delivered(client, found)
    assert (card["event_count"], card["dead_events"]) == (1_010, 1)
    (letter,) = card["dead_letters"]
    assert letter["id"] == "bad"
    assert "VIOLATED_CONSTRAINT" in letter["reason"]
    assert in_clickhouse(own_clickhouse.url) == (1_010, 1_010)


@dataclass
class Deployment:
    """One process's ways: its store, its archive, and what moves events between them."""

    stores: SqlStores
    archive: ClickHouseEventArchive
    log: ArchivedEventLog
    courier: EventCourier

    async def delivered(self) -> None:
        """Hand everything on, and delete what is to go, however often that has to be tried."""

        async def is_done() -> bool:
            return not (await self.tried() or (await self.stores.event_outbox.backlog()).events)

        await until(is_done, "the delivery of all events", pause_s=0)

    async def tried(self) -> bool:
        """Return whether there is or was anything to do."""
        try:
            return await self.courier.deliver()
        except Unavailable:
            await asyncio.sleep(0.1)
            return True


async def make(stores: SqlStores, workload: str, *, owner: int) -> None:
    made = Workload(id=workload, owner_id=owner, name="w", created_at=AT, updated_at=AT)
    await stores.workloads.add(made, max_per_user=2)


@asynccontextmanager
async def deployment(path: Path, url: str) -> AsyncGenerator[Deployment]:
    clock = SystemClock()
    async with open_sqlite(path, clock=clock) as stores, open_clickhouse(url, clock=clock) as opened:
        halves: Any = {"outbox": stores.event_outbox, "archive": opened.archive, "wake_up": asyncio.Event()}
        log = ArchivedEventLog(log=stores.event_log, **halves, quotas=Quotas())
        courier = EventCourier(**halves, clock=clock, incidents=Reported())
        await make(stores, "wl", owner=1)
        yield Deployment(stores=stores, archive=opened.archive, log=log, courier=courier)


@pytest.mark.parametrize("cut_after", [0, 5, 60])
async def test_a_shipment_whose_answer_was_lost_is_stored_once(tmp_path, own_clickhouse, cut_after):
    async with proxied(own_clickhouse.port) as proxy:
        url = own_clickhouse.url.replace(f"{HOST}:{own_clickhouse.port}", f"{HOST}:{proxy.port}")
        async with deployment(tmp_path / "a.sqlite3", url) as netra:
            await netra.log.append("wl", batch(1), owner_id=1)
            await netra.delivered()
            await netra.log.append("wl", batch(500), owner_id=1)
            await netra.log.append("wl", batch(100, first=500), owner_id=1)
            proxy.cut_after = cut_after
            await netra.delivered()
            assert in_clickhouse(own_clickhouse.url) == (600, 600)
            found = await netra.log.read("wl", owner_id=1)
            assert found.id.tolist() == [f"id-{n}" for n in range(600)]


async def test_events_sent_to_two_processes_and_handed_on_by_both_are_there_once(tmp_path, clickhouse_url):
    path = tmp_path / "a.sqlite3"
    async with deployment(path, clickhouse_url) as one, deployment(path, clickhouse_url) as other:
        both = (one, other)
        couriers = [asyncio.create_task(netra.courier.serve()) for netra in both]
        for first in range(0, 1_000, 50):
            events = batch(100, first=first)
            said = await asyncio.gather(*(netra.log.append("wl", events, owner_id=1) for netra in both))
            assert sum(int(appended.is_new.sum()) for appended in said) == (100 if first == 0 else 50)

        async def is_delivered() -> bool:
            backlog = await one.stores.event_outbox.backlog()
            assert len(await other.log.read("wl", owner_id=1)) == 1_050  # also under way
            return not backlog.events

        await until(is_delivered, "the delivery by two couriers", pause_s=0)
        for courier in couriers:
            courier.cancel()
        await asyncio.wait(couriers)
        assert in_clickhouse(clickhouse_url) == (1_050, 1_050)
        assert len(await one.log.read("wl", owner_id=1)) == 1_050


async def test_a_process_that_wakes_after_its_lease_adds_nothing(tmp_path, clickhouse_url):
    async with deployment(tmp_path / "a.sqlite3", clickhouse_url) as netra:
        await netra.log.append("wl", batch(100), owner_id=1)
        late = await netra.stores.event_outbox.lease(lease_s=0, most_events=1_000)
        await netra.delivered()
        await netra.archive.put(late)
        assert in_clickhouse(clickhouse_url) == (100, 100)


async def test_events_are_there_once_though_another_deletes_what_went_with_them(tmp_path, clickhouse_url):
    async with deployment(tmp_path / "a.sqlite3", clickhouse_url) as netra:
        for owner, workload in ((1, "wl-1"), (2, "wl-2")):
            await make(netra.stores, workload, owner=owner)
        await netra.log.append("wl-1", batch(1), owner_id=1)
        await netra.log.append("wl-2", batch(1), owner_id=2)
        lost = await netra.stores.event_outbox.lease(lease_s=0, most_events=1_000)
        await netra.archive.put(lost)  # and the process dies
        await netra.log.delete("wl-1", owner_id=1)
        await netra.delivered()
        assert in_clickhouse(clickhouse_url) == (1, 1)
        assert len(await netra.log.read("wl-2", owner_id=2)) == 1


@pytest.mark.parametrize("before", ["refused", "stored"])
async def test_events_are_there_once_though_what_clickhouse_refuses_changes_meanwhile(
    tmp_path, clickhouse_url, before
):
    table = table_of(clickhouse_url)
    path = tmp_path / "a.sqlite3"
    async with deployment(path, clickhouse_url) as netra:
        await netra.log.append("wl", batch(1, first=100), owner_id=1)
        await netra.delivered()
        events = batch(64)
        events.input_tokens[::8] = 9
        await netra.log.append("wl", events, owner_id=1)
        changes = [f"ALTER TABLE {table} ADD CONSTRAINT c CHECK input_tokens < 9"]
        if before == "refused":
            asked(clickhouse_url, changes.pop())
            changes.append(f"ALTER TABLE {table} DROP CONSTRAINT c")
        lost = await netra.stores.event_outbox.lease(lease_s=0, most_events=1_000)
        await netra.archive.put(lost)  # and the process dies
    asked(clickhouse_url, changes.pop())
    async with deployment(path, clickhouse_url) as netra:
        await netra.delivered()
        told = await netra.stores.event_outbox.delivery("wl", owner_id=1, most=100)
        assert (told.workload.event_count, told.dead_events) == (65, 0)
        assert in_clickhouse(clickhouse_url) == (65, 65)


async def test_clickhouse_lost_in_the_middle_of_an_answer_is_an_outage(tmp_path, own_clickhouse):
    async with proxied(own_clickhouse.port) as proxy:
        url = own_clickhouse.url.replace(f"{HOST}:{own_clickhouse.port}", f"{HOST}:{proxy.port}")
        async with deployment(tmp_path / "a.sqlite3", url) as netra:
            await netra.log.append("wl", batch(20_000, name="a-name-that-does-not-get-small-"), owner_id=1)
            await netra.delivered()
            proxy.cut_after = 100_000
            with pytest.raises(Unavailable):
                await netra.log.read("wl", owner_id=1)
            await until(lambda: answers(netra.log), "a log that can be read again")


async def answers(log: ArchivedEventLog) -> bool:
    """Return whether all events can be read again."""
    try:
        return len(await log.read("wl", owner_id=1)) == 20_000
    except Unavailable:
        return False


async def test_a_clickhouse_that_comes_back_without_its_table_gets_a_new_one(tmp_path, clickhouse_url):
    async with deployment(tmp_path / "a.sqlite3", clickhouse_url) as netra:
        await netra.log.append("wl", batch(1), owner_id=1)
        await netra.delivered()
        asked(clickhouse_url, f"DROP TABLE {table_of(clickhouse_url)} SYNC")
        await netra.log.append("wl", batch(10, first=1), owner_id=1)
        with pytest.raises(Unavailable, match="table"):
            await netra.courier.deliver()
        await netra.delivered()
        assert in_clickhouse(clickhouse_url) == (10, 10)


async def test_of_many_events_the_bad_ones_are_found_and_the_others_stored(tmp_path, clickhouse_url):
    async with deployment(tmp_path / "a.sqlite3", clickhouse_url) as netra:
        await netra.log.append("wl", batch(1), owner_id=1)
        await netra.delivered()
        asked(
            clickhouse_url, f"ALTER TABLE {table_of(clickhouse_url)} ADD CONSTRAINT c CHECK input_tokens < 9"
        )
        events = batch(64, first=1)
        events.input_tokens[::8] = 9
        await netra.log.append("wl", events, owner_id=1)
        await netra.delivered()
        told = await netra.stores.event_outbox.delivery("wl", owner_id=1, most=100)
        assert told.dead_events == len(told.dead_letters) == 8
        assert in_clickhouse(clickhouse_url) == (57, 57)


def table_of(url: str) -> str:
    return f"{url.rpartition('/')[2]}.workload_events"
