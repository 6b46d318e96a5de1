"""Store of API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from netra.domain.ids import KeyId, UserId
from netra.domain.users.model import ApiKey


class ApiKeyStore(Protocol):
    """Stores API keys by the digest of their secret; the secret itself is never stored."""

    async def add(self, key: ApiKey, *, digest: str, max_per_user: int) -> None:
        """Store a new key.

        Raises `Conflict` when the id or the digest is taken, or when the owner already has `max_per_user`
        keys. Only keys that are neither revoked nor expired at `key.created_at` count towards that limit.
        """
        ...

    async def find(self, digest: str, *, at: datetime) -> ApiKey | None:
        """Return the key if it is neither revoked nor expired and its owner not disabled, else None."""
        ...

    async def is_live(self, key_id: KeyId, *, at: datetime) -> bool:
        """Return whether `find` would still return the key with this id."""
        ...

    async def all_of(self, owner_id: UserId) -> Sequence[ApiKey]:
        """Return the owner's keys that are not revoked, newest first, ties by id descending."""
        ...

    async def revoke(self, key_id: KeyId, *, owner_id: UserId, at: datetime) -> None:
        """Revoke the key. Raises `NotFound` when the owner has no such key that is not revoked."""
        ...

    async def revoke_all(self, owner_id: UserId, *, at: datetime) -> Sequence[KeyId]:
        """Revoke every key of the owner in one step; return the ids of those that were not revoked yet."""
        ...

    async def used(self, key_id: KeyId, *, at: datetime) -> None:
        """Set `last_used_at`; an unknown id does nothing."""
        ...
