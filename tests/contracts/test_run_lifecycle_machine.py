"""Any order of accepts, claims, writes, stops, lapses and deletions: every adapter answers alike.

Each step is done to all adapters; their answers must be equal, errors included, and what they hold
afterwards must keep the promises that a model of few words knows: numbers without holes, one end a
run and nothing after it, terminal for ever, one running run a thread, and no write by a claim that
another claim, an ending or a deletion has overtaken. Nor does a run whose cancel was asked for wait for
another worker. A claim takes the oldest run of the owner with the fewest running runs, and a clock that is
set back holds up nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from netra.domain.errors import LeaseLost, NetraError, Unavailable
from netra.domain.quotas import Quotas
from netra.domain.runs.events import completed, updated
from netra.domain.runs.lifecycle import RETRY_DELAY_S, Ending, RunMove
from netra.domain.runs.model import Claim, RunState

HERE = ("memory", "sqlite")
EVERYWHERE = (*HERE, "postgresql")
QUOTAS = Quotas(max_waiting_runs_per_thread=3, max_live_runs_per_user=5, max_thread_messages=9)
OWNERS = (1, 2)
THREADS = ("thread-a", "thread-b")
LEASE_S = 10


def written(answer: Any) -> str:
    """Return an answer as text that is equal when all in it is."""
    return repr(answer) if isinstance(answer, Exception) else msgspec.json.encode(answer).decode()


class Lifecycle(RuleBasedStateMachine):
    """Drives every adapter through the same history."""

    open_stores: Any = None
    adapters: tuple[str, ...] = HERE
    new_run: Any = None
    clock: Any = None

    runs = Bundle("runs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        self.stores = [self.run(self.enter(adapter)) for adapter in self.adapters]
        self.count = 0
        self.owner_of: dict[str, int] = {}
        self.thread_of: dict[str, str] = {}
        self.holder: dict[str, int] = {}  # the fence that may write, while one may
        self.ended: dict[str, RunState] = {}

    def run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    async def enter(self, adapter: str) -> Any:
        return await self.exits.enter_async_context(self.open_stores(adapter))

    def both(self, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        """Return the one answer of all adapters; a refusal is returned too."""
        answers = [self.run(self.answer(ask, stores)) for stores in self.stores]
        words = [written(answer) for answer in answers]
        assert len(set(words)) == 1, words
        return answers[0]

    async def answer(self, ask: Callable[[Any], Awaitable[Any]], stores: Any) -> Any:
        try:
            return await ask(stores)
        except NetraError as error:
            return error

    @rule(
        target=runs,
        owner=st.sampled_from(OWNERS),
        thread=st.sampled_from(THREADS),
        key=st.sampled_from([None, None, "k"]),
    )
    def accept(self, owner: int, thread: str, key: str | None) -> Any:
        self.count += 1
        new = self.new_run(f"{self.count:03}", owner=owner, thread=thread, key=key, fingerprint="f")
        accepted = self.both(lambda stores: stores.runs.accept(new, quotas=QUOTAS))
        if isinstance(accepted, NetraError):
            return multiple()
        self.owner_of[accepted.run.id] = owner
        self.thread_of[accepted.run.id] = accepted.run.thread_id
        return accepted.run.id

    @rule(target=claims)
    def claim(self) -> Any:
        ready, running = self.surely_ready(), self.running()
        claim = self.both(lambda stores: stores.runs.claim(lease_s=LEASE_S))
        if claim is None:
            assert not ready
            return multiple()
        taken = running[claim.run.owner_id], claim.run.id
        assert all(taken <= (running[self.owner_of[run_id]], run_id) for run_id in ready)
        assert claim.run.id not in self.holder
        self.holder[claim.run.id] = claim.fence
        return claim

    def surely_ready(self) -> list[str]:
        """Return the runs that nothing keeps from being claimed; one that was tried before may rest."""
        live: dict[tuple[int, str], str] = {}
        for run_id, thread in sorted(self.thread_of.items()):
            if run_id not in self.ended:
                live.setdefault((self.owner_of[run_id], thread), run_id)
        runs = [self.seen(run_id) for run_id in live.values()]
        return [run.id for run in runs if run.state is RunState.QUEUED and not run.attempts]

    def running(self) -> Counter[int]:
        """Return how many runs of each owner are running."""
        return Counter(self.owner_of[run_id] for run_id in self.holder)

    def write(self, claim: Claim, ask: Callable[[Any], Awaitable[Any]]) -> bool:
        """Return whether the claim could write; the model says whether it had to."""
        answer = self.both(ask)
        is_holder = self.holder.get(claim.run.id) == claim.fence
        assert isinstance(answer, LeaseLost) is not is_holder
        return is_holder

    @rule(claim=claims)
    def extend(self, claim: Claim) -> None:
        self.write(claim, lambda stores: stores.runs.extend(claim, lease_s=LEASE_S))

    @rule(claim=claims, count=st.integers(0, 3), progress=st.integers(0, 99))
    def record(self, claim: Claim, count: int, progress: int) -> None:
        words = [updated(claim.run, agent="a", message="m", progress=progress)] * count
        self.write(claim, lambda stores: stores.runs.record(claim, words, progress=progress))

    @rule(claim=claims)
    def complete(self, claim: Claim) -> None:
        ending = Ending(move=RunMove.COMPLETE, result=msgspec.Raw(b"{}"))
        events = [completed(claim.run, ending.result)]
        if self.write(claim, lambda stores: stores.runs.finish(claim, ending, events, answer=None)):
            del self.holder[claim.run.id]
            self.ended[claim.run.id] = RunState.COMPLETED

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        if self.write(claim, lambda stores: stores.runs.release(claim)):
            self.let_go(claim.run.id)

    @rule(claim=claims, max_attempts=st.integers(1, 3))
    def postpone(self, claim: Claim, max_attempts: int) -> None:
        why = Unavailable("It is away.")
        if self.write(claim, lambda stores: stores.runs.postpone(claim, why, max_attempts=max_attempts)):
            self.let_go(claim.run.id)

    @rule(claim=claims)
    def release_what_was_told_to_stop(self, claim: Claim) -> None:
        self.stop(claim.run.id)
        self.release(claim)

    def let_go(self, run_id: str) -> None:
        """Learn what became of a run that nobody works on any more."""
        del self.holder[run_id]
        state = self.seen(run_id).state
        if state.is_terminal:
            self.ended[run_id] = state

    @rule(target=claims, seconds=st.sampled_from([LEASE_S, LEASE_S + 1]))
    def overtake(self, seconds: int) -> Any:
        """Let every lease run out and claim what that frees: older claims must be worthless now."""
        self.wait(seconds)
        self.reap(3)
        self.wait(RETRY_DELAY_S)
        return self.claim()

    @rule(run_id=runs)
    def stop(self, run_id: str) -> None:
        owner = self.owner_of[run_id]
        answer = self.both(lambda stores: stores.runs.stop(run_id, owner_id=owner))
        if isinstance(answer, tuple) and answer[0].state is RunState.CANCELLED:
            self.ended.setdefault(run_id, RunState.CANCELLED)
            self.holder.pop(run_id, None)

    @rule(seconds=st.sampled_from([1, 5, 11]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @rule(seconds=st.sampled_from([1, 3_600]))
    def set_back(self, seconds: float) -> None:
        self.clock.turn(-seconds)

    @rule(max_attempts=st.integers(1, 3))
    def reap(self, max_attempts: int) -> None:
        self.both(lambda stores: stores.runs.reap(max_attempts=max_attempts))
        for run_id in list(self.holder):
            if self.seen(run_id).state is not RunState.RUNNING:
                self.let_go(run_id)

    @rule(owner=st.sampled_from(OWNERS), thread=st.sampled_from(THREADS))
    def delete_thread(self, owner: int, thread: str) -> None:
        answer = self.both(lambda stores: stores.threads.delete(thread, owner_id=owner))
        if isinstance(answer, NetraError):
            return
        for run_id, name in list(self.thread_of.items()):
            if (self.owner_of[run_id], name) == (owner, thread):
                for facts in (self.thread_of, self.holder, self.ended):
                    facts.pop(run_id, None)

    def seen(self, run_id: str) -> Any:
        return self.both(lambda stores: stores.runs.get(run_id, owner_id=self.owner_of[run_id]))

    @invariant()
    def every_promise_holds(self) -> None:
        running: list[tuple[int, str]] = []
        for run_id, thread in self.thread_of.items():
            run, owner = self.seen(run_id), self.owner_of[run_id]
            events = self.both(lambda stores, i=run_id, o=owner: stores.runs.events(i, owner_id=o, after=0))
            assert [event.seq for event in events] == list(range(1, run.last_seq + 1))
            assert [event.is_last for event in events].count(True) == int(run.state.is_terminal)
            assert not run.state.is_terminal or events[-1].is_last
            assert (run.state is RunState.RUNNING) is (run_id in self.holder)
            assert self.ended.get(run_id, run.state) is run.state
            assert not (run.state is RunState.QUEUED and run.is_cancel_requested)
            if run.state is RunState.RUNNING:
                running.append((owner, thread))
        assert len(running) == len(set(running))
        self.both(lambda stores: stores.runs.waiting())

    def teardown(self) -> None:
        self.run(self.exits.aclose())
        self.runner.close()


@pytest.mark.parametrize(
    ("adapters", "examples"),
    [(HERE, 8), pytest.param(EVERYWHERE, 3, marks=pytest.mark.system)],
    ids=["here", "everywhere"],
)
def test_all_adapters_live_through_the_same_histories(open_stores, new_run, clock, adapters, examples):
    machine = type("Machine", (Lifecycle,), {"open_stores": staticmethod(open_stores)})
    machine.adapters, machine.new_run, machine.clock = adapters, staticmethod(new_run), clock
    chosen = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
