"""A server that is told to end: who hears of it, and in which order."""

import asyncio
import os
import signal
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from netra.entrypoints.server.server import server_config
from netra.entrypoints.server.serving import AnnouncedServer, bound_to


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Start and end."""
    assert scope["type"] == "lifespan"
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


def by_signal(server: AnnouncedServer) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("end", [by_signal, AnnouncedServer.end], ids=["by a signal", "by a word"])
async def test_the_word_to_end_is_heard_at_once_and_not_at_the_next_tick(
    end: Callable[[AnnouncedServer], None],
) -> None:
    happened: list[str] = []

    async def drain() -> None:
        happened.append("drained")

    with bound_to("127.0.0.1", 0) as bound:
        config = server_config(app, host="127.0.0.1", port=0, log_level="error")
        config.loop = "asyncio"
        loop = asyncio.get_running_loop()

        def end_soon() -> None:
            loop.call_soon(end, server)

        server = AnnouncedServer(
            config,
            drain=drain,
            on_ready=end_soon,
            on_end=lambda: happened.append("told"),
        )
        before = signal.getsignal(signal.SIGTERM)
        try:
            await server.serve(sockets=[bound])
        finally:
            signal.signal(signal.SIGTERM, before)
    assert happened == ["told", "drained"]
