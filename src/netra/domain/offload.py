"""Pure work beside the event loop: in a thread, and stopped when nobody waits for it any more."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from netra.domain.errors import WorkStopped
from netra.domain.optimization.model import Checkpoint, never_stop

Result = TypeVar("Result")


async def run_in_thread(work: Callable[..., Result], *, checkpoint: Checkpoint = never_stop) -> Result:
    """Do pure work, which takes a `checkpoint`, beside the loop; cancelled with its caller.

    Ten calls take 40 ms to analyse and the hop to a thread 0.1 ms, so there is no log too small for
    it. A thread cannot be cancelled from outside: its next checkpoint raises `WorkStopped` instead.
    """
    abandoned = asyncio.Event()
    try:
        return await asyncio.to_thread(work, checkpoint=_until(abandoned, checkpoint))
    finally:
        abandoned.set()


def _until(abandoned: asyncio.Event, checkpoint: Checkpoint) -> Checkpoint:
    def checked(done: float, doing: str) -> None:
        if abandoned.is_set():  # reading the flag needs no loop
            raise WorkStopped("Nobody waits for this work any more.")
        checkpoint(done, doing)

    return checked
