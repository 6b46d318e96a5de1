"""Cancel a wait for a language model as soon as the run must stop."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from netra.domain.agents.model import Watch

Result = TypeVar("Result")


async def unless_stopped(work: Coroutine[object, None, Result], watch: Watch) -> Result:
    """Return the result of `work`; on a stop, cancel it and raise the reason.

    A worker polls for stops twice a second, but the next token may take longer than a cancel allows.
    """
    doing, ending = asyncio.ensure_future(work), asyncio.ensure_future(watch.wait_for_stop())
    try:
        await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            watch.checkpoint(0.0, "Stopping")
        return await doing
    finally:
        for task in (doing, ending):
            task.cancel()
        await asyncio.gather(doing, ending, return_exceptions=True)
