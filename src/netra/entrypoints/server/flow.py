"""The parts around a connection that hold reading back, and that end it without losing its last answer."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl


class HeldFlow(FlowControl):
    """Reads no further while requests wait that have been read already, whatever their answers ask for."""

    is_held = False

    def resume_reading(self) -> None:
        """Read on, unless held."""
        if not self.is_held:
            super().resume_reading()


class LingeringTransport:
    """A transport for an answer after which the connection ends, while its client may still be sending.

    To close at once would reset the connection, and the client could lose the answer (RFC 9112, section
    9.6). `on_close` is called instead.
    """

    def __init__(self, transport: asyncio.Transport, *, on_close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = on_close
