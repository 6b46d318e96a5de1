"""Opens ClickHouse."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from netra.adapters.clickhouse.call_archive import ClickHouseEventArchive
from netra.adapters.clickhouse.engine import ClickHouse
from netra.adapters.clickhouse.probe import ClickHouseProbe
from netra.adapters.clickhouse.schema import prepare
from netra.ports.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class ClickHouseStores:
    """The ports over one ClickHouse."""

    archive: ClickHouseEventArchive
    probe: ClickHouseProbe


@asynccontextmanager
async def open_clickhouse(
    url: str, *, clock: Clock, kept_for: timedelta | None = None
) -> AsyncGenerator[ClickHouseStores]:
    """Open the connection to ClickHouse, reachable or not, and close it on exit.

    `url` is `http://user:password@host:8123/database`, or `chdb:///folder` for one in this process; a process
    can use one folder. Events are removed `kept_for` after their arrival; None keeps them.
    """
    engine = ClickHouse(url, prepare=lambda client: prepare(client, kept_for=kept_for), clock=clock)
    try:
        yield ClickHouseStores(
            archive=ClickHouseEventArchive(engine, clock=clock), probe=ClickHouseProbe(engine)
        )
    finally:
        await engine.close()
