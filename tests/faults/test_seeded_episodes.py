"""Thousands of seeded histories of workers, reapers and cancellers keep every promise about runs.

`NETRA_TEST_SEEDS=FIRST:COUNT` chooses the seeds; a failure prints the one that finds it again.
"""

import os
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from tests.faults.episode import Episode
from tests.faults.history import History, broken_promises, told
from tests.faults.virtual import run_virtually

from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.state import RunEntry
from netra.domain.errors import LeaseLost
from netra.domain.runs.events import NewEvent, RunEvent
from netra.domain.runs.model import Claim, RunState

USUAL = f"1:{min(60, 2 * settings().max_examples)}"  # 20 in the fast set
FIRST, COUNT = (int(word) for word in os.environ.get("NETRA_TEST_SEEDS", USUAL).split(":"))
BATCHES = 4  # of seeds, so that two test processes share the work


def history_of(seed: int, store: type[MemoryRunStore]) -> History:
    episode = Episode(seed, store=lambda state, clock: store(state, clock=clock))
    history: History = run_virtually(episode.play())
    return history


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_promise_is_kept_whatever_dies_or_freezes(batch: int, capsys: Any) -> None:
    seeds = range(FIRST + batch, FIRST + COUNT, BATCHES)
    claims = ends = 0
    for seed in seeds:
        history = history_of(seed, MemoryRunStore)
        broken = broken_promises(history)
        assert not broken, told(broken, seed=seed)
        claims += sum(write.kind == "claim" for write in history.written)
        ends += len(history.final)
    with capsys.disabled():
        print(f"\nseeds {seeds[0]} to {seeds[-1]} by {BATCHES}: {ends} runs ended, {claims} claims")
    assert claims > ends, "no run was ever tried twice: the episodes are too kind"


def test_a_seed_tells_the_same_history_every_time() -> None:
    assert history_of(7, MemoryRunStore) == history_of(7, MemoryRunStore)


class Unfenced(MemoryRunStore):
    """Takes writes of any claim while the run is at work: the fence is out."""

    def _held(self, claim: Claim) -> RunEntry:
        entry = self._state.runs[claim.run.id]
        if entry.run.state is not RunState.RUNNING:
            raise LeaseLost("It is not at work.")
        return entry


class Endless(MemoryRunStore):
    """Never looks for leases that ran out."""

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        return ()


class Forgetful(MemoryRunStore):
    """Loses an event now and then."""

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        told = await super().record(claim, events, progress=progress)
        entry = self._state.runs[claim.run.id]
        if progress >= 60:
            entry.events = [event for event in entry.events if event not in told]
        return told


class Wavering(MemoryRunStore):
    """Lets a run that has ended be claimed again."""

    async def claim(self, *, lease_s: float) -> Claim | None:
        for entry in self._state.runs.values():
            if entry.run.state is RunState.FAILED:
                entry.run = msgspec.structs.replace(entry.run, state=RunState.QUEUED)
                self._state.queue[entry.run.id] = entry
        return await super().claim(lease_s=lease_s)


@pytest.mark.parametrize(
    ("store", "word"),
    [
        (Unfenced, "by claim"),
        (Endless, "somebody still waits"),
        (Forgetful, "has a hole"),
        (Wavering, "was failed and is"),
    ],
    ids=["without the fence", "without the reaper", "with lost events", "with ends that are taken back"],
)
def test_the_judge_finds_what_a_broken_store_does(store: type[MemoryRunStore], word: str) -> None:
    found: list[str] = []
    for seed in range(1, 41):
        found += broken_promises(history_of(seed, store))
        if any(word in sentence for sentence in found):
            return
    pytest.fail(f"forty seeds found only {found}")
