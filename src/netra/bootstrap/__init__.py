"""The composition root: the one module that names concrete adapters."""

import secrets
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from netra.adapters.files.measurements import read_measurements
from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.jwt.codec import JwtTokenCodec
from netra.adapters.local.audit_lines import AuditLines
from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.incidents import LoggedIncidents
from netra.adapters.local.passwords import Argon2PasswordHasher
from netra.adapters.local.private_folder import private_folder
from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.adapters.local.secrets import SIGNING_KEY_FILE, RandomSecretSource, kept_secret
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.api_keys import MemoryApiKeyStore
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.known_addresses import MemoryKnownAddressStore
from netra.adapters.memory.one_time import MemoryOneTimeBook
from netra.adapters.memory.probe import MemoryProbe
from netra.adapters.memory.replays import MemoryReplayBook
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.threads import MemoryThreadStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.adapters.prices.book import GenaiPriceBook, noon_of, today
from netra.adapters.prices.overrides import NO_OVERRIDES, read_overrides
from netra.adapters.prices.price_audit import GenaiPriceAudit
from netra.adapters.sql.migrations import Schema
from netra.adapters.sql.stores import SqliteSchema, SqlStores, open_sqlite
from netra.bootstrap.servers import with_archive, with_language_model, with_shared
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.users.revocations import postponing
from netra.domain.workloads.model import RowFault
from netra.domain.workloads.sizes import limits_of
from netra.domain.workloads.unfinished_removals import swept
from netra.plugboard import Container, Ports, contained
from netra.ports.clock import Clock
from netra.ports.identity import IdentityProvider
from netra.ports.incidents import Incidents
from netra.settings import Secret, Settings, check_shared_secret, package_missing

__all__ = [
    "Container",
    "Ports",
    "contained",
    "measurements_in",
    "memory_ports",
    "open_ports",
    "prepare",
    "schema_of",
]

DATABASE_FILE: Final = "netra.sqlite3"


def memory_ports(settings: Settings) -> Ports:
    """Plug a memory adapter into every store; nothing outlives the process, and nothing leaves it."""
    clock = SystemClock()
    state = MemoryState()
    users = MemoryUserStore()
    workloads = MemoryWorkloadStore(clock=clock)
    secret = settings.secret or Secret(secrets.token_urlsafe(48))
    return Ports(
        clock=clock,
        ids=RandomIdSource(clock=clock),
        incidents=LoggedIncidents(),
        users=users,
        sessions=MemorySessionStore(users),
        api_keys=MemoryApiKeyStore(users),
        one_time=MemoryOneTimeBook(),
        known_addresses=MemoryKnownAddressStore(),
        audit=MemoryAuditTrail(),
        secrets=RandomSecretSource(),
        identity_provider=_identity_provider(settings, clock),
        language_model=None,
        passwords=Argon2PasswordHasher(),
        tokens=_tokens(settings, secret, clock),
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
        threads=MemoryThreadStore(state, clock=clock),
        runs=MemoryRunStore(state, clock=clock),
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
        workloads=workloads,
        event_log=MemoryEventLog(workloads),
        event_outbox=None,
        replays=MemoryReplayBook(clock=clock),
        prices=_price_book(settings),
        price_audit=GenaiPriceAudit(),
        log_files=FileRequestLogs(limits=limits_of(settings.quotas)),
        probes=(MemoryProbe(),),
    )


@asynccontextmanager
async def open_ports(settings: Settings) -> AsyncGenerator[Ports]:
    """Open the store that the settings name, the embedded one by default, and close it on exit."""
    clock, incidents = SystemClock(), LoggedIncidents()
    prepare(settings)
    tokens = _tokens(settings, settings.secret or Secret(kept_secret(settings.data)), clock)
    async with (
        _store(settings, clock) as opened,
        _with_postponed_writes(opened, settings, clock=clock, incidents=incidents) as store,
    ):
        with closing(Argon2PasswordHasher()) as passwords:
            alone = _over(
                store, settings, clock=clock, incidents=incidents, passwords=passwords, tokens=tokens
            )
            async with (
                swept(store.event_log, clock=clock, incidents=incidents),
                with_archive(alone, settings, store.event_outbox) as ports,
                with_shared(ports, settings) as ports,
                with_language_model(ports, settings, store.spending) as ports,
            ):
                yield ports


def _over(
    store: SqlStores,
    settings: Settings,
    *,
    clock: Clock,
    incidents: Incidents,
    passwords: Argon2PasswordHasher,
    tokens: JwtTokenCodec,
) -> Ports:
    """Return the ports of one process alone over `store`."""
    return Ports(
        clock=clock,
        ids=RandomIdSource(clock=clock),
        incidents=incidents,
        users=store.users,
        sessions=store.sessions,
        api_keys=store.api_keys,
        one_time=store.one_time,
        known_addresses=store.known_addresses,
        audit=AuditLines(store.audit),
        secrets=RandomSecretSource(),
        identity_provider=_identity_provider(settings, clock),
        language_model=None,
        passwords=passwords,
        tokens=tokens,
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
        threads=store.threads,
        runs=store.runs,
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
        workloads=store.workloads,
        event_log=store.event_log,
        event_outbox=None,
        replays=store.replays,
        prices=_price_book(settings),
        price_audit=GenaiPriceAudit(),
        log_files=FileRequestLogs(limits=limits_of(settings.quotas)),
        probes=(store.probe,),
    )


def measurements_in(path: Path) -> tuple[tuple[Measurement, ...], tuple[RowFault, ...]]:
    """Return the measured inference times in a CSV file, and its lines that cannot be read.

    Raises `UnreadableFile` when the file is no table of measurements.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_measurements(lines)


def prepare(settings: Settings) -> None:
    """Make the embedded store's folder, for its owner alone. Raises `SettingsRefused`."""
    check_shared_secret(settings)
    if settings.database_url is None:
        private_folder(settings.data, holds=(DATABASE_FILE, SIGNING_KEY_FILE))


def schema_of(settings: Settings) -> Schema:
    """Return the tables of the store that the settings name, there or not."""
    if settings.database_url is None:
        return SqliteSchema(settings.data / DATABASE_FILE)
    with _with_psycopg():
        from netra.adapters.sql.postgres.postgres_stores import PostgresSchema
    return PostgresSchema(settings.database_url.reveal())


def _store(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[SqlStores]:
    """Return what opens the database server's store, or the file in `settings.data`, made when missing."""
    if settings.database_url is None:
        return open_sqlite(settings.data / DATABASE_FILE, clock=clock)
    with _with_psycopg():
        from netra.adapters.sql.postgres.postgres_stores import open_postgres
    return open_postgres(settings.database_url.reveal())


@asynccontextmanager
async def _with_postponed_writes(
    stores: SqlStores, settings: Settings, *, clock: Clock, incidents: Incidents
) -> AsyncGenerator[SqlStores]:
    """Let people sign out on a full disk, where one process serves the store."""
    if settings.database_url is not None or settings.workers > 1:
        yield stores
        return
    async with postponing(stores.sessions, stores.audit, clock=clock, incidents=incidents) as (
        sessions,
        audit,
    ):
        yield replace(stores, sessions=sessions, audit=audit)


@contextmanager
def _with_psycopg() -> Generator[None]:
    """Import what stands on psycopg, which is an extra, and slow to import."""
    try:
        yield
    except ImportError as error:  # psycopg without its own libpq raises the parent class
        raise package_missing("psycopg", "postgres", needed_by="NETRA_DATABASE_URL") from error


def _price_book(settings: Settings) -> GenaiPriceBook:
    """Return the published prices, with the file of the settings before them.

    Raises `UnreadableFile` when the settings name a file that holds no prices.
    """
    day = settings.prices_as_of
    return GenaiPriceBook(
        overrides=NO_OVERRIDES if settings.prices is None else read_overrides(str(settings.prices)),
        now=today if day is None else lambda: noon_of(day),
    )


def _tokens(settings: Settings, secret: Secret, clock: Clock) -> JwtTokenCodec:
    keys = [secret.reveal()]
    if settings.previous_secret is not None:
        keys.append(settings.previous_secret.reveal())
    return JwtTokenCodec(keys=keys, issuer=settings.issuer, audience=settings.audience, clock=clock)


def _identity_provider(settings: Settings, clock: Clock) -> IdentityProvider | None:
    """Return the provider that the settings name, None when they name none.

    Raises `SettingsRefused` when they do and its packages are not installed.
    """
    if settings.google_client_id is None or settings.google_client_secret is None:
        return None
    try:
        from netra.adapters.google.provider import OpenIdProvider  # an extra, and slow to import
    except ModuleNotFoundError as error:
        raise package_missing(error.name, "google", needed_by="NETRA_GOOGLE_CLIENT_ID") from error
    return OpenIdProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret.reveal(),
        callback_url=settings.callback_url,
        clock=clock,
    )
