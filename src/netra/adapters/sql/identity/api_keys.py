"""Stores API keys in a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select, update

from netra.adapters.sql.identity.identity_schema import api_keys
from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.locks import locking
from netra.adapters.sql.schema import users
from netra.adapters.sql.transactions import ONE, Database, Query, Row, Script, ask, inserting, param
from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import KeyId, UserId
from netra.domain.users.model import ApiKey, KeyScope

_COLUMNS: Final = [column for column in api_keys.c if column.name != "digest"]
_COUNTS: Final = (api_keys.c.revoked_at.is_(None), api_keys.c.expires_at > param("now"))
_LIVE: Final = (
    select(*_COLUMNS)
    .join_from(api_keys, users, users.c.id == api_keys.c.owner_id)
    .where(*_COUNTS, users.c.disabled_at.is_(None))
)

_FIND = Query(_LIVE.where(api_keys.c.digest == param("digest")))
_IS_LIVE = Query(_LIVE.where(api_keys.c.id == param("key_id")))
_TAKEN = Query(select(ONE).where(or_(api_keys.c.id == param("key_id"), api_keys.c.digest == param("digest"))))
_COUNT = Query(
    select(func.count()).select_from(api_keys).where(api_keys.c.owner_id == param("whose"), *_COUNTS)
)
_INSERT = inserting(api_keys)
_ALL_OF = Query(
    select(*_COLUMNS)
    .where(api_keys.c.owner_id == param("whose"), api_keys.c.revoked_at.is_(None))
    .order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
)
_REVOKE = Query(
    update(api_keys)
    .where(
        api_keys.c.id == param("key_id"),
        api_keys.c.owner_id == param("whose"),
        api_keys.c.revoked_at.is_(None),
    )
    .returning(api_keys.c.id),
    sets=["revoked_at"],
)
_REVOKE_ALL = Query(
    update(api_keys)
    .where(api_keys.c.owner_id == param("whose"), api_keys.c.revoked_at.is_(None))
    .returning(api_keys.c.id),
    sets=["revoked_at"],
)
_USED = Query(update(api_keys).where(api_keys.c.id == param("key_id")), sets=["last_used_at"])


class SqlApiKeyStore:
    """`ApiKeyStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey, *, digest: str, max_per_user: int) -> None:
        """Store a new key."""
        await self._database.write(lambda: _adding(key, digest=digest, most=max_per_user))

    async def find(self, digest: str, *, at: datetime) -> ApiKey | None:
        """Return the key if it is valid."""
        return await self._database.read(lambda: _finding(_FIND, digest=digest, now=micros(at)))

    async def is_live(self, key_id: KeyId, *, at: datetime) -> bool:
        """Return whether the key is valid."""
        return (
            await self._database.read(lambda: _finding(_IS_LIVE, key_id=key_id, now=micros(at))) is not None
        )

    async def all_of(self, owner_id: UserId) -> Sequence[ApiKey]:
        """Return the owner's keys that are not revoked, newest first."""
        return await self._database.read(lambda: _listing(owner_id))

    async def revoke(self, key_id: KeyId, *, owner_id: UserId, at: datetime) -> None:
        """Revoke the key."""
        await self._database.write(lambda: _revoking(key_id, owner_id, at_us=micros(at)))

    async def revoke_all(self, owner_id: UserId, *, at: datetime) -> Sequence[KeyId]:
        """Revoke every key of the owner."""
        return await self._database.write(lambda: _revoking_all(owner_id, at_us=micros(at)))

    async def used(self, key_id: KeyId, *, at: datetime) -> None:
        """Set `last_used_at`."""
        await self._database.write(lambda: _using(key_id, at_us=micros(at)))


def _adding(key: ApiKey, *, digest: str, most: int) -> Script[None]:
    yield locking(f"keys of {key.owner_id}")  # prevents a race past the limit
    if (yield ask(_TAKEN, key_id=key.id, digest=digest)):
        raise Conflict("This key was made before, and may have been revoked since.")
    created_at = micros(key.created_at)
    ((live,),) = yield ask(_COUNT, whose=key.owner_id, now=created_at)
    if live >= most:
        raise Conflict(f"You already have {most} live keys; revoke one first.")
    yield ask(
        _INSERT,
        id=key.id,
        owner_id=key.owner_id,
        digest=digest,
        name=key.name,
        scopes=" ".join(sorted(key.scopes)),
        hint=key.hint,
        created_at=created_at,
        expires_at=micros(key.expires_at),
        last_used_at=micros_or_none(key.last_used_at),
        revoked_at=micros_or_none(key.revoked_at),
    )


def _finding(query: Query, **values: object) -> Script[ApiKey | None]:
    rows = yield ask(query, **values)
    return _key(rows[0]) if rows else None


def _listing(owner_id: UserId) -> Script[Sequence[ApiKey]]:
    rows = yield ask(_ALL_OF, whose=owner_id)
    return tuple(_key(row) for row in rows)


def _revoking(key_id: KeyId, owner_id: UserId, *, at_us: int) -> Script[None]:
    if not (yield ask(_REVOKE, key_id=key_id, whose=owner_id, revoked_at=at_us)):
        raise NotFound("key", key_id)


def _revoking_all(owner_id: UserId, *, at_us: int) -> Script[Sequence[KeyId]]:
    rows = yield ask(_REVOKE_ALL, whose=owner_id, revoked_at=at_us)
    return tuple(KeyId(key_id) for (key_id,) in rows)


def _using(key_id: KeyId, *, at_us: int) -> Script[None]:
    yield ask(_USED, key_id=key_id, last_used_at=at_us)


def _key(row: Row) -> ApiKey:
    key_id, owner_id, name, scopes, hint, created_at, expires_at, last_used_at, revoked_at = row
    return ApiKey(
        id=key_id,
        owner_id=owner_id,
        name=name,
        scopes=frozenset(KeyScope(word) for word in scopes.split()),
        hint=hint,
        created_at=instant(created_at),
        expires_at=instant(expires_at),
        last_used_at=instant_or_none(last_used_at),
        revoked_at=instant_or_none(revoked_at),
    )
