"""Health of ClickHouse: it answers."""

from netra.adapters.clickhouse.engine import ClickHouse


class ClickHouseProbe:
    """`Probe` of ClickHouse, named "clickhouse" or "chdb"."""

    def __init__(self, engine: ClickHouse) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        """The name in health reports."""
        return "chdb" if self._engine.is_embedded else "clickhouse"

    async def check(self) -> None:
        """Return when ClickHouse answers."""
        await self._engine.run(lambda client: client.command("SELECT 1"))
