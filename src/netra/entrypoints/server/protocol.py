"""The server's side of a connection: uvicorn's, bounded in time, in size and in number.

It decides where a request ends and when a connection does. A request that cannot be read is handed to the
edge, which refuses it as it does everything else. What a request means is not known here.
"""

import asyncio
from enum import Enum, auto
from typing import Any, Final, cast

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.connection_table import ConnectionTable
from netra.entrypoints.counted_socket import CountedSocket
from netra.entrypoints.deadlines import Deadlines
from netra.entrypoints.errors import RequestTimeout, TooManyConnections
from netra.entrypoints.refused_request import refused_request
from netra.entrypoints.server.request_head import HEAD_BYTES_MAX, fault_of_head, headers_too_large
from netra.entrypoints.upgrades import fault_of_handshake, head_without_upgrade, is_handshake
from netra.entrypoints.wire import HeldFlow, LingeringTransport
from netra.entrypoints.wire_limits import WireLimits

SLICE_BYTES: Final = 4_096  # parsed before anybody else gets a turn: about 160 of the smallest requests


class Phase(Enum):
    """What the next byte of a connection belongs to."""

    BETWEEN = auto()  # requests
    HEAD = auto()
    BODY = auto()


class BoundedHttp(HttpToolsProtocol):
    """One connection, until it ends or becomes a socket."""

    flow: HeldFlow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
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
        self._phase = Phase.BETWEEN
        self._is_timed = False  # the head or the body that is due
        self._split: tuple[RequestResponseCycle, bool] | None = None  # one whose body is due; its keep-alive
        self._fault: NetraError | None = None  # of a head that has been read
        self._is_handshake = False
        self._is_ignored_upgrade = False
        self._pending = 0  # bytes that nothing has come of yet: the parser keeps them without a limit
        self._has_advanced = False
        self._unfed = b""  # the rest of one read, kept from the parser until earlier requests are answered
        self._is_over = False  # nothing more is read here
        self._is_lingering = False  # the last answer has been sent
        self._is_draining = False  # the server ends

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a place and wait for the first head; refuse where there is no place."""
        super().connection_made(transport)
        self.flow = HeldFlow(transport)  # pyright: ignore[reportIncompatibleVariableOverride]
        self._look_again()
        try:
            self._place = self._table.take(self.client[0] if self.client else None)
        except TooManyConnections as error:
            self._refuse(error, transport=transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as something comes of it."""
        if self._is_over:
            return
        if self._phase is Phase.BODY:
            self._deadlines.received(len(data))
        if len(data) <= SLICE_BYTES:
            self._parse(data)
        else:
            self._feed(data)
        if self._phase is not Phase.BETWEEN and not (self._is_timed or self._is_over):
            self._time_rest()

    def on_message_begin(self) -> None:
        """Give the head that begins its whole time."""
        self._phase = Phase.HEAD
        self._is_timed = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Check a whole head, and begin to answer it."""
        self._phase = Phase.BODY
        self._has_advanced = True
        self._is_timed = False
        self._fault = self._fault_of_head()
        if self._fault is not None:
            raise self._fault
        if self._is_ignored_upgrade:
            return  # it is read again, without the upgrade
        super().on_headers_complete()
        self.headers = []  # of the trailers, which are read and dropped: the request has its list
        if self.pipeline:
            self.flow.is_held = True

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._has_advanced = True
        super().on_body(body)
        if self.flow.read_paused:
            self._deadlines.blocked()

    def on_message_complete(self) -> None:
        """Expect the next request."""
        self._phase = Phase.BETWEEN
        if self._is_ignored_upgrade:
            return
        self._deadlines.wait_for_nothing()
        super().on_message_complete()
        if self._split is not None:
            cycle, keeps_alive = self._split
            self._split = None
            if not cycle.response_started:
                cycle.keep_alive = keeps_alive and not self._is_draining
                cycle.transport = self.transport

    def on_response_complete(self) -> None:
        """Go on with the next request that has been read; then read on."""
        self.server_state.total_requests += 1
        if self._is_lingering or self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        if self.pipeline:
            return
        if self._unfed:
            self.loop.call_soon(self._feed_rest)
            return
        self._release_flow()
        self._time_next()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection, with its place, to the reader of sockets."""
        self._stop_watch()
        self._is_over = True
        super().handle_websocket_upgrade()
        cast("CountedSocket", self.transport.get_protocol()).on_lost = self._release_place

    def shutdown(self) -> None:
        """End after the answer that is under way."""
        self._is_draining = True
        super().shutdown()

    def _should_upgrade(self) -> bool:
        return self._is_handshake

    # Reading

    def _feed(self, data: bytes) -> None:
        """Parse a long read in slices; keep what follows a request that has to wait for its turn."""
        for start in range(0, len(data), SLICE_BYTES):
            if self._is_over:
                return
            if self.pipeline:
                self._unfed = data[start:]
                return
            self._parse(data[start : start + SLICE_BYTES])

    def _feed_rest(self) -> None:
        """Parse what was kept of a read, now that everything before it has been answered or is under way."""
        if self.pipeline or not self._unfed or self.transport.is_closing():
            return
        data, self._unfed = self._unfed, b""
        self.flow.is_held = False
        self.data_received(data)
        if not self.pipeline and not self._is_over:
            self._release_flow()
            self._time_next()

    def _release_flow(self) -> None:
        self.flow.is_held = False
        self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        self._has_advanced = False
        try:
            self._parse_requests(data)
        except httptools.HttpParserError:
            self._refuse(self._fault or InvalidRequest("The request cannot be read as HTTP."))
        self._pending = 0 if self._has_advanced else self._pending + len(data)
        if self._pending > HEAD_BYTES_MAX and not self._is_over:
            self._refuse(headers_too_large())

    def _parse_requests(self, data: bytes) -> None:
        """Parse; go on after each upgrade that is ignored, with its body."""
        rest: bytes | memoryview = data
        while True:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                rest = memoryview(rest)[upgrade.args[0] :]
            else:
                return
            if not self._is_ignored_upgrade:
                self._begin_socket(has_more=bool(rest))
                return
            self._parse_without_upgrade()

    def _begin_socket(self, *, has_more: bool) -> None:
        if has_more:  # RFC 6455, section 4.1: the client must wait
            self._refuse(InvalidRequest("A client may send frames only after the answer to its handshake."))
        else:
            self.handle_websocket_upgrade()

    def _parse_without_upgrade(self) -> None:
        """Parse the same head again without `Upgrade`: a parser that has seen one skips the body."""
        version = self.parser.get_http_version()
        head = head_without_upgrade(self.parser.get_method(), self.url, version, self.headers)
        self._is_ignored_upgrade = False
        self.parser = new_parser(self)
        self.parser.feed_data(head)

    def _fault_of_head(self) -> NetraError | None:
        parser = self.parser
        method, version = parser.get_method(), parser.get_http_version()
        fault = fault_of_head(method, self.url, self.headers, version=version)
        if fault is not None or not parser.should_upgrade():
            return fault
        if not is_handshake(version, self.headers):
            self._is_ignored_upgrade = True
            return None
        if self._under_way() is not None:
            return InvalidRequest("A handshake may not be sent before the answer to an earlier request.")
        self._is_handshake = True
        return fault_of_handshake(method, self.url, self.headers)

    # Time

    def _time_rest(self) -> None:
        """Let time run for the rest of a head or of a body that did not come in one read."""
        if self._phase is Phase.BODY:
            self._is_timed = True
            self._deadlines.wait_for_body(self.loop.time())
            # Unless its body comes first, the answer ends the connection.
            self._split = self.cycle, self.cycle.keep_alive
            self.cycle.keep_alive = False
            self.cycle.transport = cast("Any", LingeringTransport(self.transport, on_close=self._linger))
        elif self._under_way() is None:
            self._is_timed = True
            self._deadlines.wait_for_head(self.loop.time())

    def _time_next(self) -> None:
        """Let time run for the next request, if no other has taken its turn."""
        if self._under_way() is not None:
            return
        if self._phase is Phase.HEAD:
            self._is_timed = True
            self._deadlines.wait_for_head(self.loop.time())
        elif self._phase is Phase.BETWEEN:
            self._deadlines.wait_for_request(self.loop.time())

    def _look_again(self) -> None:
        """End what has waited too long for its peer; sleep until that may be so."""
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
        elif self._phase is Phase.BODY:
            self._refuse(RequestTimeout("The body of the request came too slowly or not at all."))
            self._look_again()
        else:
            self.transport.close()

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # The end

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
        """Have the edge answer, after what it answers already, and then close."""
        self._is_over = True
        self._unfed = b""
        self._deadlines.wait_for_nothing()
        current = self._under_way()
        if current is not None and current.more_body:  # its body ends here: whoever reads it must be told
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
        """Return the newest request if it has not been answered whole."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle


def new_parser(protocol: HttpToolsProtocol) -> httptools.HttpRequestParser:
    """Return a parser as uvicorn sets it up: what follows a last request is read, and then dropped."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
