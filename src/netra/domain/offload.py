"""Run pure work in a thread; stop it when its caller is cancelled."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from netra.domain.errors import WorkStopped
from netra.domain.optimization.model import Checkpoint, never_stop

Result = TypeVar("Result")


async def run_in_thread(work: Callable[..., Result], *, checkpoint: Checkpoint = never_stop) -> Result:
    """Run `work`, which takes a `checkpoint`, in a thread; a cancelled caller stops it.

    Every log is offloaded: analysing ten calls takes 40 ms, a change of thread 0.1 ms. A thread cannot be
    cancelled from outside; its next checkpoint raises `WorkStopped` instead.
    """
    abandoned = asyncio.Event()
    try:
        return await asyncio.to_thread(work, checkpoint=_until(abandoned, checkpoint))
    finally:
        abandoned.set()


def _until(abandoned: asyncio.Event, checkpoint: Checkpoint) -> Checkpoint:
    def checked(done: float, doing: str) -> None:
        if abandoned.is_set():  # reading the flag needs no event loop
            raise WorkStopped("The caller no longer waits for this work.")
        checkpoint(done, doing)

    return checked
