"""What a second request with the same idempotency key gets; how long keys are kept. Stores apply it.

A first request may end without anybody knowing what became of it: its process died, or the answer to
its commit was lost. So what a request makes has its name from the key, and another try under that key
makes it under the same name: it finds what the first has made.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from netra.domain.ids import UserId

KEY_KEPT: Final = timedelta(days=1)
TRY_LASTS: Final = timedelta(seconds=60)  # longer than any request takes: a try that is older died

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_CHANCE_LENGTH: Final = 26  # hexadecimal digits: 104 bits


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds under a key; `answer` is None until a try has ended well."""

    fingerprint: str
    began_at: datetime  # the first try
    tried_at: datetime | None  # the last try; None once it has ended without an answer
    answer: bytes | None = None


def on_key(kept: KeyEntry | None, *, key: str, fingerprint: str, now: datetime) -> KeyEntry:
    """Return the entry as it is from now on: with the first answer, or with a try that may go on.

    Raises `IdempotencyKeyReused` or `IdempotencyInProgress`.
    """
    new = KeyEntry(fingerprint=fingerprint, began_at=now, tried_at=now)
    if kept is None or is_forgotten(kept, now=now):
        return new
    if kept.answer is None and not _is_tried(kept, now=now):
        return msgspec.structs.replace(kept, tried_at=now) if kept.fingerprint == fingerprint else new
    check_fingerprint(kept.fingerprint, key=key, fingerprint=fingerprint)
    if kept.answer is None:
        raise IdempotencyInProgress(f"The first request with Idempotency-Key {key!r} has not ended yet.")
    return kept


def is_forgotten(kept: KeyEntry, *, now: datetime) -> bool:
    """Return whether the entry is a day old and no longer counts."""
    return now - kept.began_at >= KEY_KEPT


def check_fingerprint(kept: str, *, key: str, fingerprint: str) -> None:
    """Raise `IdempotencyKeyReused` when the key came before with another body."""
    if kept != fingerprint:
        raise IdempotencyKeyReused(f"Idempotency-Key {key!r} came before with another request.", key=key)


def name_of(entry: KeyEntry, *, owner_id: UserId, key: str) -> str:
    """Return the name of what the request makes: the same at each try, and no other request's.

    It looks and sorts like what an `IdSource` makes.
    """
    said = "\0".join((str(owner_id), key, entry.fingerprint, entry.began_at.astimezone(UTC).isoformat()))
    digest = hashlib.sha256(said.encode()).hexdigest()
    return f"{(entry.began_at - _EPOCH) // _MILLISECOND:012x}{digest[:_CHANCE_LENGTH]}"


def _is_tried(kept: KeyEntry, *, now: datetime) -> bool:
    return kept.tried_at is not None and now - kept.tried_at < TRY_LASTS
