"""Netra with agents that only talk, on Netra's own server: `python flood_app.py PORT`.

"flood N PAUSE_MS WAIT_S [BYTES]" waits, then stores and publishes N events, each with so many bytes
more. Everything else (sign-in, limits, store, worker, feed, socket) is the real thing.
"""

import asyncio
import os
import sys
import time

from dependency_injector import providers

from netra.domain.agents.model import Question, Watch
from netra.domain.optimization.metrics import NOTHING_MEASURED
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.entrypoints.app import create_app
from netra.entrypoints.server.server import Server, server_config
from netra.entrypoints.server.serving import run_beside_server
from netra.entrypoints.server.wire_limits import wire_limits_of
from netra.plugboard import Container
from netra.settings import settings_from


class TalkingAgents:
    """Emits as many stages as the message says; each carries the steady clock's nanoseconds."""

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Talk, then end with empty advice."""
        _, count, pause_ms, wait_s, *more = question.message.split()
        padding = "x" * int(more[0]) if more else ""
        await asyncio.sleep(float(wait_s))
        for _ in range(int(count)):
            stamped = f"t={time.monotonic_ns()};{padding}"
            await watch.start_stage(agent="Bench", message=stamped, progress=1, until=2)
            await asyncio.sleep(float(pause_ms) / 1_000)
        return Advice(
            recommendations=(),
            metrics=NOTHING_MEASURED,
            actions=(),
            supply_config=NOTHING_TO_SUPPLY,
            report="done",
        )


async def serve(port: int) -> int:
    """Serve until SIGTERM, and return an exit code."""
    Container.agent_pipeline.override(providers.Object(TalkingAgents()))
    settings = settings_from(os.environ)
    app = create_app(settings)
    limits = wire_limits_of(settings)
    config = server_config(app, host="127.0.0.1", port=port, log_level="error", limits=limits)
    await Server(config, drain=app.drain).serve()
    return 0


if __name__ == "__main__":
    run_beside_server(serve(int(sys.argv[1])))
