"""Going on with removals of deleted events that were cut short: a store was away, a process was killed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.workloads import EventLeftovers

SWEEP_EVERY_S: Final = 30.0
BREATH_S: Final = 0.05  # between two parts, so that those who are waited for come first


@asynccontextmanager
async def swept(leftovers: EventLeftovers, *, clock: Clock, incidents: Incidents) -> AsyncGenerator[None]:
    """Look for what is left, at once and then now and then, until the block ends."""
    sweeping = asyncio.create_task(_sweep(leftovers, clock=clock, incidents=incidents))
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.wait({sweeping})


async def _sweep(leftovers: EventLeftovers, *, clock: Clock, incidents: Incidents) -> None:
    while True:
        is_more = False
        try:
            is_more = await leftovers.sweep()
        except Exception as error:  # noqa: BLE001  # the outermost frame: what is left waits for the next look
            incidents.report(error, where="removing deleted events")
        await clock.pause(BREATH_S if is_more else SWEEP_EVERY_S)
