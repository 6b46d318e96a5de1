"""The server under the application: uvicorn, configured for Netra and shut down in the right order."""

import gc
import logging
import re
from asyncio import Protocol
from collections.abc import Awaitable, Callable
from functools import partial
from socket import socket
from typing import Final, cast

import uvicorn

from netra.entrypoints.asgi import App
from netra.entrypoints.server.connection_table import ConnectionTable
from netra.entrypoints.server.counted_socket import CountedSocket
from netra.entrypoints.server.open_files import open_files_limit, raise_open_files_limit
from netra.entrypoints.server.protocol import BoundedHttp
from netra.entrypoints.server.wire_limits import WireLimits

# bytes; a larger message closes its socket with 1009 before it is buffered
MESSAGE_BYTES_MAX: Final = 1_048_576
# seconds between pings; keeps idle connections alive through proxies with idle timeouts from about 60 s
PING_S: Final = 20.0
PONG_S: Final = 20.0  # seconds to answer a ping; after that the client counts as gone
LINGER_S: Final = 10  # seconds that a closed connection may take to read what was sent to it
SHUTDOWN_S: Final = 10  # seconds that requests may take to finish at shutdown

_USUAL_LIMITS: Final = WireLimits()
_QUERY: Final = re.compile(r"\?[^\s\"']*")
_HEADER: Final = re.compile(r"^([<>] (?:authorization|cookie|set-cookie):).*", re.IGNORECASE | re.DOTALL)
_FRAME: Final = re.compile(r"^([<>] (?:TEXT|BINARY|CONT)).*", re.DOTALL)


class WithoutSecrets(logging.Filter):
    """Redacts log lines that may hold a token: a socket's query, headers and messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record; it is always logged."""
        record.msg = redacted(record.getMessage())
        record.args = None
        return True


def redacted(line: str) -> str:
    """Return the line without secrets.

    >>> redacted("< TEXT '{}' [2 bytes]"), redacted("< Authorization: Bearer a"), redacted("GET /ws?token=a")
    ('< TEXT …', '< Authorization: …', 'GET /ws?…')
    """
    for pattern in (_HEADER, _FRAME):
        line = pattern.sub(r"\1 …", line)
    return _QUERY.sub("?…", line)


_WITHOUT_SECRETS: Final = WithoutSecrets()


class Server(uvicorn.Server):
    """Closes sockets by `drain` before uvicorn does: uvicorn's close code is 1012, ours 1001."""

    def __init__(
        self, config: uvicorn.Config, *, drain: Callable[[], Awaitable[None]], linger_s: int = LINGER_S
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._linger_s = linger_s
        self._closing_s: dict[object, int] = {}

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Raise the open-files limit, start, and exempt loaded objects from garbage collection."""
        raise_open_files_limit()
        await super().startup(sockets)
        gc.freeze()

    async def on_tick(self, counter: int) -> bool:
        """Run, once a second, what uvicorn lacks; uvicorn calls this ten times a second."""
        if counter % 10 == 0:
            self._abort_deaf()
        return await super().on_tick(counter)

    def _abort_deaf(self) -> None:
        # A closed transport waits indefinitely for its client to read the rest.
        closing = [one for one in self.server_state.connections if one.transport.is_closing()]
        self._closing_s = {one: self._closing_s.get(one, 0) + 1 for one in closing}
        for one in closing:
            if self._closing_s[one] > self._linger_s:
                one.transport.abort()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop listening, close the sockets, then everything else."""
        for server in self.servers:
            server.close()
        await self._drain()
        await super().shutdown(sockets)
        gc.unfreeze()


def server_config(
    app: App, *, host: str, port: int, log_level: str = "info", limits: WireLimits = _USUAL_LIMITS
) -> uvicorn.Config:
    """Return uvicorn's configuration for serving `app` within `limits`."""
    table = ConnectionTable(limits, open_files_limit=open_files_limit)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        # a factory in place of a class
        http=cast("type[Protocol]", partial(BoundedHttp, limits=limits, table=table)),
        ws=cast("type[Protocol]", CountedSocket),
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        ws_per_message_deflate=False,  # compressing a secret next to chosen text would reveal it (CRIME)
        timeout_graceful_shutdown=SHUTDOWN_S,
        lifespan="on",
        server_header=False,
        proxy_headers=False,  # only the edge evaluates proxy headers, from the proxies in the settings
        access_log=False,
        log_level=log_level,
    )
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).addFilter(_WITHOUT_SECRETS)
    return config
