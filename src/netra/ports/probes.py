"""Health checks of dependencies."""

from typing import Protocol


class Probe(Protocol):
    """A health check of one dependency of this deployment."""

    @property
    def name(self) -> str:
        """The documented name: "postgresql", "redis", "clickhouse", "openai_api"; or "sqlite", "chdb"."""
        ...

    async def check(self) -> None:
        """Return when the dependency answers; raise `Unavailable` with a reason that reveals no secrets."""
        ...
