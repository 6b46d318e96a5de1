"""When a connection ends: its place in the table, deadlines, lingering, and fatal errors.

The subclass decides where a request ends.
"""

import asyncio
from enum import Enum, auto
from typing import Any, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from netra.domain.errors import NetraError
from netra.entrypoints.errors import RequestTimeout, TooManyConnections
from netra.entrypoints.server.connection_table import ConnectionTable
from netra.entrypoints.server.deadlines import Deadlines
from netra.entrypoints.server.flow import HeldFlow, LingeringTransport
from netra.entrypoints.server.refused_request import refused_request
from netra.entrypoints.server.wire_limits import WireLimits


class Phase(Enum):
    """What the next byte of a connection belongs to."""

    BETWEEN = auto()  # requests
    HEAD = auto()
    BODY = auto()


BETWEEN, HEAD, BODY = Phase  # the members themselves: in Python 3.11 looking one up in its class is slow


class TimedHttp(HttpToolsProtocol):
    """One connection, until it ends."""

    flow: HeldFlow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: WireLimits,
        table: ConnectionTable,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._table = table
        self._place: str | None = None  # in the table
        self._deadlines = Deadlines(limits, now_s=self.loop.time())
        self._watch: asyncio.TimerHandle | None = None
        self._phase = BETWEEN
        self._is_timed = False  # whether a deadline runs for the current head or body
        # a request whose body is due; its keep-alive
        self._split: tuple[RequestResponseCycle, bool] | None = None
        self._fault: NetraError | None = None  # of a parsed head
        self._unfed = b""  # rest of a read, kept from the parser until earlier requests are answered
        self._is_over = False  # nothing more is read here
        self._is_lingering = False  # the last response has been sent
        self._is_draining = False  # the server is shutting down

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Take a place in the table and wait for the first head; reject the connection without a place."""
        super().connection_made(transport)
        self.flow = HeldFlow(transport)  # pyright: ignore[reportIncompatibleVariableOverride]
        self._look_again()
        try:
            self._place = self._table.take(self.client[0] if self.client else None)
        except TooManyConnections as error:
            self._refuse(error, transport=transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        self._leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End after the response in progress."""
        self._is_draining = True
        super().shutdown()

    def _release_flow(self) -> None:
        self.flow.is_held = False
        self.flow.resume_reading()

    def _time_rest(self) -> None:
        """Start the deadline of a head or body that did not arrive in one read."""
        if self._phase is BODY:
            self._is_timed = True
            self._deadlines.wait_for_body(self.loop.time())
            # The response ends the connection, unless the body arrives first.
            self._split = self.cycle, self.cycle.keep_alive
            self.cycle.keep_alive = False
            self.cycle.transport = cast("Any", LingeringTransport(self.transport, on_close=self._linger))
        elif self._under_way() is None:
            self._is_timed = True
            self._deadlines.wait_for_head(self.loop.time())

    def _time_next(self) -> None:
        """Start the deadline of the next request, unless one is already queued."""
        if not self.cycle.response_complete:
            return
        if self._phase is BETWEEN:
            self._deadlines.wait_for_request(self.loop.time())
        elif self._phase is HEAD:
            self._is_timed = True
            self._deadlines.wait_for_head(self.loop.time())

    def _look_again(self) -> None:
        """End a connection whose peer's time is over; otherwise schedule the next check."""
        cycle = self._under_way()
        is_blocked = self.flow.read_paused or (cycle is not None and cycle.waiting_for_100_continue)
        left_s = self._deadlines.left_s(self.loop.time(), is_blocked=is_blocked)
        if left_s <= 0:
            self._expire()
        else:
            self._watch = self.loop.call_later(left_s, self._look_again)

    def _expire(self) -> None:
        self._watch = None
        if self._is_lingering:
            self.transport.abort()
        elif self._phase is BODY:
            self._refuse(RequestTimeout("The request's body arrived too slowly or not at all."))
            self._look_again()
        else:
            self.transport.close()

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _leave(self) -> None:
        self._is_over = True
        self._unfed = b""
        self._stop_watch()
        self._release_place()

    def _release_place(self) -> None:
        if self._place is not None:
            self._table.release(self._place)
            self._place = None

    def _linger(self) -> None:
        """Send the end of the stream, and discard what the peer still sends, for a while: RFC 9112, 9.6."""
        if self._is_lingering or self.transport.is_closing():
            return
        self._is_over = self._is_lingering = True
        self._unfed = b""
        self.transport.write_eof()
        self._release_flow()
        self._deadlines.wait_for_close(self.loop.time())

    def _refuse(self, error: NetraError, *, transport: asyncio.Transport | None = None) -> None:
        """Let the edge answer with `error` after the responses in progress, then close."""
        self._is_over = True
        self._unfed = b""
        self._deadlines.wait_for_nothing()
        current = self._under_way()
        if current is not None and current.more_body:  # its body ends here: its reader must learn that
            if current.response_started or self.pipeline:
                self.transport.close()
                return
            current.disconnected = True
            current.message_event.set()
            current = None
        app = cast("Any", self.app)  # pyright: ignore[reportUnknownMemberType]  # uvicorn leaves it open
        lingering = cast("asyncio.Transport", LingeringTransport(self.transport, on_close=self._linger))
        headers = self.headers if self._fault is not None else []
        self.cycle = refused_request(self, error, headers=headers, transport=transport or lingering)
        if current is not None:
            self.pipeline.appendleft((self.cycle, app))
        else:
            self._start_asgi_task(self.cycle, app)

    def _under_way(self) -> RequestResponseCycle | None:
        """Return the newest request if its response is incomplete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle
