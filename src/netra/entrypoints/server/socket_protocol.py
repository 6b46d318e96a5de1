"""The server's side of a WebSocket: uvicorn's, with limits on frames that the message limit does not cover.

Messages are not interpreted here. The application's rate limit counts complete messages; every other frame
(ping, pong, fragment, and everything after our close) is counted here.
"""

import asyncio
from collections.abc import Generator
from typing import Any, Final, cast

from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from netra.entrypoints.asgi import CLOSED_BY_SERVER

FRAMES_MAX: Final = 2_048  # frames of one connection within WINDOW_S, complete messages not counted
WINDOW_S: Final = 60.0  # seconds; the window of FRAMES_MAX, equal to that of the message limit
FRAGMENTS_MAX: Final = 512  # fragments of one message: 2 KiB each for a message of the largest size
TURN_FRAMES_MAX: Final = 128  # frames parsed before other connections get a turn: a few milliseconds
# seconds that a client may still send after being rejected, so that it reads the close frame
LINGER_S: Final = 1.0

_TEXT, _BINARY, _CONT, _PING, _PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG
_POLICY_VIOLATION: Final = 1008
_NOT_UTF_8: Final = 1007
_ABNORMAL: Final = 1006


class TurnReader(StreamReader):
    """A buffer that lets the parser begin `frames_left` frames; `is_held` while it waits for more."""

    def __init__(self) -> None:
        super().__init__()
        self.frames_left = 0
        self.is_held = False

    def at_eof(self) -> Generator[None, None, bool]:
        """Return whether the stream has ended, once a frame may begin: the parser asks before each frame."""
        while True:
            if self.buffer:
                if self.frames_left:
                    self.frames_left -= 1
                    self.is_held = False
                    return False
                self.is_held = True
            elif self.eof:
                return True
            yield


class TurnParser(ServerProtocol):
    """The library's parser over a `TurnReader`."""

    reader: TurnReader

    def parse(self) -> Generator[None]:
        """Parse the handshake and frames."""
        self.reader = TurnReader()  # set here, because the library's constructor begins to read
        yield from super().parse()


class BoundedSocket(WebSocketsSansIOProtocol):
    """One WebSocket connection, from its handshake to its end."""

    __slots__ = ("_fragments", "_frames", "_is_due", "_is_over", "_reader", "_window_ends_s")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        parser = TurnParser(max_size=config.ws_max_size, logger=self.logger)
        self.conn = parser
        self._reader = parser.reader
        self._is_due = False  # `_read_on` is scheduled
        self._is_over = False  # rejected or lost: nothing more is parsed
        self._fragments = 0  # of the message being received
        self._frames = 0  # counted in the current window
        self._window_ends_s = 0.0

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        self._is_over = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse new data, at most one turn's worth of frames."""
        if self._is_over:
            return
        if self._reader.is_held:
            self._reader.feed_data(data)  # at most one read: after it reading is paused
            self.transport.pause_reading()
        else:
            self._parse(data)

    async def receive(self) -> Any:
        """Return the next ASGI message; resume parsing once the application has taken all messages."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if self._reader.is_held and not self._is_over:
                self._schedule()
            else:
                self.transport.resume_reading()
        return message

    def handle_events(self) -> None:
        """Count and dispatch the parsed frames."""
        for event in self.conn.events_received():
            if not isinstance(event, Frame):
                self.handle_connect(cast("Request", event))
            elif event.opcode is _TEXT and event.fin and not self.close_sent:
                self.handle_text(event)
            else:
                self._count(event)
                if not self._is_over:
                    self._dispatch(event)
            if self._is_over:
                return

    def send_receive_event_to_app(self) -> None:
        """Pass on a complete message; one that is not UTF-8 closes with 1007."""
        if self.curr_msg_data_type == "bytes" or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._refuse(_NOT_UTF_8, "the message is not UTF-8")
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_parser_exception(self) -> None:
        """Close with the code that the parser chose."""
        close: Close | None = self.conn.close_sent
        if close is None:
            self._end(_ABNORMAL, "the handshake is not complete")
        else:
            self._end(close.code, close.reason)

    def _parse(self, data: bytes) -> None:
        self._reader.frames_left = TURN_FRAMES_MAX
        self.conn.receive_data(data)
        if self.conn.parser_exc is None:
            self.handle_events()
        else:
            self.handle_parser_exception()
        if self._reader.is_held and not self._is_over:
            self._schedule()

    def _schedule(self) -> None:
        """Let other connections have their turn; then resume, once the application has taken its messages."""
        self.transport.pause_reading()
        if not self._is_due and not self.read_paused:
            self._is_due = True
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """Parse what is still unread, then resume reading."""
        self._is_due = False
        if self._can_read:
            self._parse(b"")
        if self._can_read and not (self._reader.is_held or self.read_paused):
            self.transport.resume_reading()

    @property
    def _can_read(self) -> bool:
        return not (self._is_over or self.transport.is_closing())

    def _dispatch(self, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode is _PING:
            self.handle_ping()
        elif opcode is _PONG:
            self.handle_pong(frame)
        elif opcode is _CONT:
            self.handle_cont(frame)
        elif opcode is _TEXT:
            self.handle_text(frame)
        elif opcode is _BINARY:
            self.handle_bytes(frame)
        else:
            self.handle_close(frame)

    def _count(self, frame: Frame) -> None:
        """Count the frame, unless it ends a message; close the connection above a limit."""
        if frame.opcode is _CONT or frame.opcode is _TEXT or frame.opcode is _BINARY:
            self._fragments += 1
            if self._fragments > FRAGMENTS_MAX:
                self._refuse(_POLICY_VIOLATION, f"more than {FRAGMENTS_MAX} fragments in a message")
                return
            if frame.fin:
                self._fragments = 0
                if not self.close_sent:
                    return  # a complete message, which the application counts
        now_s = self.loop.time()
        if now_s >= self._window_ends_s:
            self._window_ends_s = now_s + WINDOW_S
            self._frames = 0
        self._frames += 1
        if self._frames > FRAMES_MAX:
            self._refuse(_POLICY_VIOLATION, f"more than {FRAMES_MAX} frames in {WINDOW_S:g} s")

    def _refuse(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self._end(code, reason)

    def _end(self, code: int, reason: str) -> None:
        """Send the close frame, notify the application, and stop parsing.

        Only our half of the connection is closed immediately: closing it with unread bytes would reset it,
        and the client might never read the close frame.
        """
        self._is_over = True
        peer = ":".join(str(part) for part in self.client or ())
        self.logger.info("%s - WebSocket closed with %d: %s", peer, code, reason)
        self.stop_keepalive()
        ended = {"type": "websocket.disconnect", "code": code, "reason": reason, CLOSED_BY_SERVER: code}
        self.queue.put_nowait(cast("Any", ended))
        written = b"".join(self.conn.data_to_send())
        self.close_sent = True
        if not self.handshake_complete or self.transport.is_closing():
            self.handshake_complete = self.disconnected = True  # as in `connection_lost`: no response is due
            self.transport.abort()
            return
        self.transport.write(written)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.read_paused = False
        self.transport.resume_reading()
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.close)
