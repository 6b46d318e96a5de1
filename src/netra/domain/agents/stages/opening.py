"""Put the opening of an answer before the text that a language model writes."""

from netra.domain.agents.model import Stage, Watch


class WithOpening:
    """A watch that emits `opening` before the text of every attempt."""

    def __init__(self, watch: Watch, opening: str) -> None:
        self._watch = watch
        self._opening = opening

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Report the stage."""
        await self._watch.start_stage(agent=agent, message=message, progress=progress, until=until)

    async def skip_stages(self, *stages: Stage) -> None:
        """Report the stages."""
        await self._watch.skip_stages(*stages)

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Emit the text, behind the opening where it begins an attempt."""
        if at == 0:
            await self._watch.emit_text(f"{self._opening}{text}", attempt=attempt, at=0)
        else:
            await self._watch.emit_text(text, attempt=attempt, at=at + len(self._opening))

    async def wait_for_stop(self) -> None:
        """Return when the run must end."""
        await self._watch.wait_for_stop()

    def checkpoint(self, done: float, doing: str) -> None:
        """Report the share of the work done."""
        self._watch.checkpoint(done, doing)
