"""The server's side of an HTTP connection: uvicorn's, with exact request boundaries and a bounded pipeline.

A request that cannot be parsed is passed to the edge, which rejects it like any other. Requests are not
interpreted here.
"""

import asyncio
from typing import Any, Final, cast

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import ABORT
from netra.entrypoints.server.connection_table import ConnectionTable
from netra.entrypoints.server.counted_socket import CountedSocket
from netra.entrypoints.server.request_head import HEAD_BYTES_MAX, fault_of_head, headers_too_large
from netra.entrypoints.server.timed_protocol import BETWEEN, BODY, HEAD, TimedHttp
from netra.entrypoints.server.upgrades import fault_of_handshake, head_without_upgrade, is_handshake
from netra.entrypoints.server.wire_limits import WireLimits

# bytes parsed before other connections get a turn: about 160 of the smallest requests
SLICE_BYTES: Final = 4_096


class BoundedHttp(TimedHttp):
    """One connection, until it ends or becomes a socket."""

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
        super().__init__(config, server_state, app_state, _loop, limits=limits, table=table)
        self._is_handshake = False
        self._is_ignored_upgrade = False
        self._pending = 0  # bytes without a parsed result yet: the parser buffers them without a limit
        self._has_advanced = False
        self._is_socket = False

    def data_received(self, data: bytes) -> None:
        """Parse data, as long as the parser makes progress."""
        if self._is_over:
            return
        if self._phase is BODY:
            self._deadlines.received(len(data))
        if len(data) <= SLICE_BYTES:
            self._parse(data)
        else:
            self._feed(data)
        if self._phase is not BETWEEN and not (self._is_timed or self._is_over):
            self._time_rest()

    def on_message_begin(self) -> None:
        """Start the deadline of the head that begins."""
        self._phase = HEAD
        self._is_timed = False
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[ABORT] = self.transport.abort

    def on_headers_complete(self) -> None:
        """Check a complete head, and begin to answer it."""
        self._phase = BODY
        self._has_advanced = True
        self._is_timed = False
        self._fault = self._fault_of_head()
        if self._fault is not None:
            raise self._fault
        if self._is_ignored_upgrade:
            return  # parsed again, without the upgrade
        super().on_headers_complete()
        self.headers = []  # for trailers, which are read and discarded: the request keeps its own list
        if self.pipeline:
            self.flow.is_held = True

    def on_body(self, body: bytes) -> None:
        """Handle a part of a body."""
        self._has_advanced = True
        super().on_body(body)
        if self.flow.read_paused:
            self._deadlines.blocked()

    def on_message_complete(self) -> None:
        """Expect the next request."""
        self._phase = BETWEEN
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
        """Start the next parsed request; then resume parsing."""
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
        """Hand the connection and its place in the table to the socket protocol."""
        self._stop_watch()
        self._is_over = self._is_socket = True
        super().handle_websocket_upgrade()
        cast("CountedSocket", self.transport.get_protocol()).on_lost = self._release_place

    def _should_upgrade(self) -> bool:
        return self._is_handshake

    def _feed(self, data: bytes) -> None:
        """Parse a long read in slices; keep the rest while a request waits for its turn."""
        for start in range(0, len(data), SLICE_BYTES):
            if self._is_socket:  # its client did not wait, see `_begin_socket`
                self.transport.abort()
            if self._is_over:
                return
            if self.pipeline:
                self._unfed = data[start:]
                return
            self._parse(data[start : start + SLICE_BYTES])

    def _feed_rest(self) -> None:
        """Parse the kept rest of a read, now that the requests before it are answered or in progress."""
        if self.pipeline or not self._unfed or self.transport.is_closing():
            return
        data, self._unfed = self._unfed, b""
        self.flow.is_held = False
        self.data_received(data)
        if not self.pipeline and not self._is_over:
            self._release_flow()
            self._time_next()

    def _parse(self, data: bytes) -> None:
        self._has_advanced = False
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._parse_behind_upgrade(memoryview(data)[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._fault or InvalidRequest("The request cannot be read as HTTP."))
        self._pending = 0 if self._has_advanced else self._pending + len(data)
        if self._pending > HEAD_BYTES_MAX and not self._is_over:
            self._refuse(headers_too_large())

    def _parse_behind_upgrade(self, rest: memoryview) -> None:
        """Begin a socket, or ignore the upgrade and go on with the body; other upgrades may follow."""
        while self._is_ignored_upgrade:
            self._parse_without_upgrade()
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            else:
                return
        self._begin_socket(has_more=bool(rest))

    def _begin_socket(self, *, has_more: bool) -> None:
        if has_more:  # RFC 6455, section 4.1: the client must wait
            self._refuse(InvalidRequest("A client may send frames only after the response to its handshake."))
        else:
            self.handle_websocket_upgrade()

    def _parse_without_upgrade(self) -> None:
        """Parse the same head again without `Upgrade`: with it, the parser would skip the body."""
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
            return InvalidRequest("A handshake may not be sent before the response to an earlier request.")
        self._is_handshake = True
        return fault_of_handshake(method, self.url, self.headers)


def new_parser(protocol: HttpToolsProtocol) -> httptools.HttpRequestParser:
    """Return a parser configured like uvicorn's: what follows a last request is read and discarded."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
