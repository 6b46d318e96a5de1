"""Answers kept by idempotency key, for requests other than starting a run (see `RunStore.accept`)."""

from typing import Protocol

from netra.domain.ids import UserId


class ReplayBook(Protocol):
    """First answers, by owner and key, for a day."""

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> bytes | None:
        """Return the first answer to this key, or None when this call is the first and may go on.

        Raises `IdempotencyKeyReused` when the key came with another fingerprint, `IdempotencyInProgress`
        while the first has not ended; a first that died is forgotten after 60 s. A race has one winner.
        """
        ...

    async def keep(self, owner_id: UserId, key: str, *, answer: bytes) -> None:
        """Keep the answer of a request that `begin` let go on."""
        ...

    async def drop(self, owner_id: UserId, key: str) -> None:
        """Forget a request that `begin` let go on and that failed, so that it may be tried again."""
        ...
