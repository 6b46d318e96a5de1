"""Answers kept by idempotency key, for requests other than starting a run (see `RunStore.accept`)."""

from typing import Protocol

from netra.domain.idempotency import KeyEntry
from netra.domain.ids import UserId


class ReplayBook(Protocol):
    """First answers, by owner and key, for a day."""

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> KeyEntry:
        """Return the entry of this key: with the first answer, or without one, and this try may go on.

        After a try that was let go, or that began 60 s ago and died, this is another of the same
        request, with the same `began_at`; with another fingerprint it is a new request. Raises
        `IdempotencyInProgress` while a try goes on, `IdempotencyKeyReused` when that one or the
        answer is of another fingerprint. A race has one winner.
        """
        ...

    async def keep(self, owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> None:
        """Keep the answer of a try that `begin` let go on.

        The first answer stays, and so does the entry of a request that began later under this key.
        """
        ...

    async def let_go(self, owner_id: UserId, key: str, begun: KeyEntry) -> None:
        """End a try that has no answer to keep, so that another may go on at once.

        Nothing happens when another goes on already, or there is an answer.
        """
        ...
