"""Pauses reading from a connection, and closes it without losing its last response."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl


class HeldFlow(FlowControl):
    """Pauses reading while parsed requests are queued, whatever their responses request."""

    is_held = False

    def resume_reading(self) -> None:
        """Resume reading, unless held."""
        if not self.is_held:
            super().resume_reading()


class LingeringTransport:
    """A transport for the last response of a connection whose client may still be sending.

    An immediate close would reset the connection, and the client could lose the response (RFC 9112, section
    9.6). `on_close` is called instead.
    """

    def __init__(self, transport: asyncio.Transport, *, on_close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = on_close
