"""Memory adapters for every store, for one process without persistence."""

import secrets

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.incidents import LoggedIncidents
from netra.adapters.local.intake_meter import LocalIntakeMeter
from netra.adapters.local.passwords import Argon2PasswordHasher
from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.adapters.local.secrets import RandomSecretSource
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.api_keys import MemoryApiKeyStore
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.decisions import MemoryDecisionStore
from netra.adapters.memory.known_addresses import MemoryKnownAddressStore
from netra.adapters.memory.one_time import MemoryOneTimeBook
from netra.adapters.memory.probe import MemoryProbe
from netra.adapters.memory.replays import MemoryReplayBook
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.telemetry_staging import MemoryTelemetryStaging
from netra.adapters.memory.threads import MemoryThreadStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.adapters.otlp.decoder import OtlpDecoder
from netra.adapters.prices.price_audit import GenaiPriceAudit
from netra.bootstrap.files import request_logs
from netra.bootstrap.one_process import prompt_keys_of, tokens_of
from netra.bootstrap.prices import price_book
from netra.bootstrap.sign_in import identity_provider
from netra.plugboard import Ports
from netra.settings import Secret, Settings


def memory_ports(settings: Settings) -> Ports:
    """Return ports with a memory adapter for every store; all data is lost when the process ends."""
    clock = SystemClock()
    prices, state, users = price_book(settings), MemoryState(), MemoryUserStore()
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
        identity_provider=identity_provider(settings, clock),
        language_model=None,
        passwords=Argon2PasswordHasher(),
        tokens=tokens_of(settings, secret, clock),
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
        intake_meter=LocalIntakeMeter(settings.intake_limits, clock=clock),
        threads=MemoryThreadStore(state, clock=clock),
        runs=MemoryRunStore(state, clock=clock),
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
        workloads=workloads,
        decisions=MemoryDecisionStore(workloads),
        event_log=MemoryEventLog(workloads),
        event_outbox=None,
        telemetry_decoder=OtlpDecoder(),
        telemetry_staging=MemoryTelemetryStaging(),
        prompt_keys=prompt_keys_of(settings, secret),
        replays=MemoryReplayBook(clock=clock),
        prices=prices,
        price_catalogue=prices,
        price_audit=GenaiPriceAudit(),
        log_files=request_logs(settings),
        probes=(MemoryProbe(),),
    )
