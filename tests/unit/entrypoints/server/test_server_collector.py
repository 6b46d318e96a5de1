"""What the garbage collector walks while a server runs, and after it."""

import gc
from collections.abc import MutableMapping
from typing import Any

from netra.entrypoints.server.server import server_config
from netra.entrypoints.server.serving import AnnouncedServer, bound_to


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Start and end."""
    assert scope["type"] == "lifespan"
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


async def nothing() -> None:
    """Drain what has no sockets."""


async def test_what_is_loaded_at_the_start_is_left_alone_until_the_end() -> None:
    left_alone: list[int] = []

    def ready() -> None:
        left_alone.append(gc.get_freeze_count())
        server.end()

    with bound_to("127.0.0.1", 0) as bound:
        config = server_config(app, host="127.0.0.1", port=0, log_level="error")
        config.loop = "asyncio"
        server = AnnouncedServer(config, drain=nothing, on_ready=ready, on_end=lambda: None)
        await server.serve(sockets=[bound])
    assert left_alone[0] > 10_000
    assert gc.get_freeze_count() == 0
