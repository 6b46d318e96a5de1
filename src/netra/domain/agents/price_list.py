"""Gathering the prices that one analysis needs, from the book and from what the user said."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from netra.domain.optimization.pricing import PriceList, Tariff, labels_needed
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import UNSPECIFIED_MODEL
from netra.ports.prices import PriceBook

CANDIDATES_MAX: Final = 12  # each one bills the whole log again


def price_list(
    events: Events,
    book: PriceBook,
    *,
    default_model: str,
    model: str | None = None,
    asked_about: Sequence[str] = (),
) -> PriceList:
    """Return today's tariff of every model label in `events`, and of models it could move to.

    `model` prices the whole log as that one; without it, calls of a log that names no model are
    priced as `default_model`. Either is in `assumed`. A label whose price is not in the book is
    absent. Models `asked_about` come first among the candidates, be they cheaper or not.
    """
    tariffs: dict[str, Tariff] = {}
    assumed: dict[str, str] = {}
    for label in labels_needed(events):
        priced_as = model or (default_model if label == UNSPECIFIED_MODEL else label)
        if priced_as != label:
            assumed[label] = priced_as
        provider = _provider_of(events, label) if priced_as == label else None
        tariff = book.tariff(priced_as, provider=provider)
        if tariff is not None:
            tariffs[label] = tariff
    return PriceList(
        tariffs=tariffs, candidates=_candidates(book, [*tariffs.values()], asked_about), assumed=assumed
    )


def _provider_of(events: Events, label: str) -> str | None:
    """Return the provider that served most calls of `label`, the first of equals; None if unnamed."""
    if events.provider is None:
        return None
    codes = events.provider.codes[events.model.codes == events.model.names.index(label)]
    named = codes[codes >= 0]
    return events.provider.names[int(np.bincount(named).argmax())] if len(named) else None


def _candidates(book: PriceBook, served: Sequence[Tariff], asked_about: Sequence[str]) -> tuple[Tariff, ...]:
    asked = [tariff for name in asked_about if (tariff := book.tariff(name)) is not None]
    cheaper = [tariff for like in served for tariff in book.candidates(like)]
    unique = {(tariff.provider, tariff.model): tariff for tariff in (*asked, *cheaper)}
    return tuple(unique.values())[:CANDIDATES_MAX]
