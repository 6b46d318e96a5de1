"""A parser of server-sent events without I/O: bytes in, events out (HTML standard, section 9.2)."""

from __future__ import annotations

from dataclasses import dataclass

LINE_MAX = 64 * 1024 * 1024  # bytes of one line: a result of a large workload is one line
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of the stream."""

    event: str
    data: str
    id: str


class LineTooLong(ValueError):
    """A line of the stream exceeds the bound."""


class SseParser:
    """Turns the chunks of one response into events; a cut tail is never an event."""

    def __init__(self, *, line_max: int = LINE_MAX) -> None:
        self._line_max = line_max
        self._tail = bytearray()
        self._is_first = True
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that are complete with this chunk. Raises `LineTooLong`."""
        found: list[ServerSentEvent] = []
        for line in self._lines(chunk):
            event = self._line(line)
            if event is not None:
                found.append(event)
        return found

    def _lines(self, chunk: bytes) -> list[bytes]:
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        if b"\n" not in chunk and b"\r" not in chunk:
            self._tail += chunk
            self._check()
            return []
        whole = bytes(self._tail) + chunk
        self._tail.clear()
        lines = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._tail += lines.pop()
        self._check()
        return lines

    def _check(self) -> None:
        if len(self._tail) > self._line_max:
            raise LineTooLong(f"a line of the stream is longer than {self._line_max} bytes")

    def _line(self, line: bytes) -> ServerSentEvent | None:
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatched()
        name, colon, value = line.partition(b":")
        if not name and colon:
            return None  # a comment
        text = value.removeprefix(b" ").decode(errors="replace")
        match name:
            case b"event":
                self._event = text
            case b"data":
                self._data.append(text)
            case b"id" if "\0" not in text:
                self._id = text
            case _:
                pass
        return None

    def _dispatched(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        return ServerSentEvent(event=event or "message", data="\n".join(data), id=self._id)
