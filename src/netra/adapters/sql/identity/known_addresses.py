"""Stores known addresses in a table."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from netra.adapters.sql.identity.identity_schema import known_addresses
from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.transactions import ONE, Database, Query, Script, ask, inserting, param
from netra.domain.ids import UserId

_COLUMNS: Final = known_addresses.c

_LIVE = Query(select(ONE).where(_COLUMNS.digest == param("digest"), _COLUMNS.until_at > param("now")))
_INSERT = inserting(known_addresses)
_DELETE = Query(delete(known_addresses).where(_COLUMNS.digest == param("wanted")))
_FORGET = Query(delete(known_addresses).where(_COLUMNS.until_at <= param("now")))
_NEWEST: Final = (
    select(_COLUMNS.digest)
    .where(_COLUMNS.user_id == param("whose"))
    .order_by(_COLUMNS.until_at.desc(), _COLUMNS.digest.desc())
    .limit(param("most"))
)
_TRIM = Query(
    delete(known_addresses).where(_COLUMNS.user_id == param("whose"), _COLUMNS.digest.not_in(_NEWEST))
)


class SqlKnownAddressStore:
    """`KnownAddressStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_known(self, digest: str, *, at: datetime) -> bool:
        """Return whether the digest is stored and has not expired."""
        return await self._database.read(lambda: _is_known(digest, now=micros(at)))

    async def remember(
        self, user_id: UserId, digest: str, *, at: datetime, until: datetime, max_per_user: int
    ) -> None:
        """Store the digest; delete expired digests and those above the limit."""
        await self._database.write(
            lambda: _remembering(user_id, digest, at_us=micros(at), until_us=micros(until), most=max_per_user)
        )


def _is_known(digest: str, *, now: int) -> Script[bool]:
    return bool((yield ask(_LIVE, digest=digest, now=now)))


def _remembering(user_id: UserId, digest: str, *, at_us: int, until_us: int, most: int) -> Script[None]:
    yield locking(f"known addresses of {user_id}")  # concurrent sign-ins may come from one address
    yield ask(_FORGET, now=at_us)
    yield ask(_DELETE, wanted=digest)
    yield ask(_INSERT, digest=digest, user_id=user_id, until_at=until_us)
    yield ask(_TRIM, whose=user_id, most=most)
