"""Health of the database: it answers a read, and an embedded one also takes a write."""

import asyncio
from typing import Final

from sqlalchemy import select, update

from netra.adapters.sql.operations_schema import write_probe
from netra.adapters.sql.schema import event_courier
from netra.adapters.sql.transactions import ONE, Database, Query, Script, ask
from netra.domain.errors import NetraError

WRITE_S: Final = 1.0  # seconds for the probe's write; below the deadline of a readiness check

_ANSWER = Query(select(event_courier.c.fence).where(event_courier.c.id == ONE))  # the smallest table
# The value must change: SQLite skips the write of a page whose content stays the same.
_COUNT_UP = Query(
    update(write_probe).where(write_probe.c.id == ONE).values(writes=write_probe.c.writes + ONE)
)


class SqlProbe:
    """`Probe` of the main database."""

    def __init__(self, database: Database, *, name: str) -> None:
        self._database = database
        self._name = name

    @property
    def name(self) -> str:
        """The name in health reports."""
        return self._name

    async def check(self) -> None:
        """Return when the database answers a read; never queued behind a long read."""
        await self._database.read(_asking)


class WritingProbe:
    """`Probe` of an embedded database, which must also take a write: no other machine could.

    A slow write is not counted as a failure, because the writer may be busy with a large import. Its outcome
    counts at the next check, and no other write begins before that.
    """

    def __init__(self, database: Database, *, name: str, write_s: float = WRITE_S) -> None:
        self._database = database
        self._reading = SqlProbe(database, name=name)
        self._write_s = write_s
        self._writing: asyncio.Task[NetraError | None] | None = None

    @property
    def name(self) -> str:
        """The name in health reports."""
        return self._reading.name

    async def check(self) -> None:
        """Return when the database answers a read and has not failed a write. Raises `Unavailable`."""
        await self._reading.check()
        writing = self._writing = self._writing or asyncio.create_task(self._write())
        await asyncio.wait({writing}, timeout=self._write_s)
        if writing.done():
            self._writing = None
            if (refused := writing.result()) is not None:
                raise refused

    async def _write(self) -> NetraError | None:
        try:
            await self._database.write(_counting_up)
        except NetraError as error:
            return error
        return None


def _asking() -> Script[None]:
    yield ask(_ANSWER)


def _counting_up() -> Script[None]:
    yield ask(_COUNT_UP)
