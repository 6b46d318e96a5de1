"""What a second request with the same idempotency key gets; how long keys are kept. Stores apply it."""

import enum
from datetime import datetime, timedelta
from typing import Final

import msgspec

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused

ANSWER_KEPT: Final = timedelta(days=1)
ATTEMPT_KEPT: Final = timedelta(seconds=60)  # longer than any request takes: a first that is older died


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds under a key; `answer` is None until the first request has ended."""

    fingerprint: str
    began_at: datetime
    answer: bytes | None = None


class KeyDecision(enum.StrEnum):
    """What a request with a key does."""

    GO_ON = "go_on"  # nobody came before, or nobody who still counts
    REPEAT = "repeat"  # give the first answer again


def on_key(kept: KeptAnswer | None, *, key: str, fingerprint: str, now: datetime) -> KeyDecision:
    """Return what a request with `key` does. Raises `IdempotencyKeyReused` or `IdempotencyInProgress`."""
    if kept is None or is_forgotten(kept, now=now):
        return KeyDecision.GO_ON
    check_fingerprint(kept.fingerprint, key=key, fingerprint=fingerprint)
    if kept.answer is None:
        raise IdempotencyInProgress(f"The first request with Idempotency-Key {key!r} has not ended yet.")
    return KeyDecision.REPEAT


def is_forgotten(kept: KeptAnswer, *, now: datetime) -> bool:
    """Return whether the entry no longer counts: an answer a day old, or a first request that died."""
    age = now - kept.began_at
    return age >= (ATTEMPT_KEPT if kept.answer is None else ANSWER_KEPT)


def check_fingerprint(kept: str, *, key: str, fingerprint: str) -> None:
    """Raise `IdempotencyKeyReused` when the key came before with another body."""
    if kept != fingerprint:
        raise IdempotencyKeyReused(f"Idempotency-Key {key!r} came before with another request.", key=key)
