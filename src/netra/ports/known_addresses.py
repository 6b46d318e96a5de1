"""Store of the addresses from which accounts have signed in."""

from datetime import datetime
from typing import Protocol

from netra.domain.ids import UserId


class KnownAddressStore(Protocol):
    """Stores digests of account and address until they expire; each belongs to one user."""

    async def is_known(self, digest: str, *, at: datetime) -> bool:
        """Return whether the digest is stored and expires after `at`."""
        ...

    async def remember(
        self, user_id: UserId, digest: str, *, at: datetime, until: datetime, max_per_user: int
    ) -> None:
        """Store the digest until `until`, replacing an earlier expiry, in one step.

        When the user then has more than `max_per_user` digests, those that expire first are deleted. Digests
        of any user that have expired at `at` are deleted too.
        """
        ...
