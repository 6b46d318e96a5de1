"""The opening comes before the text of every attempt, and everything else passes."""

import asyncio

from netra.domain.agents.model import Stage
from netra.domain.agents.stages.opening import WithOpening


class Recorder:
    def __init__(self) -> None:
        self.seen: list[object] = []

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        self.seen.append((agent, message, progress, until))

    async def skip_stages(self, *stages: Stage) -> None:
        self.seen.append(stages)

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        self.seen.append((text, attempt, at))

    async def wait_for_stop(self) -> None:
        self.seen.append("waited")

    def checkpoint(self, done: float, doing: str) -> None:
        self.seen.append((done, doing))


async def test_every_attempt_begins_with_the_opening() -> None:
    recorder = Recorder()
    watch = WithOpening(recorder, "Understood. ")
    await watch.emit_text("One.", attempt=1, at=0)
    await watch.emit_text(" Two.", attempt=1, at=4)
    await watch.emit_text("Again.", attempt=2, at=0)
    assert recorder.seen == [("Understood. One.", 1, 0), (" Two.", 1, 16), ("Understood. Again.", 2, 0)]


async def test_everything_else_passes() -> None:
    recorder, stage = Recorder(), Stage(agent="a", message="m", progress=0, until=1)
    watch = WithOpening(recorder, "")
    await watch.start_stage(agent="a", message="m", progress=0, until=1)
    await watch.skip_stages(stage)
    watch.checkpoint(0.5, "half")
    await asyncio.wait_for(watch.wait_for_stop(), 5)
    assert recorder.seen == [("a", "m", 0, 1), (stage,), (0.5, "half"), "waited"]
