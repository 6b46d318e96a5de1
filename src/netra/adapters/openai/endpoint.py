"""Which model is asked, where, and at what price: the settings, as this adapter uses them."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from netra.adapters.openai.pricing import own_tariff
from netra.domain.optimization.pricing import Tariff
from netra.ports.prices import PriceBook
from netra.settings import Settings


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one address; `repr` names the model alone, as the rest may hold secrets."""

    model: str
    url: str
    key: str | None = None
    api: Literal["chat", "responses"] = "chat"
    silence_s: float = 20.0  # the longest pause between two pieces, and before the first
    connections: int = 8
    backoff_s: float = 0.5  # before the second attempt; doubled before the third
    tariff: Tariff | None = None  # None: nobody knows what it costs

    def __repr__(self) -> str:
        """Name the model."""
        return f"Endpoint(model={self.model!r})"

    @property
    def is_openai(self) -> bool:
        """Whether OpenAI itself answers."""
        return urlsplit(self.url).hostname == "api.openai.com"


def endpoint_of(settings: Settings, *, prices: PriceBook) -> Endpoint:
    """Return the endpoint that the settings name.

    The price book knows what OpenAI charges; of another server's prices it knows nothing, whatever
    the model is called there.
    """
    key = settings.language_model_key
    endpoint = Endpoint(
        model=settings.language_model,
        url=settings.language_model_url,
        key=None if key is None else key.reveal(),
        api=settings.language_model_api,
        silence_s=settings.language_model_silence_s,
        connections=settings.language_model_connections,
    )
    return msgspec.structs.replace(endpoint, tariff=_tariff(settings, endpoint, prices=prices))


def _tariff(settings: Settings, endpoint: Endpoint, *, prices: PriceBook) -> Tariff | None:
    input_usd, output_usd = settings.language_model_input_usd, settings.language_model_output_usd
    if input_usd is not None and output_usd is not None:
        cached_input_usd = settings.language_model_cached_input_usd
        return own_tariff(
            endpoint.model, input_usd=input_usd, cached_input_usd=cached_input_usd, output_usd=output_usd
        )
    return prices.tariff(endpoint.model, provider="openai") if endpoint.is_openai else None
