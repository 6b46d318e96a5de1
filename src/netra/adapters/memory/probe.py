"""Health of memory: while this code runs it is there."""


class MemoryProbe:
    """`Probe` of a deployment that keeps everything in memory."""

    @property
    def name(self) -> str:
        """The name in health reports."""
        return "memory"

    async def check(self) -> None:
        """Return: memory answers as long as anything does."""
