"""Store of responses by idempotency key, for requests other than starting a run (see `RunStore.accept`)."""

from typing import Protocol

from netra.domain.idempotency import KeyEntry
from netra.domain.ids import UserId


class ReplayBook(Protocol):
    """Stores the first response by owner and idempotency key for a day."""

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> KeyEntry:
        """Return the key's entry: with the stored response, or without one when this attempt may proceed.

        After an attempt that was abandoned by `let_go`, or that began 60 s ago and died, an attempt with the
        same fingerprint continues the same request, with the same `began_at`; another fingerprint starts a
        new one. Raises `IdempotencyInProgress` while an attempt is in progress, `IdempotencyKeyReused` when
        the attempt in progress or the stored response has another fingerprint. A race has one winner.
        """
        ...

    async def keep(self, owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> None:
        """Store the response of an attempt that `begin` allowed.

        The first response is kept, and so is the entry of a request that began later under this key.
        """
        ...

    async def let_go(self, owner_id: UserId, key: str, begun: KeyEntry) -> None:
        """End an attempt that has no response to store, so that a retry may proceed immediately.

        A no-op when another attempt is already in progress or a response is stored.
        """
        ...
