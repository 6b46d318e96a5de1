"""Prices calls of an open model at every provider that the price book has of its weights.

Formula: `price = sum over the calls of the provider's list price of the same tokens`. Valid for calls that
fit the provider's context window; a provider with a smaller one is left out. Proposes nothing.
"""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.own_fleet import bought
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import Bools, list_prices_usd, taken
from netra.domain.workloads.columns import Floats


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One provider of the same weights, and what it asks for the calls."""

    tariff: Tariff
    by_call_usd: Floats  # of the chosen calls, in their order

    @property
    def usd(self) -> float:
        """Dollars of the chosen calls, over the log's span."""
        return float(self.by_call_usd.sum())

    @property
    def name(self) -> str:
        """The model and its provider, as a sentence names them."""
        return f"{self.tariff.model} at {self.tariff.provider}"


def offers_of(study: Study, where: Bools) -> tuple[Offer, ...]:
    """Return the offers for the calls in `where`, cheapest first; refused calls cost nothing anywhere."""
    chosen = np.flatnonzero(where & ~study.traffic.unpaid)
    labels = study.events.model
    codes: list[int] = np.unique(labels.codes[chosen]).tolist()
    used = {labels.names[code] for code in codes if code >= 0}
    sold = {
        (tariff.provider, tariff.model): tariff
        for label in sorted(used)
        for tariff in (*_usual(study, label), *study.prices.same_weights.get(label, ()))
    }
    tokens = study.traffic.input_tokens[chosen] + study.traffic.output_tokens[chosen]
    longest = int(tokens.max(initial=0))
    found = [
        Offer(tariff=tariff, by_call_usd=_priced(study, chosen, tariff))
        for tariff in sold.values()
        if tariff.context_window_tokens is None or longest <= tariff.context_window_tokens
    ]
    return tuple(sorted(found, key=lambda offer: (offer.usd, offer.tariff.provider, offer.tariff.model)))


def _usual(study: Study, label: str) -> tuple[Tariff, ...]:
    """Return the price book's own choice for the label."""
    tariff = study.prices.tariffs.get(label)
    return () if tariff is None else (tariff,)


def _priced(study: Study, chosen: np.ndarray[tuple[int], np.dtype[np.intp]], to: Tariff) -> Floats:
    calls = taken(study.traffic, chosen)
    everywhere = np.ones(len(chosen), np.bool_)
    return list_prices_usd(bought(calls, where=everywhere, to=to))
