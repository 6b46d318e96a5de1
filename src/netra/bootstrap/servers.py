"""The servers that settings may name, opened over one process's own ports: the second half of `bootstrap`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from netra.adapters.local.private_folder import private_folder
from netra.domain.spending import BudgetedLanguageModel
from netra.domain.workloads.delivery import archived
from netra.plugboard import Ports
from netra.ports.call_outbox import EventOutbox
from netra.ports.spending import SpendingBook
from netra.settings import Settings, package_missing

CHDB_NAMES: Final = ("metadata", "store")  # what every folder of an embedded ClickHouse has


@asynccontextmanager
async def with_shared(ports: Ports, settings: Settings) -> AsyncGenerator[Ports]:
    """Open Redis, where the settings name one, between `ports` and the processes they are to share with."""
    if settings.redis_url is None:
        yield ports
        return
    try:
        from netra.adapters.redis.connection import Shared, open_redis  # an extra
    except ModuleNotFoundError as error:
        raise package_missing(error.name, "redis", needed_by="NETRA_REDIS_URL") from error
    local = Shared(
        sessions=ports.sessions,
        tickets=ports.tickets,
        limiter=ports.limiter,
        intake_meter=ports.intake_meter,
        feed=ports.feed,
        bell=ports.bell,
    )
    url = settings.redis_url.reveal()
    async with open_redis(url, local, clock=ports.clock, incidents=ports.incidents) as (shared, probe):
        yield replace(
            ports,
            sessions=shared.sessions,
            tickets=shared.tickets,
            limiter=shared.limiter,
            intake_meter=shared.intake_meter,
            feed=shared.feed,
            bell=shared.bell,
            probes=(*ports.probes, probe),
        )


@asynccontextmanager
async def with_archive(ports: Ports, settings: Settings, outbox: EventOutbox) -> AsyncGenerator[Ports]:
    """Open ClickHouse, where the settings name one, and hand events on to it until the block ends."""
    if settings.clickhouse_url is None:
        yield ports
        return
    try:
        from netra.adapters.clickhouse.connection import open_clickhouse  # an extra, and slow to import
    except ModuleNotFoundError as error:
        raise package_missing(error.name, "clickhouse", needed_by="NETRA_CLICKHOUSE_URL") from error
    url = settings.clickhouse_url.reveal()
    if url.startswith("chdb:"):
        private_folder(Path(urlsplit(url).path), holds=CHDB_NAMES)
    kept_for = timedelta(days=settings.clickhouse_retention_days) or None
    async with (
        open_clickhouse(url, clock=ports.clock, kept_for=kept_for) as opened,
        archived(
            ports.event_log,
            outbox=outbox,
            archive=opened.archive,
            quotas=settings.quotas,
            clock=ports.clock,
            incidents=ports.incidents,
        ) as log,
    ):
        yield replace(ports, event_log=log, event_outbox=outbox, probes=(*ports.probes, opened.probe))


@asynccontextmanager
async def with_language_model(ports: Ports, settings: Settings, book: SpendingBook) -> AsyncGenerator[Ports]:
    """Open the way to a language model, where the settings name one, and keep it to its budgets."""
    if not settings.has_language_model:
        yield ports
        return
    try:
        from netra.adapters.openai.connection import open_openai  # an extra, and slow to import
        from netra.adapters.openai.endpoint import endpoint_of
    except ModuleNotFoundError as error:
        raise package_missing(error.name, "openai", needed_by="A language model") from error
    endpoint = endpoint_of(settings, prices=ports.prices)
    async with open_openai(endpoint, clock=ports.clock) as opened:
        model = BudgetedLanguageModel(
            opened.model,
            budgets=settings.language_model_budgets,
            book=book,
            clock=ports.clock,
            incidents=ports.incidents,
            cost_usd=opened.cost_usd,
        )
        yield replace(ports, language_model=model, probes=(*ports.probes, opened.probe))
