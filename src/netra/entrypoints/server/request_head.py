"""What the head of a request may be: how long, and what makes it the handshake of a socket.

Pure: bytes go in, what is wrong with them comes out.
"""

import logging
from collections.abc import Sequence
from typing import Final

from websockets.http11 import Request
from websockets.server import ServerProtocol

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import Header
from netra.entrypoints.errors import HeadersTooLarge, UriTooLong

LINE_BYTES_MAX: Final = 8_192  # of the first line and of each header: what the reader of handshakes takes
HEADERS_MAX: Final = 128  # the same
HEAD_BYTES_MAX: Final = 65_536  # all headers together; browsers send about a thousandth of what lines allow

_AROUND_URL: Final = len(b"  HTTP/1.1\r\n")
_AROUND_HEADER: Final = len(b": \r\n")
_SILENT: Final = logging.Logger("", logging.CRITICAL)  # noqa: LOG001  # else headers may get into a log


def fault_of_head(method: bytes, url: bytes, headers: Sequence[Header]) -> NetraError | None:
    """Return what is too long in a head, None when nothing is.

    >>> print(fault_of_head(b"GET", b"/", [(b"host", b"a")] * 129))
    A request may have 128 headers of 8192 bytes, 65536 bytes in all.
    """
    if len(method) + len(url) + _AROUND_URL > LINE_BYTES_MAX:
        return UriTooLong(
            f"The first line of a request may have {LINE_BYTES_MAX} bytes.", limit_bytes=LINE_BYTES_MAX
        )
    sizes = [len(name) + len(value) + _AROUND_HEADER for name, value in headers]
    if len(sizes) > HEADERS_MAX or max(sizes, default=0) > LINE_BYTES_MAX or sum(sizes) > HEAD_BYTES_MAX:
        return headers_too_large()
    return None


def headers_too_large() -> HeadersTooLarge:
    """Return the refusal, which names every limit."""
    return HeadersTooLarge(
        f"A request may have {HEADERS_MAX} headers of {LINE_BYTES_MAX} bytes, {HEAD_BYTES_MAX} bytes in all.",
        limit_headers=HEADERS_MAX,
        limit_line_bytes=LINE_BYTES_MAX,
        limit_bytes=HEAD_BYTES_MAX,
    )


def fault_of_handshake(head: bytes) -> NetraError | None:
    """Return why the library that reads handshakes would refuse this one, None when it would not.

    It is asked beforehand because uvicorn drops what the library answers to a handshake it cannot read.

    >>> head = b"GET /ws HTTP/1.1\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"
    >>> print(fault_of_handshake(head))
    This is no WebSocket handshake: missing Sec-WebSocket-Key header.
    """
    reader = ServerProtocol(logger=_SILENT)
    reader.receive_data(head)
    for event in reader.events_received():
        if isinstance(event, Request):
            reader.accept(event)
    if reader.handshake_exc is None:
        return None
    return InvalidRequest(f"This is no WebSocket handshake: {reader.handshake_exc}.")
