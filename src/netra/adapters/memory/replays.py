"""Stores first responses by idempotency key, in a dictionary."""

import msgspec

from netra.domain.idempotency import KeyEntry, is_forgotten, on_key
from netra.domain.ids import UserId
from netra.ports.clock import Clock


class MemoryReplayBook:
    """`ReplayBook` for tests and embedded programs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[UserId, str], KeyEntry] = {}

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> KeyEntry:
        """Return the key's entry, with the stored response or with an attempt that may proceed."""
        self._forget_oldest()
        kept = self._kept.get((owner_id, key))
        entry = on_key(kept, key=key, fingerprint=fingerprint, now=self._clock.now())
        if kept is not None and entry.began_at != kept.began_at:
            del self._kept[owner_id, key]  # keeps the newest entries last
        self._kept[owner_id, key] = entry
        return entry

    async def keep(self, owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> None:
        """Store the response of an attempt."""
        kept = self._kept.get((owner_id, key))
        if kept is not None and kept.answer is None and kept.began_at == begun.began_at:
            self._kept[owner_id, key] = msgspec.structs.replace(kept, answer=answer)

    async def let_go(self, owner_id: UserId, key: str, begun: KeyEntry) -> None:
        """End an attempt that has no response to store."""
        if self._kept.get((owner_id, key)) == begun:
            self._kept[owner_id, key] = msgspec.structs.replace(begun, tried_at=None)

    def _forget_oldest(self) -> None:
        now = self._clock.now()
        oldest = next(iter(self._kept), None)
        while oldest is not None and is_forgotten(self._kept[oldest], now=now):
            del self._kept[oldest]
            oldest = next(iter(self._kept), None)
