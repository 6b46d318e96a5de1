"""The price book over the data that ships with `genai-prices`; nothing here ever opens a connection."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from netra.adapters.prices.candidates import WELL_KNOWN
from netra.adapters.prices.names import MAKERS, provider_named, resembling, spellings, squeezed
from netra.adapters.prices.overrides import NO_OVERRIDES, Overrides
from netra.adapters.prices.timeline import source, tariff_at
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.tariff import HORIZON_MONTHS, months_after

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider


def today() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


MADE_MAX: Final = 4_096  # tariffs that are kept; a log names a few dozen models


def noon_of(day: date) -> datetime:
    """Return the middle of a day in UTC."""
    return datetime.combine(day, time(12), UTC)


class GenaiPriceBook:
    """List prices of genai-prices, with `overrides` before them.

    An override stands for every date, and for its provider alone when it names one. An alias has the prices
    of the model it stands for.
    """

    def __init__(self, *, overrides: Overrides = NO_OVERRIDES, now: Callable[[], datetime] = today) -> None:
        self._overrides = overrides.tariffs
        self._aliases = {alias.name.lower(): alias for alias in overrides.aliases}
        self._now = now
        self._data: DataSnapshot | None = None
        self._made: dict[tuple[str, str | None, date], Tariff | None] = {}
        self._listed: tuple[date, tuple[Tariff, ...]] | None = None
        self._squeezed: dict[str, tuple[Provider, ModelInfo]] | None = None

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        """Return the list prices of `model` at `at`; see the port."""
        alias = self._aliases.get(model.lower())
        if alias is not None:
            model, provider = alias.model, alias.provider or provider
        for override in self._overrides:
            if override.model.lower() == model.lower() and provider in (None, "", override.provider):
                return override
        day = (at or self._now()).date()
        key = (model, provider, day)
        if key not in self._made:
            if len(self._made) >= MADE_MAX:
                self._made.clear()
            found = self._found(model, provider)
            self._made[key] = None if found is None else tariff_at(*found, day=day)
        return self._made[key]

    @property
    def edition(self) -> str:
        """A name of all prices; see the port."""
        own = msgspec.json.encode((self._overrides, sorted(self._aliases.items())))
        return f"{source()} {sha256(own).hexdigest()}"

    def listed(self, *, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return every model that makers sell for text at `at`; see the port."""
        day = (at or self._now()).date()
        if self._listed is None or self._listed[0] != day:
            self._listed = (day, self._models_on(day))
        return self._listed[1]

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        """Return names that `model` may stand for; see the port."""
        own = {squeezed(override.model): override.model for override in self._overrides}
        known = {key: found.id for key, (_, found) in self._by_squeezed_name().items()}
        return resembling(model, known | own, limit=limit)

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return cheaper well-known models; see the port."""
        last = months_after((at or self._now()).date(), HORIZON_MONTHS)
        known = (self.tariff(model, provider=provider, at=at) for provider, model in WELL_KNOWN)
        cheaper = [
            tariff
            for tariff in (*self._overrides, *known)
            if tariff is not None
            and _blended_usd(tariff) < _blended_usd(like)
            and tariff.model != like.model
            and _is_sold(tariff, until=last)
        ]
        cheaper.sort(key=lambda tariff: (tariff.provider != like.provider, -_blended_usd(tariff)))
        return tuple(cheaper[:limit])

    def offers(self, is_meant: Callable[[str], bool], *, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return what every provider asks for a model; see the port."""
        day = (at or self._now()).date()
        last = months_after(day, HORIZON_MONTHS)
        known = (
            tariff_at(provider, model, day=day)
            for provider in self._snapshot().providers
            for model in provider.models
            if is_meant(model.id)
        )
        own = [tariff for tariff in self._overrides if is_meant(tariff.model)]
        overridden = {(tariff.provider, tariff.model) for tariff in own}
        return tuple(
            tariff
            for tariff in (*own, *known)
            if tariff is not None
            and (tariff in own or (tariff.provider, tariff.model) not in overridden)
            and tariff.modality is None
            and _blended_usd(tariff) > 0.0
            and _is_sold(tariff, until=last)
        )

    def _models_on(self, day: date) -> tuple[Tariff, ...]:
        known: dict[tuple[str, str], Tariff] = {}
        for provider in self._snapshot().providers:
            for model in provider.models:
                is_listed = provider.id in MAKERS or (provider.id, model.id) in WELL_KNOWN
                tariff = tariff_at(provider, model, day=day) if is_listed else None
                if tariff is not None and tariff.modality is None and not tariff.is_deprecated:
                    known[(tariff.provider, tariff.model)] = tariff
        return (*self._overrides, *(known[key] for key in sorted(known)))

    def _found(self, model: str, provider: str | None) -> "tuple[Provider, ModelInfo] | None":
        for provider_id, name in spellings(model.strip(), (provider or "").strip() or None):
            try:
                return self._snapshot().find_provider_model(name, None, provider_id, None)
            except LookupError:
                continue
        return self._named(model, provider)

    def _named(self, model: str, provider: str | None) -> "tuple[Provider, ModelInfo] | None":
        """Return the one model of a maker that is spelled like this, leaving out case, spaces and order."""
        before, _, name = model.rpartition("/")
        maker = provider_named(provider or before) or ""
        if maker and all(known.id != maker for known in self._snapshot().providers):
            return None
        found = self._by_squeezed_name().get(squeezed(name))
        return found if found is not None and maker in {"", found[0].id} else None

    def _by_squeezed_name(self) -> "dict[str, tuple[Provider, ModelInfo]]":
        """Return the makers' models by their squeezed ids and names, where those are of one model only."""
        if self._squeezed is None:
            found: dict[str, tuple[Provider, ModelInfo]] = {}
            ambiguous: set[str] = set()
            makers = [provider for provider in self._snapshot().providers if provider.id in MAKERS]
            for provider in sorted(makers, key=lambda provider: MAKERS.index(provider.id)):
                for model in provider.models:
                    for key in {squeezed(model.id), squeezed(model.name or model.id)}:
                        if found.setdefault(key, (provider, model))[1].id != model.id:
                            ambiguous.add(key)
            self._squeezed = {key: pair for key, pair in found.items() if key not in ambiguous}
        return self._squeezed

    def _snapshot(self) -> "DataSnapshot":
        # Loading takes 1 s and 40 MiB, which a service that only answers health checks never pays.
        if self._data is None:
            from genai_prices.data import providers
            from genai_prices.data_snapshot import DataSnapshot

            self._data = DataSnapshot(providers=providers, from_auto_update=False)
        return self._data


def _is_sold(tariff: Tariff, *, until: date) -> bool:
    """Return whether the provider serves the model until that day, as far as is known."""
    return not tariff.is_deprecated and (tariff.retires is None or tariff.retires > until)


def _blended_usd(tariff: Tariff) -> float:
    """Return the dollars of three input tokens and one output token, a usual mix of chat."""
    return 3 * tariff.input.usd_per_token + tariff.output.usd_per_token
