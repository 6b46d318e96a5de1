"""Where things are kept that count once, and not for long."""

from datetime import datetime
from typing import Protocol


class OneTimeBook(Protocol):
    """Values under keys that nobody can guess, each taken at most once, in whatever process."""

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
        """Keep `value` for `client` until `until`; what has expired at `at` is deleted first.

        Raises `Conflict` when the key is taken, `RateLimited` when the client keeps `max_per_client`
        values already (it says when the first of them expires), `Unavailable` when all clients together
        keep `max_in_all`. Clients that race may pass `max_in_all` by one each.
        """
        ...

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Return the value and forget it; None when unknown, taken, or `until` is not after `at`.

        Of many who try at once one gets it.
        """
        ...
