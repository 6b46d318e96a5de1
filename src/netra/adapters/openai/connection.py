"""Opens the client of an endpoint, with its own limits, without logging and without redirects."""

import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from httpx2 import AsyncClient, Limits, Timeout
from openai import AsyncOpenAI

from netra.adapters.openai.bounds import bound
from netra.adapters.openai.breaker import Breaker
from netra.adapters.openai.chat import ChatDialect
from netra.adapters.openai.endpoint import Endpoint
from netra.adapters.openai.model import OpenAILanguageModel
from netra.adapters.openai.pricing import cost_usd as tariff_cost_usd
from netra.adapters.openai.probe import OpenAIProbe
from netra.adapters.openai.responses import ResponsesDialect
from netra.adapters.openai.stream import Dialect
from netra.adapters.resilience.backoff import Backoff
from netra.ports.clock import Clock
from netra.ports.language_model import Usage

CONNECT_S: Final = 5.0
SEND_S: Final = 10.0
# seconds between two attempts; usually their number and the deadline end them earlier
BACKOFF_S_MAX: Final = 60.0
NO_KEY: Final = "none"  # the library requires a key; servers without keys ignore it
LOGGERS: Final = ("openai", "httpx2", "httpcore2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The model, a function for the cost of its usage, and its health probe."""

    model: OpenAILanguageModel
    cost_usd: Callable[[Usage], float | None]
    probe: OpenAIProbe


@asynccontextmanager
async def open_openai(
    endpoint: Endpoint, *, clock: Clock, breaker: Breaker | None = None
) -> AsyncGenerator[Opened]:
    """Open the client, whether or not the endpoint is up, and close it on exit."""
    _silence()
    cost_usd = partial(tariff_cost_usd, tariff=endpoint.tariff)
    async with _http(endpoint) as http:
        client = AsyncOpenAI(
            api_key=endpoint.key or NO_KEY,
            base_url=endpoint.url,
            http_client=http,
            max_retries=0,
            default_headers={"Accept-Encoding": "identity"},
        )
        # the library reads these from the environment; only the settings count
        client.organization = client.project = None
        model = OpenAILanguageModel(
            name=endpoint.model,
            client=client,
            dialect=_dialect(endpoint),
            breaker=breaker or Breaker(clock=clock),
            concurrency=endpoint.connections,
            backoff=Backoff(
                first_s=endpoint.backoff_s, max_s=BACKOFF_S_MAX, jitter=random.SystemRandom().random
            ),
            cost_usd=cost_usd,
            clock=clock,
        )
        yield Opened(model=model, cost_usd=cost_usd, probe=OpenAIProbe(client, clock=clock))


def _dialect(endpoint: Endpoint) -> Dialect:
    if endpoint.api == "responses":
        return ResponsesDialect(model=endpoint.model)
    return ChatDialect(model=endpoint.model, is_openai=endpoint.is_openai)


def _http(endpoint: Endpoint) -> AsyncClient:
    """Return a client that follows no redirect: a prompt goes only to the configured address."""
    return AsyncClient(
        timeout=Timeout(connect=CONNECT_S, read=endpoint.silence_s, write=SEND_S, pool=endpoint.silence_s),
        limits=Limits(max_connections=endpoint.connections + 1),  # one for the probe
        follow_redirects=False,
        event_hooks={"response": [bound]},
    )


def _silence() -> None:
    """Limit the libraries' loggers to warnings, whatever the global level: they log addresses."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
