"""The models that have a price, as a list to choose from."""

from datetime import datetime
from typing import Protocol

from netra.domain.optimization.pricing import Tariff


class PriceCatalogue(Protocol):
    """Lists models with their list prices, from memory and without I/O."""

    @property
    def edition(self) -> str:
        """A name of all prices, the user's own included; another one where any of them may differ."""
        ...

    def listed(self, *, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return every model that makers sell for text at `at`, the user's own prices first.

        `at` None means today. Deprecated models, and those that answer in sound, images or video, are left
        out; a model that several providers serve is listed at its maker, or where it is well known. Sorted by
        provider and model after the user's own. The first call may take a second: call it in a thread.
        """
        ...
