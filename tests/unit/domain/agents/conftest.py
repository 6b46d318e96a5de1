"""The five agents over memory adapters, with prices that a test sets and small logs to work out by hand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.decisions import MemoryDecisionStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.agents.language.allowance import DEFAULT_ALLOWANCE, Allowance
from netra.domain.agents.model import Question, Stage
from netra.domain.agents.stages.advisor import Advisor
from netra.domain.agents.stages.dialogue import Conversations, Sends
from netra.domain.agents.stages.pipeline import AgentPipeline
from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModel

ALICE, BOB = UserId(1), UserId(2)
BEGIN = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday
NO_HARDWARE = Hardware(gpus=(), models=())


def tariff(model: str, usd_per_million_in: float, usd_per_million_out: float, **changes: Any) -> Tariff:
    """Return a tariff that has no prices but these; the provider is the same for all."""
    made = Tariff(
        model=model,
        provider="acme",
        input=Rate(usd_per_token=usd_per_million_in / 1e6),
        output=Rate(usd_per_token=usd_per_million_out / 1e6),
    )
    return msgspec.structs.replace(made, **changes)


def call(
    second: float = 0.0, model: str = "big", tokens: tuple[int, int] = (1_000, 100), **fields: Any
) -> Event:
    """Return one call, `second` seconds into the log, with (input, output) tokens."""
    return Event(
        timestamp=BEGIN + timedelta(seconds=second),
        model=model,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        **fields,
    )


class ShelfPriceBook:
    """A price book over the tariffs a test put there; no other model has a price."""

    def __init__(self, *tariffs: Tariff) -> None:
        self._tariffs = {tariff.model: tariff for tariff in tariffs}

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        return self._tariffs.get(model)

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        return ()

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        return ()

    def offers(self, is_meant: Callable[[str], bool], *, at: datetime | None = None) -> tuple[Tariff, ...]:
        return ()


class KeptWatch:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.stages: list[dict[str, Any]] = []
        self.checkpoints: list[tuple[float, str]] = []
        self.said: list[tuple[int, str]] = []

    async def start_stage(self, **stage: Any) -> None:
        self.stages.append(stage)
        if stage["progress"] == 0:
            self.said.clear()

    async def skip_stages(self, *stages: Stage) -> None:
        self.stages.extend(msgspec.structs.asdict(stage) for stage in stages)

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        assert at == sum(len(said) for number, said in self.said if number == attempt)
        self.said.append((attempt, text))

    async def wait_for_stop(self) -> None:
        await asyncio.Event().wait()

    def checkpoint(self, done: float, doing: str) -> None:
        self.checkpoints.append((done, doing))


@dataclass
class Desk:
    """One pipeline, its stores, and the way to ask it."""

    clock: Clock
    tariffs: tuple[Tariff, ...] = (tariff("big", 10.0, 40.0), tariff("small", 1.0, 4.0))
    watch: KeptWatch = field(default_factory=KeptWatch)
    language_model: LanguageModel | None = None
    conversations: Conversations | None = None
    sends: Sends = "all"
    allowance: Allowance = DEFAULT_ALLOWANCE

    def __post_init__(self) -> None:
        self.workloads = MemoryWorkloadStore(clock=self.clock)
        self.log = MemoryEventLog(self.workloads)
        self.decisions = MemoryDecisionStore(self.workloads)

    @property
    def prices(self) -> ShelfPriceBook:
        return ShelfPriceBook(*self.tariffs)

    @property
    def pipeline(self) -> AgentPipeline:
        return AgentPipeline(
            advisor=self.advisor,
            workloads=self.workloads,
            decisions=self.decisions,
            log=self.log,
            clock=self.clock,
        )

    @property
    def advisor(self) -> Advisor:
        return Advisor(
            prices=self.prices,
            clock=self.clock,
            default_model="big",
            hardware=NO_HARDWARE,
            language_model=self.language_model,
            conversations=self.conversations,
            sends=self.sends,
            allowance=self.allowance,
        )

    async def workload(
        self, calls: Sequence[Event] = (), *, name: str = "shop", owner: UserId = ALICE
    ) -> WorkloadId:
        """Make a workload that holds the calls."""
        made = WorkloadId(f"wl-{name}")
        now = self.clock.now()
        workload = Workload(id=made, owner_id=owner, name=name, created_at=now, updated_at=now)
        await self.workloads.add(workload, max_per_user=100)
        if calls:
            await self.log.append(made, columns_of(calls), owner_id=owner)
        return made

    async def ask(
        self,
        message: str,
        *,
        workload_id: str | None = None,
        thread_id: str | None = None,
        run_id: str | None = None,
        **parameters: Any,
    ) -> Advice:
        """Ask as Alice."""
        question = Question(
            owner_id=ALICE,
            message=message,
            thread_id=None if thread_id is None else ThreadId(thread_id),
            run_id=None if run_id is None else RunId(run_id),
            workload_id=None if workload_id is None else WorkloadId(workload_id),
            parameters=parameters,
        )
        return await self.pipeline.answer(question, self.watch)


@pytest.fixture
def desk(clock: Clock) -> Desk:
    """Return a desk whose models are "big" at $10/$40 and "small" at $1/$4 a million tokens."""
    return Desk(clock=clock)


@pytest.fixture
def calls() -> Callable[..., list[Event]]:
    """Return a maker of evenly spaced calls."""

    def make(count: int, *, every_s: float = 60.0, **fields: Any) -> list[Event]:
        return [call(number * every_s, **fields) for number in range(count)]

    return make
