"""A worker frozen beyond its lease can write nothing when it thaws; without the fence it is seen to write."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest
from tests.faults import witness
from tests.faults.fleet import OWNERS, Client, Fleet
from tests.faults.history import TERMINAL, History, broken_promises
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.long(38)]

TRIES = 10  # of what a loaded machine may spoil: a worker that gives up, or is too slow for the lease
EVENTS = 150_000  # enough that an analysis takes seconds
UNFENCED = (str(Path(__file__).with_name("unfenced_worker.py")), "worker")
FENCED = ("-m", "netra", "worker")


class Case:
    """One run, and two workers that hold it one after the other."""

    def __init__(self, fleet: Fleet, run_id: str) -> None:
        self.fleet = fleet
        self.run_id = run_id
        self.told = 0

    def fact(self, column: str) -> object:
        """Return what the run's row says."""
        statement = f"SELECT {column} FROM runs WHERE id = %s"  # noqa: S608  # a column that this file names
        with psycopg.connect(self.fleet.postgres.url) as connection:
            row = connection.execute(statement.encode(), [self.run_id]).fetchone()
        assert row is not None
        return row[0]

    def waits(self, fence: int) -> None:
        """Return when the run is claimed and its log is read: no transaction is under way for a while."""
        held = f"state = 'running' AND fence = {fence} AND last_seq > {2 + self.told}"
        wait_until(lambda: self.fact(held) is True, f"claim {fence}")
        self.told = int(str(self.fact("last_seq")))

    def thaw_the_first_while_the_second_holds(self) -> None:
        first, second = self.fleet.workers
        first.start()
        self.waits(1)
        first.pause()
        second.start()
        self.waits(2)
        second.pause()
        first.resume()
        # It has the whole of the second's lease to do harm; a fenced one finds out at its next write.
        before = self.fact("last_seq")
        by_s = time.monotonic() + 7.0
        while time.monotonic() < by_s and (self.fact("last_seq"), self.fact("state")) == (before, "running"):
            time.sleep(0.05)
        second.resume()


def log_of(folder: Path) -> Path:
    """Return a request log that takes a while to analyse."""
    path = folder / "traffic.csv"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = (f"{start + timedelta(seconds=i):%FT%TZ},gpt-4o,{900 + i % 777},200" for i in range(EVENTS))
    path.write_text("timestamp,model,input_tokens,output_tokens\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a fleet without workers, and an owner with one workload."""
    folder = tmp_path_factory.mktemp("fleet")
    built = Fleet(folder)
    with built.running(workers=False):
        built.netra("workloads", "import", str(log_of(folder)), "--name", "big", "--email", OWNERS[0])
        yield built


async def asked(fleet: Fleet, history: History, *, key: str) -> str:
    """Have one run accepted about the owner's only workload."""
    async with httpx.AsyncClient(timeout=15) as http:
        client = Client(OWNERS[0], fleet=fleet, history=history, rng=Random(1), http=http)  # noqa: S311
        await client.sign_in()
        return await client.execute(key)


@pytest.mark.parametrize("worker", [FENCED, UNFENCED], ids=["fenced", "unfenced"])
def test_a_worker_that_thaws_writes_nothing_unless_the_fence_is_out(
    worker: tuple[str, ...], fleet: Fleet
) -> None:
    # Frozen amid a statement, whose time is up when it thaws, a worker may give up, fence or not: then again.
    for number in range(1 if worker == FENCED else TRIES):
        history = History()
        with fleet.hired(*worker):
            case = Case(fleet, asyncio.run(asked(fleet, history, key=f"{worker[0]} {number}")))
            case.thaw_the_first_while_the_second_holds()
            wait_until(lambda: case.fact("state") in TERMINAL, "the end", most_s=240)  # noqa: B023  # called within the turn
        witness.testify(fleet.postgres.url, history)
        broken = [sentence for sentence in broken_promises(history) if case.run_id in sentence]
        has_zombie = any("by claim 1 after claim 2" in sentence for sentence in broken)
        if has_zombie:
            break
    assert has_zombie == (worker == UNFENCED), (broken, [(one.kind, one.fence) for one in history.written])
    assert worker == UNFENCED or not broken
