"""The prices of one analysis, and the assignment of a tariff to each call."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import numpy as np

from netra.domain.optimization.tariff import Tariff, served, tier_named
from netra.domain.workloads.columns import Codes, Events, Ints, Labels, places_of


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The tariffs that one analysis needs: of every model label in the log, and of candidate models."""

    tariffs: Mapping[str, Tariff]  # by the log's own model label; absent means not in the price book
    candidates: tuple[Tariff, ...] = ()
    assumed: Mapping[
        str, str
    ] = {}  # label -> the model it is priced as, if the log or the user does not determine it
    at_providers: Mapping[tuple[str, str], Tariff | None] = {}  # by (label, provider), where several serve it
    as_of: date | None = None  # the day whose prices the tariffs hold; None: they have no history
    suggestions: Mapping[str, tuple[str, ...]] = {}  # label without a price -> models it may stand for
    unpriceable: Mapping[str, str] = {}  # label without a price -> the reason
    same_weights: Mapping[str, tuple[Tariff, ...]] = {}  # label of an open model -> all who sell its weights

    def tariff_of(self, label: str, *, provider: str | None) -> Tariff | None:
        """Return the prices of one call, its provider's own where several serve the model, or None."""
        usual = self.tariffs.get(label)
        return usual if provider is None else self.at_providers.get((label, provider), usual)

    def known(self) -> tuple[Tariff, ...]:
        """Return every tariff that may apply to a call of the log."""
        return (*self.tariffs.values(), *(found for found in self.at_providers.values() if found is not None))


def tariffs_met(events: Events, prices: PriceList) -> tuple[list[Tariff | None], Codes]:
    """Return the tariffs of the log's models by provider, tier and region, and each call's index."""
    met = _served(events, prices)
    tariffs: list[Tariff | None] = []
    for model, provider, tier, region in met.by:
        usual = None if model is None else prices.tariff_of(model, provider=provider)
        tariffs.append(None if usual is None else served(usual, tier=tier_named(tier), region=region))
    return tariffs, met.codes


class _Served(msgspec.Struct, frozen=True, kw_only=True):
    # (model, provider, tier, region); the provider only where it matters
    by: tuple[tuple[str | None, str | None, str | None, str | None], ...]
    codes: Codes  # by[codes[i]] served event i


def _served(events: Events, prices: PriceList) -> _Served:
    provider = events.provider if prices.at_providers else None
    columns = (events.model, provider, events.service_tier, events.region)
    names = [((None,) if column is None else (*column.names, None)) for column in columns]
    cells = np.zeros(len(events), np.int64)
    for column, known in zip(columns, names, strict=True):
        if column is not None:
            cells = cells * len(known) + column.codes % len(known)
    found, codes = places_of(cells) if _is_split(columns) else _all_of(cells, names[0])
    by: list[tuple[str | None, str | None, str | None, str | None]] = []
    cells_met: list[int] = found.tolist()
    for cell in cells_met:
        rest = cell
        chosen: list[str | None] = []
        for known in reversed(names):
            rest, place = divmod(rest, len(known))
            chosen.append(known[place])
        region, tier, served_by, model = chosen
        by.append((model, served_by, tier, region))
    return _Served(by=tuple(by), codes=codes.astype(np.int32))


def _is_split(columns: Sequence[Labels | None]) -> bool:
    return any(column is not None for column in columns[1:])


def _all_of(cells: Ints, models: Sequence[str | None]) -> tuple[Ints, Ints]:
    """Return one group per model, for logs in which only the model determines the price."""
    return np.arange(len(models)), cells


def labels_needed(events: Events) -> tuple[str, ...]:
    """Return the model labels that at least one event carries, in the order of the label column."""
    used: list[int] = np.unique(events.model.codes).tolist()
    return tuple(events.model.names[code] for code in used if code >= 0)


def unpriced_labels(events: Events, prices: PriceList) -> tuple[str, ...]:
    """Return the models without a tariff for some call, with the provider if several serve the model."""
    met = _served(events, prices)
    tariffs, codes = tariffs_met(events, prices)
    used: list[int] = np.unique(codes).tolist()
    split = {model for model, _ in prices.at_providers}
    names: list[str] = []
    for model, provider, tier, _ in (met.by[code] for code in used if tariffs[code] is None):
        if model is None:
            continue
        name = f"{model} at {provider}" if model in split and provider is not None else model
        has_price = prices.tariff_of(model, provider=provider) is not None
        names.append(f"{name} (service tier {tier})" if has_price else name)
    return tuple(dict.fromkeys(names))
