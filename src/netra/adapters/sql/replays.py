"""Stores first responses by idempotency key, in a table."""

from typing import Final

from sqlalchemy import delete, select, update

from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.locks import locking
from netra.adapters.sql.schema import replays
from netra.adapters.sql.transactions import Database, Query, Row, Script, ask, inserting, param
from netra.domain.idempotency import KEY_KEPT, KeyEntry, on_key
from netra.domain.ids import UserId
from netra.ports.clock import Clock

DELETED_PER_KEY: Final = 10  # old rows deleted per new key: more than the one it adds

_OWN: Final = (replays.c.owner_id == param("whose"), replays.c.key == param("name"))
_UNANSWERED: Final = (*_OWN, replays.c.answer.is_(None), replays.c.began_at == param("begun_at"))

_GET = Query(
    select(replays.c.fingerprint, replays.c.began_at, replays.c.tried_at, replays.c.answer)
    .where(*_OWN)
    .with_for_update()
)
_OLD = Query(
    select(replays.c.owner_id, replays.c.key)
    .where(replays.c.began_at <= param("before"))
    .order_by(replays.c.began_at)
    .limit(DELETED_PER_KEY)
)
_FORGET = Query(delete(replays).where(*_OWN, replays.c.began_at <= param("before")))
_INSERT = inserting(replays)
_DELETE = Query(delete(replays).where(*_OWN))
_KEEP = Query(update(replays).where(*_UNANSWERED), sets=["answer"])
_LET_GO = Query(
    update(replays).where(*_UNANSWERED, replays.c.tried_at == param("last_tried_at")), sets=["tried_at"]
)


class SqlReplayBook:
    """`ReplayBook` over a relational database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> KeyEntry:
        """Return the key's entry, with the stored response or with an attempt that may proceed."""
        return await self._database.write(
            lambda: _beginning(owner_id, key, self._clock, fingerprint=fingerprint)
        )

    async def keep(self, owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> None:
        """Store the response of an attempt."""
        await self._database.write(lambda: _keeping(owner_id, key, begun, answer=answer))

    async def let_go(self, owner_id: UserId, key: str, begun: KeyEntry) -> None:
        """End an attempt that has no response to store."""
        await self._database.write(lambda: _letting_go(owner_id, key, begun))


def _beginning(owner_id: UserId, key: str, clock: Clock, *, fingerprint: str) -> Script[KeyEntry]:
    yield locking(f"key {key} of {owner_id}")  # of concurrent attempts, one proceeds
    now = clock.now()
    rows = yield ask(_GET, whose=owner_id, name=key)
    kept = _entry(rows[0]) if rows else None
    entry = on_key(kept, key=key, fingerprint=fingerprint, now=now)
    if entry.answer is not None:
        return entry
    if kept is not None:
        yield ask(_DELETE, whose=owner_id, name=key)
    yield from forgetting(micros(now - KEY_KEPT))
    yield ask(
        _INSERT,
        owner_id=owner_id,
        key=key,
        fingerprint=fingerprint,
        began_at=micros(entry.began_at),
        answer=None,
        tried_at=micros_or_none(entry.tried_at),
    )
    return entry


def forgetting(before: int) -> Script[None]:
    """Delete the oldest entries that began before an instant, as part of a transaction.

    The condition is repeated in the delete, because another transaction may renew a key after the select.
    """
    for owner_id, key in (yield ask(_OLD, before=before)):
        yield ask(_FORGET, whose=owner_id, name=key, before=before)


def _keeping(owner_id: UserId, key: str, begun: KeyEntry, *, answer: bytes) -> Script[None]:
    yield ask(_KEEP, whose=owner_id, name=key, begun_at=micros(begun.began_at), answer=answer)


def _letting_go(owner_id: UserId, key: str, begun: KeyEntry) -> Script[None]:
    yield ask(
        _LET_GO,
        whose=owner_id,
        name=key,
        begun_at=micros(begun.began_at),
        last_tried_at=micros_or_none(begun.tried_at),
        tried_at=None,
    )


def _entry(row: Row) -> KeyEntry:
    fingerprint, began_at, tried_at, answer = row
    return KeyEntry(
        fingerprint=fingerprint,
        began_at=instant(began_at),
        tried_at=instant_or_none(tried_at),
        answer=answer,
    )
