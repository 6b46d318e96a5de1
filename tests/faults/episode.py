"""One seeded episode: processes that die, freeze and lose calls, over one store, in virtual time.

The workers, the service, the feeds and the bells are the product's own; the store is the memory one,
which is atomic between awaits. What is made up is the line to it (slow, cut before or after the call)
and the lives of the processes.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from tests.faults.history import Acceptance, Heard, History, Sighting, Written
from tests.faults.virtual import VirtualClock

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.state import MemoryState
from netra.domain.agents.model import Question, Watch
from netra.domain.errors import NetraError, NotFound, Unavailable
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.optimization.metrics import NOTHING_MEASURED
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.quotas import Quotas
from netra.domain.runs.model import Claim, StartRun, StopRun
from netra.domain.runs.service import RunService
from netra.domain.runs.worker import Pace, RunWorker

PROCESSES: Final = 3
LANES: Final = 2
QUESTIONS: Final = 8
OWNERS: Final = (UserId(1), UserId(2))
THREADS: Final = ("thread-a", "thread-b")
FAULTS_S: Final = 60.0  # faults stop after this
QUOTAS: Final = Quotas(max_run_attempts=3, run_deadline_s=120)
PACE: Final = Pace()
# Everyone works again by then: a lease, a look of the reaper and the work itself, for each attempt of each
# run in the longest queue of one thread.
SETTLED_S: Final = 600.0

Store = Callable[[MemoryState, VirtualClock], MemoryRunStore]


class Counted:
    """`IdSource` whose ids a seed repeats."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._made = 0

    def new(self, prefix: str) -> str:
        """Return the next id."""
        self._made += 1
        return f"{prefix}-{self._name}-{self._made}"


class Unheard:
    """`Incidents` that nobody reads: outages are what an episode is made of."""

    def __init__(self) -> None:
        self.unforeseen: list[BaseException] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Keep what is no named refusal."""
        if not isinstance(error, NetraError):
            self.unforeseen.append(error)


class Workshop:
    """`Agents` whose work takes a while and now and then fails."""

    def __init__(self, rng: random.Random, clock: VirtualClock) -> None:
        self._rng = rng
        self._clock = clock

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Return advice that names its run and its asker."""
        for index, agent in enumerate(("TriageSubAgent", "DataSubAgent", "ReportingSubAgent")):
            progress = index * 30
            await watch.start_stage(agent=agent, message=agent, progress=progress, until=progress + 30)
            for done in range(self._rng.randrange(4)):
                watch.checkpoint(done / 4, "working")
                await self._clock.pause(self._rng.choice((0.0, 0.2, 3.0)))
        draw = self._rng.random()
        if draw < 0.1:
            raise NetraError("The work failed.")
        if draw < 0.25:
            raise Unavailable("The archive is away.")
        report = f"{question.run_id} of {question.owner_id}: {self._rng.random()}"
        return Advice(
            recommendations=(),
            metrics=NOTHING_MEASURED,
            actions=(),
            supply_config=NOTHING_TO_SUPPLY,
            report=report,
        )


@dataclass(kw_only=True)
class Fate:
    """What is to happen to one process; `None` times never come."""

    loss: float  # share of calls that are cut, half of them after they were done
    slow_s: Sequence[float]
    is_dead: bool = False
    thaw: asyncio.Event = field(default_factory=asyncio.Event)


class Line:
    """A process's way to the store: calls wait, are cut, and stop with the process."""

    def __init__(self, store: MemoryRunStore, *, fate: Fate, rng: random.Random, history: History) -> None:
        self._store = store
        self._fate = fate
        self._rng = rng
        self._history = history

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **named: Any) -> Any:
            await self._pass()
            answer = await getattr(self._store, name)(*arguments, **named)
            self._note(name, arguments, answer)
            await self._pass()
            return answer

        return call

    async def _pass(self) -> None:
        await asyncio.sleep(self._rng.choice(self._fate.slow_s))
        await self._fate.thaw.wait()
        if self._fate.is_dead:
            await asyncio.Event().wait()  # a killed process does nothing more, not even clean up
        if self._rng.random() < self._fate.loss / 2:
            raise Unavailable("The line was cut.")

    def _note(self, name: str, arguments: Sequence[Any], answer: Any) -> None:
        claim = answer if name == "claim" else arguments[0] if arguments else None
        if name in {"claim", "record", "finish", "release", "postpone"} and isinstance(claim, Claim):
            self._history.written.append(Written(run_id=claim.run.id, fence=claim.fence, kind=name))


class Process:
    """One API-and-worker process from its start to its end."""

    def __init__(self, name: str, *, store: MemoryRunStore, rng: random.Random, history: History) -> None:
        self.clock = VirtualClock()
        self.fate = Fate(loss=rng.choice((0.0, 0.02, 0.1)), slow_s=rng.choice(((0.0,), (0.0, 0.05, 0.3))))
        self.fate.thaw.set()
        line: Any = Line(store, fate=self.fate, rng=rng, history=history)
        feed, bell, ids = LocalRunFeed(), LocalRunBell(), Counted(name)
        self.incidents = Unheard()
        self.service = RunService(runs=line, feed=feed, bell=bell, clock=self.clock, ids=ids, quotas=QUOTAS)
        worker = RunWorker(
            runs=line,
            feed=feed,
            bell=bell,
            agents=Workshop(rng, self.clock),
            clock=self.clock,
            ids=ids,
            incidents=self.incidents,
            quotas=QUOTAS,
            concurrency=LANES,
            pace=PACE,
        )
        self.stopping = asyncio.Event()
        self.task = asyncio.create_task(worker.serve(self.stopping))


class Episode:
    """Everything of one seed."""

    def __init__(self, seed: int, *, store: Store) -> None:
        self.rng = random.Random(seed)  # noqa: S311  # a seed is to be repeated, not to be unguessable
        self.history = History()
        self.clock = VirtualClock()
        self.state = MemoryState()
        self.store = store(self.state, self.clock)
        self.processes: list[Process] = []
        self.started = 0
        self.retired: list[Process] = []

    async def play(self) -> History:
        """Return what happened."""
        for _ in range(PROCESSES):
            self.processes.append(self._process())
        clients = [self._client(number) for number in range(QUESTIONS)]
        try:
            async with asyncio.timeout(FAULTS_S + SETTLED_S):
                await asyncio.gather(self._misfortune(), *clients)
        except TimeoutError:
            self.history.other.append(f"{SETTLED_S:.0f} s after the last fault somebody still waits")
        await self._look_at_everything()
        await self._end()
        return self.history

    def _process(self) -> Process:
        self.started += 1
        return Process(f"p{self.started}", store=self.store, rng=self.rng, history=self.history)

    async def _misfortune(self) -> None:
        while self.clock.monotonic_s() < FAULTS_S:
            await asyncio.sleep(self.rng.expovariate(1 / 4))
            index = self.rng.randrange(PROCESSES)
            await self.rng.choice((self._kill, self._freeze, self._drain))(index)
        for process in self.processes:
            process.fate.loss = 0.0

    async def _kill(self, index: int) -> None:
        self.processes[index].fate.is_dead = True
        self.retired.append(self.processes[index])
        self.processes[index] = self._process()

    async def _freeze(self, index: int) -> None:
        """Stop a process, often for longer than its lease, and let it go on."""
        fate = self.processes[index].fate
        fate.thaw.clear()
        await asyncio.sleep(self.rng.choice((1.0, PACE.lease_s + 1, 3 * PACE.lease_s)))
        fate.thaw.set()

    async def _drain(self, index: int) -> None:
        self.processes[index].stopping.set()
        self.retired.append(self.processes[index])
        self.processes[index] = self._process()

    async def _client(self, number: int) -> None:
        """Ask, watch, perhaps cancel; try again at another process whenever one does not answer."""
        await asyncio.sleep(self.rng.uniform(0, FAULTS_S / 2))
        owner = self.rng.choice(OWNERS)
        thread = self.rng.choice((None, *THREADS))
        command = StartRun(
            owner_id=owner,
            message="Optimize",
            thread_id=None if thread is None else ThreadId(thread),
            idempotency_key=f"key-{number}",
        )
        run_id = await self._accepted(command)
        await asyncio.gather(
            self._read(run_id, owner, reader=f"reader-{number}"),
            self._glance(run_id, owner),
            self._perhaps_cancel(run_id, owner),
            self._trespass(run_id, OWNERS[0] if owner == OWNERS[1] else OWNERS[1]),
        )

    async def _accepted(self, command: StartRun) -> RunId:
        async def ask(service: RunService) -> RunId:
            accepted = await service.start(command)
            self.history.accepted.append(
                Acceptance(
                    run_id=accepted.run.id, owner=str(command.owner_id), key=command.idempotency_key or ""
                )
            )
            return accepted.run.id

        run_id: RunId = await self._insist(ask)
        if self.rng.random() < 0.3:
            await self._insist(ask)  # a client that did not trust its answer
        return run_id

    async def _insist(self, ask: Callable[[RunService], Awaitable[Any]]) -> Any:
        while True:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(5):
                    return await ask(self.rng.choice(self.processes).service)
            await asyncio.sleep(0.1)

    async def _read(self, run_id: RunId, owner: UserId, *, reader: str) -> None:
        cursor = 0
        is_over = False

        async def follow(service: RunService) -> None:
            nonlocal cursor, is_over
            async for event in service.follow(run_id, owner_id=owner, after=cursor):
                cursor, is_over = event.seq, event.is_last
                self.history.heard.append(
                    Heard(reader=reader, run_id=run_id, seq=event.seq, is_last=event.is_last, data=event.data)
                )

        while not is_over:
            await self._insist(follow)

    async def _glance(self, run_id: RunId, owner: UserId) -> None:
        """Read the status again and again, one read at a time, until a while after the end."""

        async def look(service: RunService) -> Any:
            return await service.get(run_id, owner_id=owner)

        extra = 3
        while extra:
            run = await self._insist(look)
            self.history.seen.append(sighting(run))
            extra -= run.state.is_terminal
            await asyncio.sleep(self.rng.uniform(0.1, 5.0))

    async def _perhaps_cancel(self, run_id: RunId, owner: UserId) -> None:
        if self.rng.random() < 0.3:
            await asyncio.sleep(self.rng.uniform(0, 10))
            stop = StopRun(owner_id=owner, run_id=run_id)
            await self._insist(lambda service: service.stop(stop))

    async def _trespass(self, run_id: RunId, stranger: UserId) -> None:
        async def pry(service: RunService) -> None:
            with suppress(NotFound):
                await service.get(run_id, owner_id=stranger)
                self.history.other.append(f"{run_id} was shown to {stranger}")

        await self._insist(pry)

    async def _look_at_everything(self) -> None:
        for one in self.history.accepted:
            entry = self.state.runs.get(RunId(one.run_id))
            if entry is None:
                continue
            self.history.final[one.run_id] = sighting(entry.run)
            self.history.stored[one.run_id] = [
                Heard(reader="", run_id=one.run_id, seq=e.seq, is_last=e.is_last, data=e.data)
                for e in entry.events
            ]

    async def _end(self) -> None:
        everyone = [*self.processes, *self.retired]
        for process in everyone:
            process.task.cancel()
        await asyncio.gather(*(process.task for process in everyone), return_exceptions=True)
        strange = [error for process in everyone for error in process.incidents.unforeseen]
        self.history.other.extend(f"a worker met what nobody foresaw: {error!r}" for error in strange)


def sighting(run: Any) -> Sighting:
    """Return what a reader of the status sees."""
    answer = bytes(run.result) if isinstance(run.result, msgspec.Raw) else b""
    return Sighting(run_id=run.id, status=run.state.value, progress=run.progress, answer=answer)
