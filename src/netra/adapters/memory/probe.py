"""Health of the memory store, which is always available."""


class MemoryProbe:
    """`Probe` of a deployment that stores everything in memory."""

    @property
    def name(self) -> str:
        """The name in health reports."""
        return "memory"

    async def check(self) -> None:
        """Return without a check: memory needs no connection."""
