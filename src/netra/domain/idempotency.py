"""Decide the answer to a repeated idempotency key and the retention of keys; stores apply the rules.

The outcome of a first request may be unknown: its process died, or the reply to its commit was lost. So
the id of what a request creates is derived from the key. A retry with that key creates it under the
same id, and finds what the first attempt created.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from netra.domain.ids import UserId

KEY_KEPT: Final = timedelta(days=1)
# owner of the keys of requests without a sign-in: all clients share them, as they share no account
ANYONE: Final = UserId(0)
TRY_LASTS: Final = timedelta(seconds=60)  # longer than any request takes: an older attempt has died

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_CHANCE_LENGTH: Final = 26  # hexadecimal digits: 104 bits


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A stored key; `answer` is None until an attempt has succeeded."""

    fingerprint: str
    began_at: datetime  # start of the first attempt
    tried_at: datetime | None  # start of the last attempt; None after it ended without an answer
    answer: bytes | None = None


def on_key(kept: KeyEntry | None, *, key: str, fingerprint: str, now: datetime) -> KeyEntry:
    """Return the new entry of a key: with the first answer, or with an attempt that may proceed.

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
    """Return whether the entry has expired."""
    return has_expired(kept.began_at, now=now)


def has_expired(began_at: datetime, *, now: datetime) -> bool:
    """Return whether a key of a request that began then counts no more."""
    return now - began_at >= KEY_KEPT


def is_repeated(entry: KeyEntry) -> bool:
    """Return whether an earlier attempt of the request may have done its work."""
    return entry.answer is not None or entry.tried_at != entry.began_at


def check_fingerprint(kept: str, *, key: str, fingerprint: str) -> None:
    """Raise `IdempotencyKeyReused` when the key was used before with another body."""
    if kept != fingerprint:
        raise key_reused(key)


def key_reused(key: str) -> IdempotencyKeyReused:
    """Return the error for a key that was used before with another body."""
    return IdempotencyKeyReused(f"Idempotency-Key {key!r} was used before with another request.", key=key)


def name_of(entry: KeyEntry, *, owner_id: UserId, key: str) -> str:
    """Return the id of what the request creates: the same for every attempt, unique to the request.

    It has the format and order of an id from an `IdSource`.
    """
    text = "\0".join((str(owner_id), key, entry.fingerprint, entry.began_at.astimezone(UTC).isoformat()))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{(entry.began_at - _EPOCH) // _MILLISECOND:012x}{digest[:_CHANCE_LENGTH]}"


def _is_tried(kept: KeyEntry, *, now: datetime) -> bool:
    return kept.tried_at is not None and now - kept.tried_at < TRY_LASTS
