"""Health of the database: it answers a question about what is in it."""

from sqlalchemy import select

from netra.adapters.sql.schema import event_courier
from netra.adapters.sql.transactions import ONE, Database, Query, Script, ask

_ANSWER = Query(select(event_courier.c.fence).where(event_courier.c.id == ONE))  # the smallest table there is


class SqlProbe:
    """`Probe` of the database that everything is kept in."""

    def __init__(self, database: Database, *, name: str) -> None:
        self._database = database
        self._name = name

    @property
    def name(self) -> str:
        """The name in health reports."""
        return self._name

    async def check(self) -> None:
        """Return when the database answers."""
        await self._database.read(_asking)  # it waits behind no long read


def _asking() -> Script[None]:
    yield ask(_ANSWER)
