"""Resume interrupted removals of deleted events, after an outage or a killed process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.workloads import EventLeftovers

SWEEP_EVERY_S: Final = 30.0
PAUSE_S: Final = 0.05  # pause between two parts, so that interactive requests come first


@asynccontextmanager
async def swept(leftovers: EventLeftovers, *, clock: Clock, incidents: Incidents) -> AsyncGenerator[None]:
    """Look for unfinished removals immediately and then periodically, until the block ends."""
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
        await clock.pause(PAUSE_S if is_more else SWEEP_EVERY_S)
