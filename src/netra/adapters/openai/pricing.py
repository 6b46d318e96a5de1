"""The cost of an answer: its tokens at the model's tariff, from the price book or the settings."""

import math

from netra.domain.optimization.pricing import Rate, Tariff
from netra.ports.language_model import Usage


def cost_usd(usage: Usage, tariff: Tariff | None) -> float | None:
    """Return the cost in US dollars, rounded up to a nano-dollar; None if the price is unknown.

    Cost = (input - cached) x input price + cached x cached price + output x output price + price per request;
    the tier is chosen by the request's own input. Cached input without a price of its own is charged as
    input. For 1,200 input tokens, 1,000 of them cached, and 100 output tokens at 2.50, 1.25 and 10 dollars
    per million:

    >>> rates = [Rate(usd_per_token=usd) for usd in (2.5e-6, 1.25e-6, 10e-6)]
    >>> tariff = Tariff(model="m", provider="p", input=rates[0], cached_input=rates[1], output=rates[2])
    >>> cost_usd(Usage(input_tokens=1_200, cached_input_tokens=1_000, output_tokens=100), tariff)
    0.00275
    """
    if tariff is None:
        return None
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    usd = (
        (usage.input_tokens - cached) * _usd_per_token(tariff.input, usage)
        + cached * _usd_per_token(tariff.cached_input or tariff.input, usage)
        + usage.output_tokens * _usd_per_token(tariff.output, usage)
        + tariff.usd_per_request
    )
    return math.ceil(round(usd * 1e9, 3)) / 1e9


def own_tariff(model: str, *, input_usd: float, cached_input_usd: float | None, output_usd: float) -> Tariff:
    """Return the tariff from the operator's settings, in US dollars per million tokens."""
    cached = None if cached_input_usd is None else Rate(usd_per_token=cached_input_usd / 1e6)
    return Tariff(
        model=model,
        provider="settings",
        input=Rate(usd_per_token=input_usd / 1e6),
        cached_input=cached,
        output=Rate(usd_per_token=output_usd / 1e6),
        source="settings",
    )


def _usd_per_token(rate: Rate, usage: Usage) -> float:
    usd = rate.usd_per_token
    for above_tokens, usd_per_token in rate.tiers:
        if usage.input_tokens > above_tokens:
            usd = usd_per_token
    return usd
