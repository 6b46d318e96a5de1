"""Store of short-lived, single-use values."""

from datetime import datetime
from typing import Protocol


class OneTimeBook(Protocol):
    """Stores values under unguessable keys; each can be taken at most once over all processes."""

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
        """Store `value` for `client` until `until`, after deleting all values that have expired at `at`.

        Raises `Conflict` when the key is taken; `RateLimited` when the client already has `max_per_client`
        values (`retry_after_s` says when the first of them expires); `Unavailable` when all clients together
        have `max_in_all`. Concurrent clients may each exceed `max_in_all` by one.
        """
        ...

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Delete and return the value; None when unknown, already taken, or `until` is not after `at`.

        A race has one winner.
        """
        ...
