"""Collect the prices that an analysis needs from the price book and the user's choices."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.weights import weights_key
from netra.domain.optimization.price_list import PriceList, labels_needed
from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.columns import Events
from netra.domain.workloads.folding import folded
from netra.domain.workloads.model import UNSPECIFIED_MODEL
from netra.ports.prices import PriceBook

CANDIDATES_MAX: Final = 12  # most candidate models; each bills the whole log again


def price_list(
    events: Events,
    book: PriceBook,
    *,
    default_model: str,
    model: str | None = None,
    asked_about: Sequence[str] = (),
    hardware: Hardware | None = None,
) -> PriceList:
    """Return the tariff of every model label in `events`, and of candidate models.

    Prices are those of the book's day, with the changes known before and after it. `model` prices the whole
    log as that model. Without it, calls of a log without model names are priced as `default_model`. Both
    substitutions are in `assumed`. A label without a price in the book is absent, and `suggestions` has the
    names that it may stand for. Tokens of a model that makes audio, images or video are not priced as text.
    If several providers serve a label, each call gets its own provider's prices; a call without a provider
    gets the book's choice. Models in `asked_about` come first among the candidates, whatever they cost.
    For the open models that `hardware` knows, `same_weights` has what every provider asks for them.
    """
    events, _ = folded(events)  # one look-up per name; a study has at most these names
    tariffs: dict[str, Tariff] = {}
    at_providers: dict[tuple[str, str], Tariff | None] = {}
    assumed: dict[str, str] = {}
    for label in labels_needed(events):
        priced_as = model or (default_model if label == UNSPECIFIED_MODEL else label)
        if priced_as != label:
            assumed[label] = priced_as
        providers = _providers_of(events, label) if priced_as == label else [None]
        found = {provider: _text(book.tariff(priced_as, provider=provider)) for provider in providers}
        usual = found.get(None, found[providers[0]])
        if usual is not None:
            tariffs[label] = usual
        if len(found) > 1:
            at_providers |= {(label, name): tariff for name, tariff in found.items() if name is not None}
    prices = PriceList(tariffs=tariffs, assumed=assumed, at_providers=at_providers)
    known = prices.known()
    candidates = _candidates(book, known, asked_about)
    return msgspec.structs.replace(
        prices,
        candidates=candidates,
        as_of=next((tariff.as_of for tariff in (*known, *candidates) if tariff.as_of is not None), None),
        suggestions={
            label: book.similar(assumed.get(label, label))
            for label in labels_needed(events)
            if label not in tariffs
        },
        same_weights={} if hardware is None else _same_weights(events, book, hardware, assumed),
    )


def _same_weights(
    events: Events, book: PriceBook, hardware: Hardware, assumed: Mapping[str, str]
) -> dict[str, tuple[Tariff, ...]]:
    """Return the offers of each open model of the log, in one pass over the book."""
    keys = {label: weights_key(assumed.get(label, label)) for label in labels_needed(events)}
    is_open = {label for label in keys if hardware.find_model(assumed.get(label, label)) is not None}
    wanted = {keys[label] for label in is_open} - {()}
    if not wanted:
        return {}
    offers = book.offers(lambda name: weights_key(name) in wanted)
    found = {
        label: tuple(offer for offer in offers if weights_key(offer.model) == keys[label])
        for label in is_open
    }
    return {label: of_label for label, of_label in sorted(found.items()) if of_label}


def with_asked_about(prices: PriceList, book: PriceBook, names: Sequence[str]) -> PriceList:
    """Return the prices with the models of `names` first among the candidates."""
    return msgspec.structs.replace(prices, candidates=_candidates(book, prices.known(), names))


def _text(tariff: Tariff | None) -> Tariff | None:
    """Return the tariff of a model that answers in text."""
    return None if tariff is None or tariff.modality is not None else tariff


def _providers_of(events: Events, label: str) -> list[str | None]:
    """Return the providers of `label`, most calls first; None stands for calls without a provider."""
    if events.provider is None:
        return [None]
    names = (*events.provider.names, None)
    codes = events.provider.codes[events.model.codes == events.model.names.index(label)] % len(names)
    calls = np.bincount(codes, minlength=len(names))
    return [names[code] for code in np.argsort(-calls, kind="stable").tolist() if calls[code]]


def _candidates(book: PriceBook, served: Sequence[Tariff], asked_about: Sequence[str]) -> tuple[Tariff, ...]:
    asked = [tariff for name in asked_about if (tariff := _text(book.tariff(name))) is not None]
    cheaper = [tariff for like in served for tariff in book.candidates(like)]
    unique = {(tariff.provider, tariff.model): tariff for tariff in (*asked, *cheaper)}
    return tuple(unique.values())[:CANDIDATES_MAX]
