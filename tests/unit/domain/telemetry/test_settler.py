"""The settler: outages wait, lost leases are passed over, and full workloads are counted."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from tests.conftest import SteppedClock
from tests.unit.domain.telemetry.payloads import CHAT, USAGE, span

from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.telemetry_staging import MemoryTelemetryStaging
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.errors import LeaseLost
from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.telemetry.arrivals import arrival_of
from netra.domain.telemetry.reports import Report
from netra.domain.telemetry.settler import OUTAGE_PAUSE_S, TelemetrySettler
from netra.domain.telemetry.settling import QUIET_S
from netra.domain.workloads.model import Workload
from netra.ports.telemetry import Claim, StagedArrival

OWNER, NAME = UserId(1), WorkloadId("wl-1")
AT = datetime(2024, 1, 1, tzinfo=UTC)
SAID = {**CHAT, **USAGE}


@dataclass
class Reported:
    errors: list[BaseException] = field(default_factory=list)

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.errors.append(error)


class FailingStaging(MemoryTelemetryStaging):
    """Fails the first claims with the errors it was given."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self._errors = list(errors)

    async def claim(self, *, now: datetime, quiet_s: float, lease_s: float) -> Claim | None:
        if self._errors:
            raise self._errors.pop(0)
        return await super().claim(now=now, quiet_s=quiet_s, lease_s=lease_s)


class Bench:
    """A settler over memory stores with one workload."""

    def __init__(self, staging: MemoryTelemetryStaging | None = None, **quotas: int) -> None:
        self.clock = SteppedClock()
        self.staging = staging or MemoryTelemetryStaging()
        self.workloads = MemoryWorkloadStore(clock=self.clock)
        self.incidents = Reported()
        self.settler = TelemetrySettler(
            staging=self.staging,
            log=MemoryEventLog(self.workloads),
            clock=self.clock,
            incidents=self.incidents,
            quotas=Quotas(**quotas),
        )

    async def send(self, *, calls: int = 1) -> None:
        made = Workload(id=NAME, owner_id=OWNER, name="n", created_at=AT, updated_at=AT)
        await self.workloads.add(made, max_per_user=9)
        records = [span(SAID, at_ms=number * 1_000) for number in range(calls)]
        payload = msgspec.msgpack.encode(arrival_of(records, at_s=self.clock.now().timestamp()))
        arrival = StagedArrival(workload_id=NAME, owner_id=OWNER, payload=payload, records=calls)
        await self.staging.add([arrival], at=self.clock.now(), max_bytes=10**9)

    async def count(self) -> int:
        return (await self.workloads.get(NAME, owner_id=OWNER)).event_count


async def test_a_full_workload_refuses_calls_which_are_counted() -> None:
    bench = Bench(max_events_per_workload=1)
    await bench.send(calls=2)
    bench.clock.turn(QUIET_S)
    assert await bench.settler.settle_one()
    stored = await bench.staging.report(NAME, owner_id=OWNER)
    assert msgspec.msgpack.decode(stored, type=Report).refused == 2
    assert await bench.count() == 0


@pytest.mark.parametrize(
    ("error", "reported"), [(LeaseLost("another process has it"), 0), (RuntimeError("the store is away"), 1)]
)
async def test_errors_wait_for_the_next_look(error: Exception, reported: int) -> None:
    bench = Bench(FailingStaging(error))
    await bench.send()
    bench.clock.turn(QUIET_S)
    serving = asyncio.create_task(bench.settler.serve())
    try:
        for _ in range(500):
            await bench.clock.step(OUTAGE_PAUSE_S)
            await asyncio.to_thread(bench.clock.now)  # lets the thread that settles have its turn
            if await bench.count():
                break
        assert (await bench.count(), len(bench.incidents.errors)) == (1, reported)
    finally:
        serving.cancel()
        await asyncio.wait({serving})


async def test_nothing_due_is_nothing_done() -> None:
    assert not await Bench().settler.settle_one()
