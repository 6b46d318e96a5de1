"""The adapters that every contract is run over: one more is one more row here."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contracts.postgres import POSTGRES, opened_over_postgres
from tests.contracts.shared import Reported, local, over_redis

from netra.adapters.clickhouse.connection import open_clickhouse
from netra.adapters.memory.api_keys import MemoryApiKeyStore
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.adapters.memory.call_log import MemoryEventLog, MemoryEventOutbox
from netra.adapters.memory.decisions import MemoryDecisionStore
from netra.adapters.memory.known_addresses import MemoryKnownAddressStore
from netra.adapters.memory.one_time import MemoryOneTimeBook
from netra.adapters.memory.probe import MemoryProbe
from netra.adapters.memory.replays import MemoryReplayBook
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.spending import MemorySpendingBook
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.telemetry_staging import MemoryTelemetryStaging
from netra.adapters.memory.threads import MemoryThreadStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.adapters.sql.stores import SqlStores, open_sqlite
from netra.domain.audit.postponed import PostponedTrail
from netra.domain.ids import MessageId, RunId, ThreadId, UserId, WorkloadId
from netra.domain.postponed import PostponedWrites
from netra.domain.quotas import Quotas
from netra.domain.runs.events import updated
from netra.domain.runs.model import Run
from netra.domain.threads.model import Message, MessageRole
from netra.domain.users.revocations import RememberedRevocations
from netra.domain.workloads.columns import Events
from netra.domain.workloads.delivery import ArchivedEventLog, EventCourier
from netra.domain.workloads.sizes import LogLimits
from netra.ports.api_keys import ApiKeyStore
from netra.ports.audit_trail import AuditTrail
from netra.ports.call_outbox import EventOutbox
from netra.ports.clock import Clock
from netra.ports.decisions import DecisionStore
from netra.ports.known_addresses import KnownAddressStore
from netra.ports.one_time import OneTimeBook
from netra.ports.probes import Probe
from netra.ports.replays import ReplayBook
from netra.ports.runs import NewRun, RunStore
from netra.ports.sessions import SessionStore
from netra.ports.spending import SpendingBook
from netra.ports.telemetry import TelemetryStaging
from netra.ports.threads import ThreadStore
from netra.ports.users import UserStore
from netra.ports.workloads import Appended, EventLog, WorkloadStore


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Every store port, over one engine."""

    users: UserStore
    sessions: SessionStore
    api_keys: ApiKeyStore
    one_time: OneTimeBook
    known_addresses: KnownAddressStore
    audit: AuditTrail
    threads: ThreadStore
    runs: RunStore
    workloads: WorkloadStore
    decisions: DecisionStore
    event_log: EventLog
    event_outbox: EventOutbox
    replays: ReplayBook
    spending: SpendingBook
    telemetry_staging: TelemetryStaging
    probe: Probe


OpenStores = Callable[[str], AbstractAsyncContextManager[Stores]]


@asynccontextmanager
async def memory_stores(clock: Clock) -> AsyncGenerator[Stores]:
    state = MemoryState()
    users = MemoryUserStore()
    workloads = MemoryWorkloadStore(clock=clock)
    log = MemoryEventLog(workloads)
    yield Stores(
        users=users,
        sessions=MemorySessionStore(users),
        api_keys=MemoryApiKeyStore(users),
        one_time=MemoryOneTimeBook(),
        known_addresses=MemoryKnownAddressStore(),
        audit=MemoryAuditTrail(),
        threads=MemoryThreadStore(state, clock=clock),
        runs=MemoryRunStore(state, clock=clock),
        workloads=workloads,
        decisions=MemoryDecisionStore(workloads),
        event_log=log,
        event_outbox=MemoryEventOutbox(log, clock=clock),
        replays=MemoryReplayBook(clock=clock),
        spending=MemorySpendingBook(),
        telemetry_staging=MemoryTelemetryStaging(),
        probe=MemoryProbe(),
    )


@asynccontextmanager
async def sqlite_stores(clock: Clock, path: Path) -> AsyncGenerator[Stores]:
    async with open_sqlite(path, clock=clock) as opened:
        yield stores_of(opened)


@asynccontextmanager
async def postgres_stores(clock: Clock, server_url: str) -> AsyncGenerator[Stores]:
    async with opened_over_postgres(clock, server_url) as opened:
        yield stores_of(opened)


def stores_of(opened: SqlStores) -> Stores:
    return Stores(
        users=opened.users,
        sessions=opened.sessions,
        api_keys=opened.api_keys,
        one_time=opened.one_time,
        known_addresses=opened.known_addresses,
        audit=opened.audit,
        threads=opened.threads,
        runs=opened.runs,
        workloads=opened.workloads,
        decisions=opened.decisions,
        event_log=opened.event_log,
        event_outbox=opened.event_outbox,
        replays=opened.replays,
        spending=opened.spending,
        telemetry_staging=opened.telemetry_staging,
        probe=opened.probe,
    )


@asynccontextmanager
async def redis_stores(clock: Clock, url: str) -> AsyncGenerator[Stores]:
    """Open memory stores with the sessions remembered beside them."""
    async with memory_stores(clock) as behind:
        stand_ins = replace(local(clock), sessions=behind.sessions)
        async with over_redis(url, clock=clock, stand_ins=stand_ins) as (shared, probe):
            yield replace(behind, sessions=shared.sessions, probe=probe)


@asynccontextmanager
async def postponing_stores(clock: Clock) -> AsyncGenerator[Stores]:
    """Open memory stores whose revocations and security events may wait."""
    async with memory_stores(clock) as behind:
        postponed = PostponedWrites(incidents=Reported(), where="a test")
        yield replace(
            behind,
            sessions=RememberedRevocations(behind.sessions, postponed=postponed),
            audit=PostponedTrail(behind.audit, postponed=postponed),
        )


class DeliveringLog:
    """An `EventLog` whose events are in the archive by the time an append returns."""

    def __init__(self, log: ArchivedEventLog, courier: EventCourier) -> None:
        self._log = log
        self._courier = courier
        self._delivering = asyncio.Lock()  # one courier hands on one thing at a time
        self.read = log.read
        self.delete = log.delete

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        appended = await self._log.append(workload_id, events, owner_id=owner_id, limits=limits)
        async with self._delivering:
            await self._courier.deliver()
        return appended


@asynccontextmanager
async def clickhouse_stores(clock: Clock, url: str) -> AsyncGenerator[Stores]:
    """Open memory stores whose events are handed on to ClickHouse."""
    async with memory_stores(clock) as behind, open_clickhouse(url, clock=clock) as opened:
        halves = {"outbox": behind.event_outbox, "archive": opened.archive, "wake_up": asyncio.Event()}
        log = ArchivedEventLog(log=behind.event_log, **halves, quotas=Quotas())
        courier = EventCourier(**halves, clock=clock, incidents=Reported())
        yield replace(behind, event_log=DeliveringLog(log, courier), probe=opened.probe)


@pytest.fixture
def open_stores(request: pytest.FixtureRequest, clock, migrated: Path, tmp_path: Path) -> OpenStores:
    """Return what opens empty stores by an adapter's name."""

    def opened(adapter: str) -> AbstractAsyncContextManager[Stores]:
        if adapter == "memory":
            return memory_stores(clock)
        if adapter == "postponing":
            return postponing_stores(clock)
        if adapter == "postgresql":
            return postgres_stores(clock, request.getfixturevalue("postgres_server_url"))
        if adapter == "redis":
            return redis_stores(clock, request.getfixturevalue("redis_url"))
        if adapter in {"clickhouse", "chdb"}:
            return clickhouse_stores(clock, request.getfixturevalue(f"{adapter}_url"))
        path = tmp_path / "netra.sqlite3"
        shutil.copyfile(migrated, path)
        return sqlite_stores(clock, path)

    return opened


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a contract over every engine that keeps everything, and over those its module adds."""
    if "stores" in metafunc.fixturenames:
        adapters = ["memory", "sqlite", POSTGRES, *getattr(metafunc.module, "ALSO_OVER", ())]
        metafunc.parametrize("stores", adapters, indirect=True)


@pytest.fixture
async def stores(request: pytest.FixtureRequest, open_stores: OpenStores) -> AsyncGenerator[Stores]:
    """Return the stores of one adapter, empty."""
    async with open_stores(request.param) as opened:
        yield opened


NewRunFactory = Callable[..., NewRun]
START = datetime(2024, 1, 1, tzinfo=UTC)


def made_run(
    name: str = "1",
    *,
    owner: int = 1,
    thread: str = "thread-1",
    at_s: float = 0,
    key: str | None = None,
    fingerprint: str = "",
    message: str = "Wie wird es günstiger? 💡",
    **fields: object,
) -> NewRun:
    """Return all that goes with run `run-<name>`."""
    created_at = START + timedelta(seconds=at_s)
    run = Run(
        id=RunId(f"run-{name}"),
        owner_id=UserId(owner),
        thread_id=ThreadId(thread),
        message=message,
        created_at=created_at,
        **fields,
    )
    question = Message(
        id=MessageId(f"msg-{name}"),
        thread_id=run.thread_id,
        role=MessageRole.USER,
        content=message,
        created_at=created_at,
        run_id=run.id,
    )
    return NewRun(
        run=run,
        thread_title=f"Title of {name}",
        question=question,
        first_event=updated(run, agent="TriageSubAgent", message="Accepted", progress=0),
        idempotency_key=key,
        fingerprint=fingerprint,
    )


@pytest.fixture
def new_run() -> NewRunFactory:
    """Return the factory of runs to accept."""
    return made_run


@pytest.fixture
def clock_type(clock: Clock) -> Callable[[], Clock]:
    """Return what makes a fresh clock, for properties that need one an example."""
    return type(clock)
