"""The plugboard: one field a port, and every service built from what is plugged in. It names no adapter."""

from dataclasses import dataclass
from typing import TypeVar

from dependency_injector import containers, providers

from netra.domain.agents.stages.advisor import Advisor
from netra.domain.agents.stages.pipeline import AgentPipeline
from netra.domain.audit.journal import SecurityJournal
from netra.domain.browsing.service import EventBrowser
from netra.domain.decisions.service import DecisionService
from netra.domain.health.service import HealthService
from netra.domain.overview.service import OverviewService
from netra.domain.quotas import Quotas
from netra.domain.runs.service import RunService
from netra.domain.runs.worker import RunWorker
from netra.domain.telemetry.destinations import Destinations
from netra.domain.telemetry.service import TelemetryService
from netra.domain.telemetry.settler import TelemetrySettler
from netra.domain.threads.service import ThreadService
from netra.domain.users.federated import FederatedSignIn
from netra.domain.users.keys import ApiKeyService
from netra.domain.users.known_addresses import KnownAddressService
from netra.domain.users.service import UserService
from netra.domain.users.session_opener import SessionOpener
from netra.domain.users.sessions import SessionService
from netra.domain.what_if.service import WhatIfService
from netra.domain.workloads.service import WorkloadService
from netra.domain.workloads.watching import WorkloadWatch
from netra.ports.api_keys import ApiKeyStore
from netra.ports.audit_trail import AuditTrail
from netra.ports.call_outbox import EventOutbox
from netra.ports.clock import Clock
from netra.ports.decisions import DecisionStore
from netra.ports.feed import RunBell, RunFeed
from netra.ports.identity import IdentityProvider
from netra.ports.ids import IdSource
from netra.ports.incidents import Incidents
from netra.ports.intake_meter import IntakeMeter
from netra.ports.known_addresses import KnownAddressStore
from netra.ports.language_model import LanguageModel
from netra.ports.log_files import RequestLogs
from netra.ports.one_time import OneTimeBook
from netra.ports.passwords import PasswordHasher
from netra.ports.price_audit import PriceAudit
from netra.ports.price_catalogue import PriceCatalogue
from netra.ports.prices import PriceBook
from netra.ports.probes import Probe
from netra.ports.prompt_keys import PromptKeys
from netra.ports.rate_limiter import RateLimiter
from netra.ports.replays import ReplayBook
from netra.ports.runs import RunStore
from netra.ports.secrets import SecretSource
from netra.ports.sessions import SessionStore
from netra.ports.telemetry import TelemetryDecoder, TelemetryStaging
from netra.ports.threads import ThreadStore
from netra.ports.tokens import TicketBook, TokenCodec
from netra.ports.users import UserStore
from netra.ports.workloads import EventLog, WorkloadStore
from netra.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The plugboard: one field a port."""

    clock: Clock
    ids: IdSource
    incidents: Incidents
    users: UserStore
    sessions: SessionStore
    api_keys: ApiKeyStore
    one_time: OneTimeBook
    known_addresses: KnownAddressStore
    audit: AuditTrail
    secrets: SecretSource
    identity_provider: IdentityProvider | None
    language_model: LanguageModel | None
    passwords: PasswordHasher
    tokens: TokenCodec
    tickets: TicketBook
    limiter: RateLimiter
    intake_meter: IntakeMeter
    threads: ThreadStore
    runs: RunStore
    feed: RunFeed
    bell: RunBell
    workloads: WorkloadStore
    decisions: DecisionStore
    event_log: EventLog
    event_outbox: EventOutbox | None  # where an archive takes events over
    telemetry_decoder: TelemetryDecoder
    telemetry_staging: TelemetryStaging
    prompt_keys: PromptKeys
    replays: ReplayBook
    prices: PriceBook
    price_catalogue: PriceCatalogue
    price_audit: PriceAudit
    log_files: RequestLogs
    probes: tuple[Probe, ...]


class Container(containers.DeclarativeContainer):
    """Every service, built once from whatever is plugged in."""

    ports = providers.Dependency(instance_of=Ports)
    settings = providers.Dependency(instance_of=Settings)
    quotas: providers.Provider[Quotas] = settings.provided.quotas

    security_journal = providers.Singleton(
        SecurityJournal, trail=ports.provided.audit, clock=ports.provided.clock, ids=ports.provided.ids
    )
    session_opener = providers.Singleton(
        SessionOpener,
        sessions=ports.provided.sessions,
        journal=security_journal,
        tokens=ports.provided.tokens,
        ids=ports.provided.ids,
        secrets=ports.provided.secrets,
        clock=ports.provided.clock,
    )
    user_service = providers.Singleton(
        UserService,
        users=ports.provided.users,
        sessions=ports.provided.sessions,
        api_keys=ports.provided.api_keys,
        passwords=ports.provided.passwords,
        tokens=ports.provided.tokens,
        tickets=ports.provided.tickets,
        opener=session_opener,
        journal=security_journal,
        clock=ports.provided.clock,
    )
    session_service = providers.Singleton(
        SessionService,
        users=ports.provided.users,
        sessions=ports.provided.sessions,
        tickets=ports.provided.tickets,
        opener=session_opener,
        journal=security_journal,
        clock=ports.provided.clock,
    )
    api_key_service = providers.Singleton(
        ApiKeyService,
        api_keys=ports.provided.api_keys,
        tokens=ports.provided.tokens,
        tickets=ports.provided.tickets,
        journal=security_journal,
        ids=ports.provided.ids,
        secrets=ports.provided.secrets,
        clock=ports.provided.clock,
    )
    known_address_service = providers.Singleton(
        KnownAddressService, store=ports.provided.known_addresses, clock=ports.provided.clock
    )
    federated_sign_in = providers.Singleton(
        FederatedSignIn,
        provider=ports.provided.identity_provider,
        users=ports.provided.users,
        book=ports.provided.one_time,
        opener=session_opener,
        journal=security_journal,
        secrets=ports.provided.secrets,
        clock=ports.provided.clock,
        redirects=settings.provided.sign_in_pages,
        accepts_new_users=settings.provided.google_sign_up,
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
        outbox=ports.provided.event_outbox,
        clock=ports.provided.clock,
        ids=ports.provided.ids,
        quotas=quotas,
        incidents=ports.provided.incidents,
    )
    decision_service = providers.Singleton(
        DecisionService,
        decisions=ports.provided.decisions,
        workloads=ports.provided.workloads,
        runs=ports.provided.runs,
        clock=ports.provided.clock,
    )
    workload_watch = providers.Singleton(
        WorkloadWatch, workloads=workload_service, clock=ports.provided.clock
    )
    telemetry_service = providers.Singleton(
        TelemetryService,
        decoder=ports.provided.telemetry_decoder,
        staging=ports.provided.telemetry_staging,
        workloads=ports.provided.workloads,
        destinations=providers.Singleton(
            Destinations,
            workloads=ports.provided.workloads,
            clock=ports.provided.clock,
            ids=ports.provided.ids,
            quotas=quotas,
        ),
        meter=ports.provided.intake_meter,
        keys=ports.provided.prompt_keys,
        clock=ports.provided.clock,
    )
    event_browser = providers.Singleton(
        EventBrowser,
        workloads=ports.provided.workloads,
        log=ports.provided.event_log,
        prices=ports.provided.prices,
        default_model=settings.provided.default_model,
        quotas=quotas,
    )
    overview_service = providers.Singleton(
        OverviewService,
        log=ports.provided.event_log,
        prices=ports.provided.prices,
        edition=ports.provided.price_catalogue.edition,
        default_model=settings.provided.default_model,
        quotas=quotas,
    )
    telemetry_settler = providers.Singleton(
        TelemetrySettler,
        staging=ports.provided.telemetry_staging,
        log=ports.provided.event_log,
        clock=ports.provided.clock,
        incidents=ports.provided.incidents,
        quotas=quotas,
    )
    health_service = providers.Singleton(
        HealthService, probes=ports.provided.probes, clock=ports.provided.clock
    )
    advisor = providers.Singleton(
        Advisor,
        prices=ports.provided.prices,
        clock=ports.provided.clock,
        default_model=settings.provided.default_model,
        language_model=ports.provided.language_model,
        conversations=ports.provided.threads,
        sends=settings.provided.language_model_sends,
    )
    agent_pipeline = providers.Singleton(
        AgentPipeline,
        advisor=advisor,
        workloads=ports.provided.workloads,
        decisions=ports.provided.decisions,
        log=ports.provided.event_log,
        clock=ports.provided.clock,
        quotas=quotas,
    )
    what_if_service = providers.Singleton(
        WhatIfService,
        workloads=ports.provided.workloads,
        decisions=ports.provided.decisions,
        log=ports.provided.event_log,
        prices=ports.provided.prices,
        quotas=quotas,
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
        concurrency=settings.provided.slots,
    )


Filled = TypeVar("Filled", bound=Container)


def contained(ports: Ports, settings: Settings) -> Container:
    """Return the services over `ports`."""
    return filled(Container, ports, settings)


def filled(kind: type[Filled], ports: Ports, settings: Settings) -> Filled:
    """Return a container of this kind; a missing port is an error here, not at the first request."""
    container = kind(ports=providers.Object(ports), settings=providers.Object(settings))
    container.check_dependencies()
    return container
