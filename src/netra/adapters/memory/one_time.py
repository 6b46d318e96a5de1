"""One-time values in a dictionary."""

from datetime import datetime
from typing import Final

from netra.domain.errors import Conflict, Unavailable

WAITING_MAX: Final = 100_000  # about 50 MB


class MemoryOneTimeBook:
    """`OneTimeBook` for tests and embedded programs; entries wait in the order of their end."""

    def __init__(self, *, waiting_max: int = WAITING_MAX) -> None:
        self._kept: dict[str, tuple[bytes, datetime]] = {}
        self._waiting_max = waiting_max

    async def keep(self, key: str, value: bytes, *, until: datetime) -> None:
        """Keep the value."""
        if key in self._kept:
            raise Conflict("This key is taken.")
        if len(self._kept) >= self._waiting_max:
            raise Unavailable("Too many sign-ins wait to be finished; try again in a moment.")
        self._kept[key] = value, until

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Return the value and forget it, and whatever is over."""
        value, until = self._kept.pop(key, (None, at))
        for late in [name for name, (_, end) in self._kept.items() if end <= at]:
            del self._kept[late]
        return value if until > at else None
