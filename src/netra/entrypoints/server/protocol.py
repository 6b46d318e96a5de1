"""The server's side of a connection: uvicorn's, with the head of every request bounded in size and time.

What is wrong with bytes before they are a request is handed to the edge, which refuses it as it does
everything else. What a request means is not known here.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import ABORT, REFUSED
from netra.entrypoints.server.request_head import (
    HEAD_BYTES_MAX,
    fault_of_handshake,
    fault_of_head,
    headers_too_large,
)

HEAD_S: Final = 10.0  # from the connection, or from a head's first byte, to its last


class BoundedHttp(HttpToolsProtocol):
    """One connection, until it ends or becomes a socket."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        head_s: float = HEAD_S,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_s = head_s
        self._deadline: asyncio.TimerHandle | None = None
        self._fault: NetraError | None = None  # of a head that has been read
        self._pending = 0  # bytes that nothing has come of yet: the parser keeps them without a limit
        self._has_advanced = False
        self._has_head = False  # what comes is its body, until that has come whole
        self._is_over = False  # nothing more is read here

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as something comes of it."""
        if self._is_over:
            return
        self._has_advanced = False
        super().data_received(data)
        self._pending = 0 if self._has_advanced else self._pending + len(data)
        if self._pending > HEAD_BYTES_MAX and not self._is_over:
            self._refuse(headers_too_large())
        self._time_head()

    def on_message_begin(self) -> None:
        """Give the head that begins its whole time."""
        self._stop_timing()
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[ABORT] = self.transport.abort

    def on_headers_complete(self) -> None:
        """Check a whole head. What is raised here reaches `send_400_response`."""
        self._has_advanced = self._has_head = True
        self._fault = self._fault_of_head()
        if self._fault is not None:
            raise self._fault
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._has_advanced = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect a head again."""
        self._has_head = False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the reader of sockets."""
        self._end()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be read, or should not be."""
        del msg  # uvicorn's own words
        self._refuse(self._fault or InvalidRequest("The request cannot be read as HTTP."))

    def _fault_of_head(self) -> NetraError | None:
        parser = self.parser
        assert parser is not None, "it calls this"  # noqa: S101  # for the types
        method = parser.get_method()
        fault = fault_of_head(method, self.url, self.headers)
        if fault is None and parser.should_upgrade() and self._should_upgrade():
            lines = [b"%b: %b\r\n" % pair for pair in self.headers]
            return fault_of_handshake(b"%b %b HTTP/1.1\r\n%b\r\n" % (method, self.url, b"".join(lines)))
        return fault

    def _time_head(self) -> None:
        """Let the deadline run while a head is due: no body is coming and no request is being answered."""
        if self._is_over or self._has_head or self._under_way() is not None:
            self._stop_timing()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self._head_s, self.timeout_keep_alive_handler)

    def _stop_timing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        self._is_over = True
        self._stop_timing()

    def _refuse(self, error: NetraError) -> None:
        """Have the edge answer, after what it answers already, and then close."""
        self._end()
        current = self._under_way()
        if current is not None and current.more_body:  # its body ends here: whoever reads it must be told
            if current.response_started or self.pipeline:
                self.transport.close()
                return
            current.disconnected = True
            current.message_event.set()
            current = None
        app = cast("Any", self.app)  # pyright: ignore[reportUnknownMemberType]  # uvicorn leaves it open
        self.cycle = self._cycle_of(error)
        if current is not None:
            self.pipeline.appendleft((self.cycle, app))
        else:
            self._start_asgi_task(self.cycle, app)

    def _under_way(self) -> RequestResponseCycle | None:
        """Return the newest request if it has not been answered whole."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _cycle_of(self, error: NetraError) -> RequestResponseCycle:
        scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "method": "GET",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "headers": self.headers if self._fault is not None else [],
            "state": self.app_state.copy(),
            REFUSED: error,
        }
        return RequestResponseCycle(
            scope=cast("Any", scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
