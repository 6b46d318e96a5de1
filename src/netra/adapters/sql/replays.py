"""First answers by idempotency key, in a table."""

from typing import Final

from sqlalchemy import delete, select, update

from netra.adapters.sql.instants import instant, micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.schema import replays
from netra.adapters.sql.script import Database, Query, Script, ask, inserting, param
from netra.domain.idempotency import ANSWER_KEPT, KeptAnswer, KeyDecision, on_key
from netra.domain.ids import UserId
from netra.ports.clock import Clock

FORGOTTEN_AT_ONCE: Final = 10  # old rows each new key clears away: more than it adds

_OWN: Final = (replays.c.owner_id == param("whose"), replays.c.key == param("name"))
_GET = Query(
    select(replays.c.fingerprint, replays.c.began_at, replays.c.answer).where(*_OWN).with_for_update()
)
_OLD = Query(
    select(replays.c.owner_id, replays.c.key)
    .where(replays.c.began_at <= param("before"))
    .order_by(replays.c.began_at)
    .limit(FORGOTTEN_AT_ONCE)
)
_INSERT = inserting(replays)
_KEEP = Query(update(replays).where(*_OWN), sets=["answer"])
_DELETE = Query(delete(replays).where(*_OWN))
_DROP = Query(delete(replays).where(*_OWN, replays.c.answer.is_(None)))


class SqlReplayBook:
    """`ReplayBook` over a relational database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, owner_id: UserId, key: str, *, fingerprint: str) -> bytes | None:
        """Return the first answer to this key, or None when the request may go on."""
        return await self._database.write(
            lambda: _beginning(owner_id, key, self._clock, fingerprint=fingerprint)
        )

    async def keep(self, owner_id: UserId, key: str, *, answer: bytes) -> None:
        """Keep the answer of a request that went on."""
        await self._database.write(lambda: _changing(_KEEP, owner_id, key, answer=answer))

    async def drop(self, owner_id: UserId, key: str) -> None:
        """Forget a request that went on and failed."""
        await self._database.write(lambda: _changing(_DROP, owner_id, key))


def _beginning(owner_id: UserId, key: str, clock: Clock, *, fingerprint: str) -> Script[bytes | None]:
    yield locking(f"key {key} of {owner_id}")  # of many at once, one goes on
    now = clock.now()
    rows = yield ask(_GET, whose=owner_id, name=key)
    if rows:
        kept_fingerprint, began_at, answer = rows[0]
        kept = KeptAnswer(fingerprint=kept_fingerprint, began_at=instant(began_at), answer=answer)
        if on_key(kept, key=key, fingerprint=fingerprint, now=now) is KeyDecision.REPEAT:
            return kept.answer
        yield ask(_DELETE, whose=owner_id, name=key)
    yield from _forgetting(micros(now - ANSWER_KEPT))
    yield ask(_INSERT, owner_id=owner_id, key=key, fingerprint=fingerprint, began_at=micros(now), answer=None)
    return None


def _forgetting(before: int) -> Script[None]:
    for owner_id, key in (yield ask(_OLD, before=before)):
        yield ask(_DELETE, whose=owner_id, name=key)


def _changing(query: Query, owner_id: UserId, key: str, **values: bytes) -> Script[None]:
    yield ask(query, whose=owner_id, name=key, **values)
