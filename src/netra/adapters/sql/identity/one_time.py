"""Stores one-time values in a table."""

from datetime import datetime

from sqlalchemy import delete, func, select

from netra.adapters.sql.identity.identity_schema import one_time
from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.transactions import ONE, Database, Query, Script, ask, inserting, param
from netra.domain.errors import Conflict, Unavailable
from netra.domain.users.rules import too_many_waiting

_EXISTS = Query(select(ONE).where(one_time.c.key == param("wanted")))
_IN_ALL = Query(select(func.count()).select_from(one_time))
_OF_CLIENT = Query(
    select(func.count(), func.min(one_time.c.until_at)).where(one_time.c.client == param("whose"))
)
_INSERT = inserting(one_time)
_TAKE = Query(
    delete(one_time).where(one_time.c.key == param("wanted")).returning(one_time.c.value, one_time.c.until_at)
)
_FORGET = Query(delete(one_time).where(one_time.c.until_at <= param("now")))


class SqlOneTimeBook:
    """`OneTimeBook` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self,
        key: str,
        value: bytes,
        *,
        client: str,
        at: datetime,
        until: datetime,
        max_per_client: int,
        max_in_all: int,
    ) -> None:
        """Store the value."""

        def script() -> Script[None]:
            yield from _making_room(client, at_us=micros(at), most=max_per_client, most_in_all=max_in_all)
            if (yield ask(_EXISTS, wanted=key)):
                raise Conflict("This key already exists.")
            yield ask(_INSERT, key=key, value=value, until_at=micros(until), client=client)

        await self._database.write(script)

    async def take(self, key: str, *, at: datetime) -> bytes | None:
        """Delete and return the value; also delete all expired ones."""
        return await self._database.write(lambda: _taking(key, at_us=micros(at)))


def _making_room(client: str, *, at_us: int, most: int, most_in_all: int) -> Script[None]:
    """Delete expired values; raise unless there is room for one more value of the client."""
    yield locking(f"one-time values of {client}")  # prevents a race past the client's limit
    yield ask(_FORGET, now=at_us)
    ((own, first_us),) = yield ask(_OF_CLIENT, whose=client)
    if own >= most:
        raise too_many_waiting(first_ends_s=(first_us - at_us) / 1e6)
    ((waiting,),) = yield ask(_IN_ALL)
    if waiting >= most_in_all:
        raise Unavailable("Too many sign-ins are in progress; try again in a moment.")


def _taking(key: str, *, at_us: int) -> Script[bytes | None]:
    taken = yield ask(_TAKE, wanted=key)
    yield ask(_FORGET, now=at_us)
    if not taken:
        return None
    ((value, until_us),) = taken
    return bytes(value) if until_us > at_us else None
