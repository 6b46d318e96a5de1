"""Waiting for a language model, and leaving it the moment the run is told to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from netra.domain.agents.model import Watch

Result = TypeVar("Result")


async def unless_stopped(work: Coroutine[Any, Any, Result], watch: Watch) -> Result:
    """Return what `work` returns; cancel it at once when `watch` says stop, and raise the reason.

    A worker looks up twice a second; waiting for the next token could take longer than a cancel may.
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
