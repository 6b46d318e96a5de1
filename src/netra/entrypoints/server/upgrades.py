"""Which heads are WebSocket handshakes, and what an upgrade means that is not one.

Pure: bytes go in, decisions come out.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from websockets.http11 import Request
from websockets.server import ServerProtocol

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import Header

_SILENT: Final = logging.Logger("", logging.CRITICAL)  # noqa: LOG001  # else headers may get into a log


def is_handshake(version: str, headers: Sequence[Header]) -> bool:
    """Decide whether a head asks for WebSocket and nothing else; every other upgrade is ignored.

    RFC 9110, section 7.8: an `Upgrade` counts only in HTTP/1.1, and only where `Connection` names it; a
    server may ignore it. One that offers a list of protocols is ignored too.

    >>> is_handshake("1.1", [(b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"websocket")])
    True
    >>> is_handshake("1.1", [(b"connection", b"upgrade"), (b"upgrade", b"h2c, websocket")])
    False
    """
    protocols = [value.strip().lower() for name, value in headers if name == b"upgrade"]
    options = b",".join(value for name, value in headers if name == b"connection").lower().split(b",")
    return version == "1.1" and protocols == [b"websocket"] and b"upgrade" in map(bytes.strip, options)


def fault_of_handshake(method: bytes, url: bytes, headers: Sequence[Header]) -> NetraError | None:
    """Return why the library that reads handshakes would refuse this one, None when it would not.

    It is asked beforehand because uvicorn drops what the library answers to a handshake it cannot read.

    >>> print(fault_of_handshake(b"GET", b"/ws", [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]))
    This is no WebSocket handshake: missing Sec-WebSocket-Key header.
    """
    reader = ServerProtocol(logger=_SILENT)
    reader.receive_data(head_of(method, url, "1.1", headers))
    for event in reader.events_received():
        if isinstance(event, Request):
            reader.accept(event)
    if reader.handshake_exc is None:
        return None
    return InvalidRequest(f"This is no WebSocket handshake: {reader.handshake_exc}.")


def head_without_upgrade(method: bytes, url: bytes, version: str, headers: Iterable[Header]) -> bytes:
    """Return the head of the same request without `Upgrade`: the parser then reads its body as usual.

    >>> head_without_upgrade(b"GET", b"/", "1.1", [(b"host", b"a"), (b"upgrade", b"h2c")])
    b'GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n'
    """
    return head_of(method, url, version, (pair for pair in headers if pair[0] != b"upgrade"))


def head_of(method: bytes, url: bytes, version: str, headers: Iterable[Header]) -> bytes:
    """Return a head as bytes."""
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, url, version.encode(), b"".join(lines))
