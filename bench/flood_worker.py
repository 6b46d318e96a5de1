"""`netra worker` with agents that only talk: see `flood_app.py`."""

import asyncio
import os
import signal

from dependency_injector import providers

from flood_app import TalkingAgents
from netra.bootstrap import open_ports
from netra.plugboard import Container, contained
from netra.settings import settings_from


async def work() -> None:
    """Work on runs until SIGTERM."""
    Container.agent_pipeline.override(providers.Object(TalkingAgents()))
    settings = settings_from(os.environ)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with open_ports(settings) as ports:
        await contained(ports, settings).run_worker().serve(stopping)


if __name__ == "__main__":
    asyncio.run(work())
