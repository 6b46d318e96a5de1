"""Stores known addresses in a dictionary."""

from datetime import datetime

from netra.domain.ids import UserId


class MemoryKnownAddressStore:
    """`KnownAddressStore` for tests and embedded programs."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[UserId, datetime]] = {}

    async def is_known(self, digest: str, *, at: datetime) -> bool:
        """Return whether the digest is stored and has not expired."""
        kept = self._known.get(digest)
        return kept is not None and kept[1] > at

    async def remember(
        self, user_id: UserId, digest: str, *, at: datetime, until: datetime, max_per_user: int
    ) -> None:
        """Store the digest; delete expired digests and those above the limit."""
        self._known[digest] = user_id, until
        expired = [key for key, (_, end) in self._known.items() if end <= at]
        for key in expired:
            del self._known[key]
        own = [key for key, (owner, _) in self._known.items() if owner == user_id]
        own.sort(key=lambda key: (self._known[key][1], key), reverse=True)
        for key in own[max_per_user:]:
            del self._known[key]
