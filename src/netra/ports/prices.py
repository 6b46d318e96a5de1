"""What models cost, as published."""

from datetime import datetime
from typing import Protocol

from netra.domain.optimization.pricing import Tariff


class PriceBook(Protocol):
    """List prices by model; answers from what it holds, without waiting for anything."""

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        """Return the list prices of `model` that hold at `at`, or None when it is not in the book.

        `model` is a name as logs spell it: letter case does not matter, and "provider/model" names
        both; the ids of Bedrock, Azure and Vertex and names as people write them ("Claude Sonnet 4.5") are
        understood where they name one model. `provider` None leaves the choice to the book; an unknown
        provider is an unknown price.
        `at` None means today. Single prices inside that nobody published are None, never zero; a
        `batch` tariff is there only when one is published for that instant. `dated` has the prices of other
        days, those announced for the future among them; `retires` the day the provider stops serving it.
        """
        ...

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        """Return at most `limit` names in the book that `model`, which is not in it, may stand for.

        The likeliest comes first; empty where nothing resembles it.
        """
        ...

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return at most `limit` well-known models that cost less than `like`, `like` not among them.

        No model is among them that is deprecated or retires within 12 months of `at`.

        Less is by three input tokens and one output token. Those of the same provider come first,
        then the others; inside both the dearest first, as the nearest in price is the smallest step.
        """
        ...
