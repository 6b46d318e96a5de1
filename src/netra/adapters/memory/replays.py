"""First answers by idempotency key, in a dictionary."""

import msgspec

from netra.domain.idempotency import KeptAnswer, KeyDecision, is_forgotten, on_key
from netra.domain.ids import UserId
from netra.ports.clock import Clock


class MemoryReplayBook:
    """`ReplayBook` for tests and embedded programs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[UserId, str], KeptAnswer] = {}

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> bytes | None:
        """Return the first answer to this key, or None when the request may go on."""
        now = self._clock.now()
        self._forget_oldest()
        kept = self._kept.get((owner_id, key))
        if kept is not None and on_key(kept, key=key, fingerprint=fingerprint, now=now) is KeyDecision.REPEAT:
            return kept.answer
        self._kept.pop((owner_id, key), None)
        self._kept[owner_id, key] = KeptAnswer(fingerprint=fingerprint, began_at=now)
        return None

    async def keep(self, owner_id: UserId, key: str, *, answer: bytes) -> None:
        """Keep the answer of a request that went on."""
        kept = self._kept.get((owner_id, key))
        if kept is not None:
            self._kept[owner_id, key] = msgspec.structs.replace(kept, answer=answer)

    async def drop(self, owner_id: UserId, key: str) -> None:
        """Forget a request that went on and failed."""
        kept = self._kept.get((owner_id, key))
        if kept is not None and kept.answer is None:
            del self._kept[owner_id, key]

    def _forget_oldest(self) -> None:
        now = self._clock.now()
        oldest = next(iter(self._kept), None)
        while oldest is not None and is_forgotten(self._kept[oldest], now=now):
            del self._kept[oldest]
            oldest = next(iter(self._kept), None)
