"""Where the addresses are kept from which accounts have signed in."""

from datetime import datetime
from typing import Protocol

from netra.domain.ids import UserId


class KnownAddressStore(Protocol):
    """Digests of an account and an address, each of one user, until it expires."""

    async def is_known(self, digest: str, *, at: datetime) -> bool:
        """Return whether the digest was remembered and expires after `at`."""
        ...

    async def remember(
        self, user_id: UserId, digest: str, *, at: datetime, until: datetime, max_per_user: int
    ) -> None:
        """Keep the digest until `until`, also one that is kept already, in one step.

        Of more than `max_per_user` of the user those that expire first are forgotten. What has expired
        at `at` is forgotten for all users.
        """
        ...
