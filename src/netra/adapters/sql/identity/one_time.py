"""One-time values in a table."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select

from netra.adapters.sql.identity.identity_schema import one_time
from netra.adapters.sql.instants import micros
from netra.adapters.sql.transactions import ONE, Database, Query, Script, ask, inserting, param
from netra.domain.errors import Conflict, Unavailable

WAITING_MAX: Final = 100_000  # about 50 MB

_EXISTS = Query(select(ONE).where(one_time.c.key == param("wanted")))
_COUNT = Query(select(func.count()).select_from(one_time))
_INSERT = inserting(one_time)
_TAKE = Query(
    delete(one_time).where(one_time.c.key == param("wanted")).returning(one_time.c.value, one_time.c.until_at)
)
_FORGET = Query(delete(one_time).where(one_time.c.until_at <= param("now")))


class SqlOneTimeBook:
    """`OneTimeBook` over a relational database."""

    def __init__(self, database: Database, *, waiting_max: int = WAITING_MAX) -> None:
        self._database = database
        self._waiting_max = waiting_max

    async def keep(self, key: str, value: bytes, *, until: datetime) -> None:
        """Keep the value."""
        await self._database.write(
            lambda: _keeping(key, value, until_us=micros(until), most=self._waiting_max)
        )

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Return the value and forget it, and whatever is over."""
        return await self._database.write(lambda: _taking(key, at_us=micros(at)))


def _keeping(key: str, value: bytes, *, until_us: int, most: int) -> Script[None]:
    if (yield ask(_EXISTS, wanted=key)):
        raise Conflict("This key is taken.")
    ((waiting,),) = yield ask(_COUNT)
    if waiting >= most:
        raise Unavailable("Too many sign-ins wait to be finished; try again in a moment.")
    yield ask(_INSERT, key=key, value=value, until_at=until_us)


def _taking(key: str, *, at_us: int) -> Script[bytes | None]:
    taken = yield ask(_TAKE, wanted=key)
    yield ask(_FORGET, now=at_us)
    if not taken:
        return None
    ((value, until_us),) = taken
    return bytes(value) if until_us > at_us else None
