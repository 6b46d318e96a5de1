"""The ports of a single process: its store, and local adapters for everything else."""

from typing import TYPE_CHECKING

from netra.adapters.jwt.codec import JwtTokenCodec
from netra.adapters.local.audit_lines import AuditLines
from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.intake_meter import LocalIntakeMeter
from netra.adapters.local.prompt_keys import SecretPromptKeys
from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.adapters.local.secrets import RandomSecretSource
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.otlp.decoder import OtlpDecoder
from netra.adapters.prices.price_audit import GenaiPriceAudit
from netra.bootstrap.files import request_logs
from netra.bootstrap.prices import price_book
from netra.bootstrap.sign_in import identity_provider
from netra.plugboard import Ports
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.passwords import PasswordHasher
from netra.ports.prompt_keys import PromptKeys
from netra.ports.tokens import TokenCodec
from netra.settings import Secret, Settings

if TYPE_CHECKING:
    from netra.adapters.sql.stores import SqlStores


def ports_over(
    store: "SqlStores",
    settings: Settings,
    *,
    clock: Clock,
    incidents: Incidents,
    passwords: PasswordHasher,
    tokens: TokenCodec,
    prompt_keys: PromptKeys,
) -> Ports:
    """Return the ports of a single process over `store`."""
    prices = price_book(settings)
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
        identity_provider=identity_provider(settings, clock),
        language_model=None,
        passwords=passwords,
        tokens=tokens,
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(settings.rate_limits, clock=clock),
        intake_meter=LocalIntakeMeter(settings.intake_limits, clock=clock),
        threads=store.threads,
        runs=store.runs,
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
        workloads=store.workloads,
        decisions=store.decisions,
        event_log=store.event_log,
        event_outbox=None,
        telemetry_decoder=OtlpDecoder(),
        telemetry_staging=store.telemetry_staging,
        prompt_keys=prompt_keys,
        replays=store.replays,
        prices=prices,
        price_catalogue=prices,
        price_audit=GenaiPriceAudit(),
        log_files=request_logs(settings),
        probes=(store.probe,),
    )


def prompt_keys_of(settings: Settings, secret: Secret) -> SecretPromptKeys:
    """Return the keys under which prompts in telemetry are hashed, if the settings want that."""
    return SecretPromptKeys(secret.reveal() if settings.otlp_content == "hash" else None)


def tokens_of(settings: Settings, secret: Secret, clock: Clock) -> JwtTokenCodec:
    """Return the codec of access tokens, signed with `secret`; it accepts the previous secret too."""
    keys = [secret.reveal()]
    if settings.previous_secret is not None:
        keys.append(settings.previous_secret.reveal())
    return JwtTokenCodec(keys=keys, issuer=settings.issuer, audience=settings.audience, clock=clock)
