"""What models cost, as published."""

from datetime import datetime
from typing import Protocol

from netra.domain.optimization.pricing import Tariff


class PriceBook(Protocol):
    """List prices by model; answers from what it holds, without waiting for anything."""

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        """Return the list prices of `model` that hold at `at`, or None when it is not in the book.

        `model` is a name as logs spell it: letter case does not matter, and "provider/model" names
        both. `provider` None leaves the choice to the book; an unknown provider is an unknown price.
        `at` None means today. Single prices inside that nobody published are None, never zero; a
        `batch` tariff is there only when one is published for that instant.
        """
        ...

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return at most `limit` well-known models that cost less than `like`, `like` not among them.

        Less is by three input tokens and one output token. Those of the same provider come first,
        then the others; inside both the dearest first, as the nearest in price is the smallest step.
        """
        ...
