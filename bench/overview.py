"""The console's overview of a large workload: cold from the embedded store, and warm from memory.

    python bench/overview.py [--events 1000000]

The log is that of `analysis.py`, without prefix hashes, kept in SQLite in parts as it would be sent. Cold is
a new service that reads, prices and sums the log; another query sums the priced log that is kept; warm is the
same query again; unchanged is what a client with the entity tag waits for. Beside the wall's time stands the
process's own, which a busy machine blurs less.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from analysis import made_log
from machine import load_line

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.bootstrap import open_ports
from netra.domain.ids import UserId, WorkloadId
from netra.domain.overview.model import OverviewQuery
from netra.domain.overview.service import OverviewService
from netra.domain.users.model import AddUser
from netra.domain.workloads.columns import Events
from netra.plugboard import Container, Ports, contained
from netra.settings import Secret, Settings

QUERY = OverviewQuery(zone=ZoneInfo("Europe/Berlin"))
OTHER = OverviewQuery(zone=ZoneInfo("Europe/Berlin"), by="feature", filters={"model": ("gpt-4o",)})


def log_of(count: int) -> Events:
    """Return the log, each call with an id."""
    ids = np.array([f"call-{number:08d}" for number in range(count)], np.object_)
    return msgspec.structs.replace(made_log(count), prefixes=None, id=ids)


async def timed(name: str, goal_s: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do the work once and print what it took."""
    wall, own = time.perf_counter(), time.process_time()
    await work()
    took, spent = time.perf_counter() - wall, time.process_time() - own
    print(f"{name:<28}{took:9.3f} s   at work {spent:7.3f} s   goal {goal_s:g} s", flush=True)


async def measured(ports: Ports, container: Container, workload_id: WorkloadId, owner_id: UserId) -> None:
    """Print every row."""
    settings = container.settings()

    def new_service() -> OverviewService:
        return OverviewService(
            log=ports.event_log,
            prices=ports.prices,
            edition=ports.price_catalogue.edition,
            default_model=settings.default_model,
            quotas=settings.quotas,
        )

    async def shown(service: OverviewService, query: OverviewQuery) -> object:
        delivery = await container.workload_service().delivery(workload_id, owner_id=owner_id)
        return await service.overview(delivery, query, tz="Europe/Berlin")

    async def unchanged() -> object:
        delivery = await container.workload_service().delivery(workload_id, owner_id=owner_id)
        return service.tag(delivery, QUERY, tz="Europe/Berlin")

    await timed("reading alone", 1.5, lambda: ports.event_log.read(workload_id, owner_id=owner_id))
    service = new_service()
    await timed("cold, prices not loaded", 2.5, lambda: shown(service, QUERY))
    service = new_service()
    await timed("cold", 1.5, lambda: shown(service, QUERY))
    await timed("another query", 0.5, lambda: shown(service, OTHER))
    await timed("warm", 0.03, lambda: shown(service, QUERY))
    await timed("unchanged (304)", 0.005, unchanged)


async def main() -> None:
    """Fill a store and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    print(load_line())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "store", secret=Secret("a key of the bench, of enough bytes"))
        async with open_ports(settings) as ports:
            container = contained(ports, settings)
            new = AddUser(email="bench@example.com", name="Bench", password="secure_password")
            owner_id = (await container.user_service().add(new)).id
            workload = await container.workload_service().create(owner_id=owner_id, name="bench")
            await container.workload_service().append(workload.id, log_of(events), owner_id=owner_id)
            print(f"{events:,} events")
            await measured(ports, container, workload.id, owner_id)


asyncio.run(main())
