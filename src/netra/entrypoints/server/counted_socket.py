"""A bounded WebSocket connection that is counted in the connection table."""

from collections.abc import Callable

from netra.entrypoints.server.socket_protocol import BoundedSocket


class CountedSocket(BoundedSocket):
    """One socket from its handshake on; `on_lost` is called when it ends."""

    on_lost: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        """Read frames; drop a client that sends some before the response to its handshake."""
        if self.handshake_initiated and not self.handshake_complete:
            self.transport.abort()
        else:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        if self.on_lost is not None:
            self.on_lost()
        super().connection_lost(exc)
