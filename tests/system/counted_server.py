"""Serves Netra as its environment says, and keeps a log of its own: when each request was answered how.

Run as a program with the port and the log's file. A line has the steady clock before and after, which
all processes of one machine share, the path and the status.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from netra.entrypoints.app import create_app
from netra.entrypoints.server.server import Server, server_config
from netra.settings import settings_from


async def main(port: int, log: Path) -> None:
    app = create_app(settings_from(os.environ))
    with log.open("a", buffering=1) as lines:

        async def logged(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began_s = time.monotonic()

            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    lines.write(f"{began_s} {time.monotonic()} {scope['path']} {message['status']}\n")
                await send(message)

            await app(scope, receive, noted)

        config = server_config(logged, host="127.0.0.1", port=port, log_level="warning")
        await Server(config, drain=app.drain).serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
