"""The composition root: the one module that names concrete adapters."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dependency_injector import containers, providers

from netra.adapters.files.measurements import read_measurements
from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.jwt.codec import JwtTokenCodec
from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.incidents import LoggedIncidents
from netra.adapters.local.limits import LocalRateLimiter
from netra.adapters.local.passwords import Argon2PasswordHasher
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.event_log import MemoryEventLog
from netra.adapters.memory.probe import MemoryProbe
from netra.adapters.memory.replays import MemoryReplayBook
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.threads import MemoryThreadStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.adapters.prices.audit import GenaiPriceAudit
from netra.adapters.prices.book import GenaiPriceBook
from netra.adapters.sql.connection import open_sqlite
from netra.domain.agents.pipeline import AgentPipeline
from netra.domain.health.service import HealthService
from netra.domain.optimization.performance.measurement import Measurement
from netra.domain.quotas import Quotas
from netra.domain.runs.service import RunService
from netra.domain.runs.worker import RunWorker
from netra.domain.threads.service import ThreadService
from netra.domain.users.service import UserService
from netra.domain.workloads.model import RowFault
from netra.domain.workloads.service import WorkloadService
from netra.ports.clock import Clock
from netra.ports.feed import RunBell, RunFeed
from netra.ports.ids import IdSource
from netra.ports.incidents import Incidents
from netra.ports.limits import RateLimiter
from netra.ports.logs import RequestLogs
from netra.ports.passwords import PasswordHasher
from netra.ports.price_audit import PriceAudit
from netra.ports.prices import PriceBook
from netra.ports.probes import Probe
from netra.ports.replays import ReplayBook
from netra.ports.runs import RunStore
from netra.ports.sessions import SessionStore
from netra.ports.threads import ThreadStore
from netra.ports.tokens import TicketBook, TokenCodec
from netra.ports.users import UserStore
from netra.ports.workloads import EventLog, WorkloadStore
from netra.settings import Secret, Settings

DATABASE_FILE: Final = "netra.sqlite3"
SIGNING_KEY_FILE: Final = "signing-key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The plugboard: one field a port."""

    clock: Clock
    ids: IdSource
    incidents: Incidents
    users: UserStore
    sessions: SessionStore
    passwords: PasswordHasher
    tokens: TokenCodec
    tickets: TicketBook
    limiter: RateLimiter
    threads: ThreadStore
    runs: RunStore
    feed: RunFeed
    bell: RunBell
    workloads: WorkloadStore
    event_log: EventLog
    replays: ReplayBook
    prices: PriceBook
    price_audit: PriceAudit
    log_files: RequestLogs
    probes: tuple[Probe, ...]


def memory_ports(settings: Settings) -> Ports:
    """Plug a memory adapter into every store; nothing outlives the process."""
    clock = SystemClock()
    state = MemoryState()
    secret = settings.secret or Secret(secrets.token_urlsafe(48))
    return Ports(
        clock=clock,
        ids=RandomIdSource(clock=clock),
        incidents=LoggedIncidents(),
        users=MemoryUserStore(),
        sessions=MemorySessionStore(),
        passwords=Argon2PasswordHasher(),
        tokens=_tokens(settings, secret, clock),
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
        threads=MemoryThreadStore(state, clock=clock),
        runs=MemoryRunStore(state, clock=clock),
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
        workloads=MemoryWorkloadStore(clock=clock),
        event_log=MemoryEventLog(),
        replays=MemoryReplayBook(clock=clock),
        prices=GenaiPriceBook(),
        price_audit=GenaiPriceAudit(),
        log_files=FileRequestLogs(),
        probes=(MemoryProbe(),),
    )


@asynccontextmanager
async def open_ports(settings: Settings) -> AsyncGenerator[Ports]:
    """Open the embedded store in `settings.data`, made when missing, and close it on exit."""
    clock = SystemClock()
    secret = settings.secret or _kept_secret(settings.data)
    async with open_sqlite(settings.data / DATABASE_FILE, clock=clock) as store:
        yield Ports(
            clock=clock,
            ids=RandomIdSource(clock=clock),
            incidents=LoggedIncidents(),
            users=store.users,
            sessions=store.sessions,
            passwords=Argon2PasswordHasher(),
            tokens=_tokens(settings, secret, clock),
            tickets=LocalTicketBook(clock=clock),
            limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
            threads=store.threads,
            runs=store.runs,
            feed=LocalRunFeed(),
            bell=LocalRunBell(),
            workloads=store.workloads,
            event_log=store.event_log,
            replays=store.replays,
            prices=GenaiPriceBook(),
            price_audit=GenaiPriceAudit(),
            log_files=FileRequestLogs(),
            probes=(store.probe,),
        )


def measurements_in(path: Path) -> tuple[tuple[Measurement, ...], tuple[RowFault, ...]]:
    """Return the measured inference times in a CSV file, and its lines that cannot be read.

    Raises `UnreadableFile` when the file is no table of measurements.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_measurements(lines)


class Container(containers.DeclarativeContainer):
    """Every service, built once from whatever is plugged in."""

    ports = providers.Dependency(instance_of=Ports)
    settings = providers.Dependency(instance_of=Settings)
    quotas: providers.Provider[Quotas] = settings.provided.quotas

    user_service = providers.Singleton(
        UserService,
        users=ports.provided.users,
        sessions=ports.provided.sessions,
        passwords=ports.provided.passwords,
        tokens=ports.provided.tokens,
        tickets=ports.provided.tickets,
        clock=ports.provided.clock,
        ids=ports.provided.ids,
    )
    thread_service = providers.Singleton(
        ThreadService, threads=ports.provided.threads, feed=ports.provided.feed
    )
    run_service = providers.Singleton(
        RunService,
        runs=ports.provided.runs,
        feed=ports.provided.feed,
        bell=ports.provided.bell,
        clock=ports.provided.clock,
        ids=ports.provided.ids,
        quotas=quotas,
    )
    workload_service = providers.Singleton(
        WorkloadService,
        workloads=ports.provided.workloads,
        log=ports.provided.event_log,
        clock=ports.provided.clock,
        ids=ports.provided.ids,
        quotas=quotas,
    )
    health_service = providers.Singleton(
        HealthService, probes=ports.provided.probes, clock=ports.provided.clock
    )
    agent_pipeline = providers.Singleton(
        AgentPipeline,
        workloads=ports.provided.workloads,
        log=ports.provided.event_log,
        prices=ports.provided.prices,
        clock=ports.provided.clock,
        default_model=settings.provided.default_model,
    )
    run_worker = providers.Singleton(
        RunWorker,
        runs=ports.provided.runs,
        feed=ports.provided.feed,
        bell=ports.provided.bell,
        agents=agent_pipeline,
        clock=ports.provided.clock,
        ids=ports.provided.ids,
        incidents=ports.provided.incidents,
        quotas=quotas,
        concurrency=settings.provided.workers,
    )


def contained(ports: Ports, settings: Settings) -> Container:
    """Return the services over `ports`; a forgotten plug is an error here, not at the first request."""
    container = Container(ports=providers.Object(ports), settings=providers.Object(settings))
    container.check_dependencies()
    return container


def _tokens(settings: Settings, secret: Secret, clock: Clock) -> JwtTokenCodec:
    keys = [secret.reveal()]
    if settings.previous_secret is not None:
        keys.append(settings.previous_secret.reveal())
    return JwtTokenCodec(keys=keys, issuer=settings.issuer, audience=settings.audience, clock=clock)


def _kept_secret(data: Path) -> Secret:
    """Return the data folder's own signing secret, made on the first start, readable by its owner only.

    Of several processes that start at once one wins, and all use its secret.
    """
    data.mkdir(parents=True, exist_ok=True)
    kept = data / SIGNING_KEY_FILE
    if not kept.exists():
        draft = data / f"{SIGNING_KEY_FILE}-{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            kept.hardlink_to(draft)
        draft.unlink()
    return Secret(kept.read_text())
