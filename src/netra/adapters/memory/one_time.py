"""Stores one-time values in a dictionary."""

from datetime import datetime

import msgspec

from netra.domain.errors import Conflict, Unavailable
from netra.domain.users.rules import too_many_waiting


class Kept(msgspec.Struct, frozen=True):
    """A value, its client, and when it expires."""

    value: bytes
    client: str
    until: datetime


class MemoryOneTimeBook:
    """`OneTimeBook` for tests and embedded programs."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    async def keep(
        self,
        key: str,
        value: bytes,
        *,
        client: str,
        at: datetime,
        until: datetime,
        max_per_client: int,
        max_in_all: int,
    ) -> None:
        """Store the value."""
        self._forget_expired(at)
        if key in self._kept:
            raise Conflict("This key already exists.")
        own = [kept.until for kept in self._kept.values() if kept.client == client]
        if len(own) >= max_per_client:
            raise too_many_waiting(first_ends_s=(min(own) - at).total_seconds())
        if len(self._kept) >= max_in_all:
            raise Unavailable("Too many sign-ins are in progress; try again in a moment.")
        self._kept[key] = Kept(value, client, until)

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Delete and return the value; also delete all expired ones."""
        kept = self._kept.pop(key, None)
        self._forget_expired(at)
        return None if kept is None or kept.until <= at else kept.value

    def _forget_expired(self, at: datetime) -> None:
        for key in [key for key, kept in self._kept.items() if kept.until <= at]:
            del self._kept[key]
