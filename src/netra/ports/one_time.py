"""Where things are kept that count once, and not for long."""

from datetime import datetime
from typing import Protocol


class OneTimeBook(Protocol):
    """Values under keys that nobody can guess, each taken at most once, in whatever process."""

    async def keep(self, key: str, value: bytes, *, until: datetime) -> None:
        """Keep `value`. Raises `Conflict` when the key is taken, `Unavailable` when too many wait."""
        ...

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Return the value and forget it; None when unknown, taken, or `until` is not after `at`.

        Of many who try at once one gets it.
        """
        ...
