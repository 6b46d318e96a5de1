"""First answers by idempotency key, in a dictionary."""

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
        """Return the entry of this key, with the first answer or with a try that may go on."""
        self._forget_oldest()
        kept = self._kept.get((owner_id, key))
        entry = on_key(kept, key=key, fingerprint=fingerprint, now=self._clock.now())
        if kept is not None and entry.began_at != kept.began_at:
            del self._kept[owner_id, key]  # so that the newest stand last
        self._kept[owner_id, key] = entry
        return entry

    async def keep(self, owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> None:
        """Keep the answer of a try that went on."""
        kept = self._kept.get((owner_id, key))
        if kept is not None and kept.answer is None and kept.began_at == begun.began_at:
            self._kept[owner_id, key] = msgspec.structs.replace(kept, answer=answer)

    async def let_go(self, owner_id: UserId, key: str, begun: KeyEntry) -> None:
        """End a try that has no answer to keep."""
        if self._kept.get((owner_id, key)) == begun:
            self._kept[owner_id, key] = msgspec.structs.replace(begun, tried_at=None)

    def _forget_oldest(self) -> None:
        now = self._clock.now()
        oldest = next(iter(self._kept), None)
        while oldest is not None and is_forgotten(self._kept[oldest], now=now):
            del self._kept[oldest]
            oldest = next(iter(self._kept), None)
