"""Netra with agents that only talk: "flood N PAUSE_MS WAIT_S" waits, then stores and publishes N events.

Everything else (sign-in, limits, store, worker, feed, socket) is the real thing.
"""

import asyncio
import os
import time

from dependency_injector import providers

from netra.bootstrap import Container
from netra.domain.agents.model import Question, Watch
from netra.domain.optimization.model import Advice
from netra.entrypoints.app import create_app
from netra.settings import settings_from


class TalkingAgents:
    """Emits as many stages as the message says; each carries the steady clock's nanoseconds."""

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Talk, then end with empty advice."""
        _, count, pause_ms, wait_s = question.message.split()
        await asyncio.sleep(float(wait_s))
        for _ in range(int(count)):
            await watch.enter(agent="Bench", message=f"t={time.monotonic_ns()};", progress=1, until=2)
            await asyncio.sleep(float(pause_ms) / 1_000)
        return Advice(recommendations=(), metrics={}, actions=(), supply_config={}, report="done")


Container.agent_pipeline.override(providers.Object(TalkingAgents()))
app = create_app(settings_from(os.environ))
