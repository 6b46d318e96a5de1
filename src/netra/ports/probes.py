"""How health asks a dependency whether it is there."""

from typing import Protocol


class Probe(Protocol):
    """One dependency that this deployment uses."""

    @property
    def name(self) -> str:
        """The documented name: "postgresql", "redis", "clickhouse", "openai_api"; or "sqlite", "chdb"."""
        ...

    async def check(self) -> None:
        """Return when the dependency answers; raise `Unavailable` with a reason that leaks nothing."""
        ...
