"""Published prices of models."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from netra.domain.optimization.pricing import Tariff


class PriceBook(Protocol):
    """List prices by model, served from memory without I/O."""

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        """Return the list prices of `model` that apply at `at`, or None when the book has no such model.

        `model` is a name as it appears in logs: case-insensitive; "provider/model" names both. The ids of
        Bedrock, Azure and Vertex and names as people write them ("Claude Sonnet 4.5") are understood if they
        name one model. With `provider` None the book chooses the provider; an unknown provider has no price.
        `at` None means today. Inside a tariff an unpublished price is None, never zero; `batch` is present
        only when a batch tariff is published for that instant. `dated` has the prices of other days, also
        announced ones; `retires` is the day the provider stops serving the model.
        """
        ...

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        """Return at most `limit` names in the book that `model`, which is not in it, may stand for.

        The likeliest comes first; empty if nothing resembles it.
        """
        ...

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return at most `limit` well-known models that are cheaper than `like`, excluding `like` itself.

        The price compared is that of three input tokens and one output token. Models of the same provider
        come first, then the others; within each group the most expensive first, since it is the smallest step
        down. A model that is deprecated or retires within 12 months of `at` is never among them.
        """
        ...

    def offers(self, is_meant: Callable[[str], bool], *, at: datetime | None = None) -> tuple[Tariff, ...]:
        """Return what every provider asks for the text models whose id `is_meant` accepts, in any order.

        `is_meant` gets each provider's own id of a model ("meta-llama/Llama-3.1-8B-Instruct"). A model that
        is deprecated, retires within 12 months of `at` or costs nothing is never among them.
        """
        ...
