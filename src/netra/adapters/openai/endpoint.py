"""The configured endpoint: model, address and price, as this adapter uses them."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from netra.adapters.openai.pricing import own_tariff
from netra.domain.optimization.pricing import Tariff
from netra.ports.prices import PriceBook
from netra.settings import Settings


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one address; `repr` shows only the model, because other fields may hold secrets."""

    model: str
    url: str
    key: str | None = None
    api: Literal["chat", "responses"] = "chat"
    silence_s: float = 20.0  # seconds; idle timeout before the first piece and between two pieces
    connections: int = 8
    backoff_s: float = 0.5  # seconds before the second attempt; doubled before the third
    tariff: Tariff | None = None  # None: the price is unknown

    def __repr__(self) -> str:
        """Return a text with the model's name only."""
        return f"Endpoint(model={self.model!r})"

    @property
    def is_openai(self) -> bool:
        """Whether the endpoint is OpenAI itself."""
        return urlsplit(self.url).hostname == "api.openai.com"


def endpoint_of(settings: Settings, *, prices: PriceBook) -> Endpoint:
    """Return the endpoint described by the settings.

    The price book has OpenAI's prices. It has no prices of another server, whatever the model's name there.
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
