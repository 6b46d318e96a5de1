"""Two services and two workers under load, while every process and every engine is killed and frozen in turn.

`NETRA_TEST_RUNS` runs are accepted (10,000 in `tox -e faults`), `NETRA_TEST_SEED` repeats a schedule.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.faults import witness
from tests.faults.fleet import OWNERS, Client, Fleet, misfortunes
from tests.faults.history import TERMINAL, History, broken_promises, told

from netra.domain.runs.worker import DEFAULT_PACE

pytestmark = [pytest.mark.system, pytest.mark.long(45)]

RUNS = int(os.environ.get("NETRA_TEST_RUNS", "100"))
SEED = int(os.environ.get("NETRA_TEST_SEED", "1"))
FAULTS = int(os.environ.get("NETRA_TEST_FAULTS", "2"))
CLIENTS = 16
SETTLED_S = 120.0  # leases, looks of the reaper and back-offs of every attempt, on a loaded machine


class Load:
    """Clients that keep asking until enough was accepted and the faults are over."""

    def __init__(self, fleet: Fleet, history: History, http: httpx.AsyncClient, *, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311  # a seed is to be repeated, not to be unguessable
        self.history = history
        self.clients = [
            Client(owner, fleet=fleet, history=history, rng=self.rng, http=http) for owner in OWNERS
        ]
        self.number = 0
        self.is_over = False
        self.watching: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        for client in self.clients:
            await client.sign_in()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._ask_on(group))

    async def _ask_on(self, group: asyncio.TaskGroup) -> None:
        while self.number < RUNS or not self.is_over:
            self.number += 1
            key = f"key-{self.number}"
            client, stranger = self.rng.sample(self.clients, 2)
            thread = self.rng.choice([None, None, f"thread-{self.number % 7}"])
            # An unknown workload has an honest answer at once: what is tried here is the way there.
            run_id = await client.execute(key, thread_id=thread, workload_id="wl-unknown")
            if self.rng.random() < 0.1:
                group.create_task(client.read(run_id, reader=key))
                await stranger.pry(run_id)
            if self.rng.random() < 0.05:
                await client.cancel(run_id)
            if self.rng.random() < 0.2:
                await client.glance(run_id)
            if self.is_over or self.number > RUNS:
                await asyncio.sleep(0.05)  # enough was asked; go on gently until the last fault


async def endured(fleet: Fleet, *, seed: int, say: Any) -> History:
    """Return the history of a load under a schedule of faults."""
    history = History()
    rng = random.Random(seed)  # noqa: S311  # as above
    fates = misfortunes(fleet, lease_s=DEFAULT_PACE.lease_s)
    order = [name for _ in range(1 + FAULTS // len(fates)) for name in rng.sample(sorted(fates), len(fates))]
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        load = Load(fleet, history, http, seed=seed)
        asking = asyncio.create_task(load.run())
        for name in order[:FAULTS]:
            await asyncio.sleep(rng.uniform(0.2, 1.5))
            say(f"  {len(history.accepted):6} accepted: {name}")
            await asyncio.to_thread(fates[name])
        load.is_over = True
        await asyncio.wait_for(asking, SETTLED_S + RUNS / 20)
        await asyncio.wait_for(settled(history, load.clients), SETTLED_S + RUNS / 20)
    witness.testify(fleet.postgres.url, history)
    return history


async def settled(history: History, clients: list[Client]) -> None:
    """Return when every accepted run has ended, the last ones first seen."""
    by_owner = {client.owner: client for client in clients}
    for one in reversed(list(history.accepted)):
        while await by_owner[one.owner].glance(one.run_id) not in TERMINAL:
            await asyncio.sleep(0.2)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return a fleet that runs."""
    built = Fleet(tmp_path)
    with built.running():
        yield built


def test_nothing_is_lost_ended_twice_or_shown_to_strangers(fleet: Fleet, capsys: Any) -> None:
    def say(words: str) -> None:
        with capsys.disabled():
            print(words)

    say(f"\nseed {SEED}, {RUNS} runs, {FAULTS} faults")
    began_s = time.monotonic()
    history = asyncio.run(endured(fleet, seed=SEED, say=say))
    broken = broken_promises(history)
    states = Counter(history.final[run_id].status for run_id in {one.run_id for one in history.accepted})
    claims = sum(write.kind == "claim" for write in history.written)
    say(
        f"  {len(history.accepted)} accepted in {time.monotonic() - began_s:.0f} s: {dict(states)}, "
        f"{claims} claims, {len(history.heard)} events heard; broken promises: {len(broken)}"
    )
    assert not broken, told(broken[:20], seed=SEED)
    assert sum(states.values()) >= RUNS
