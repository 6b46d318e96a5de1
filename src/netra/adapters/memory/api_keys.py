"""Stores API keys in a dictionary."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from netra.adapters.memory.users import MemoryUserStore
from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import KeyId, UserId
from netra.domain.users.model import ApiKey


class MemoryApiKeyStore:
    """`ApiKeyStore` for tests and embedded programs; `users` says which owners are disabled."""

    def __init__(self, users: MemoryUserStore) -> None:
        self._users = users
        self._keys: dict[KeyId, ApiKey] = {}
        self._by_digest: dict[str, KeyId] = {}

    async def add(self, key: ApiKey, *, digest: str, max_per_user: int) -> None:
        """Store a new key."""
        if key.id in self._keys or digest in self._by_digest:
            raise Conflict("This key was made before, and may have been revoked since.")
        own = [one for one in self._keys.values() if one.owner_id == key.owner_id]
        if sum(_counts(one, at=key.created_at) for one in own) >= max_per_user:
            raise Conflict(f"You already have {max_per_user} live keys; revoke one first.")
        self._keys[key.id] = key
        self._by_digest[digest] = key.id

    async def find(self, digest: str, *, at: datetime) -> ApiKey | None:
        """Return the key if it is valid."""
        key_id = self._by_digest.get(digest)
        return None if key_id is None or not await self.is_live(key_id, at=at) else self._keys[key_id]

    async def is_live(self, key_id: KeyId, *, at: datetime) -> bool:
        """Return whether the key is valid."""
        key = self._keys.get(key_id)
        if key is None or not _counts(key, at=at):
            return False
        owner = await self._users.find(key.owner_id)
        return owner is not None and owner.disabled_at is None

    async def all_of(self, owner_id: UserId) -> Sequence[ApiKey]:
        """Return the owner's keys that are not revoked, newest first."""
        own = [one for one in self._keys.values() if one.owner_id == owner_id and one.revoked_at is None]
        return sorted(own, key=lambda one: (one.created_at, one.id), reverse=True)

    async def revoke(self, key_id: KeyId, *, owner_id: UserId, at: datetime) -> None:
        """Revoke the key."""
        key = self._keys.get(key_id)
        if key is None or key.owner_id != owner_id or key.revoked_at is not None:
            raise NotFound("key", key_id)
        self._keys[key_id] = msgspec.structs.replace(key, revoked_at=at)

    async def revoke_all(self, owner_id: UserId, *, at: datetime) -> Sequence[KeyId]:
        """Revoke every key of the owner."""
        revoked = [key.id for key in await self.all_of(owner_id)]
        for key_id in revoked:
            await self.revoke(key_id, owner_id=owner_id, at=at)
        return revoked

    async def used(self, key_id: KeyId, *, at: datetime) -> None:
        """Set `last_used_at`."""
        if key_id in self._keys:
            self._keys[key_id] = msgspec.structs.replace(self._keys[key_id], last_used_at=at)


def _counts(key: ApiKey, *, at: datetime) -> bool:
    return key.revoked_at is None and key.expires_at > at
