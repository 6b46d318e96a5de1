"""Detects WebSocket handshakes, and handles other upgrades.

Pure: takes bytes and returns decisions.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from websockets.http11 import Request
from websockets.server import ServerProtocol

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import Header

_SILENT: Final = logging.Logger("", logging.CRITICAL)  # noqa: LOG001 # headers must not get into a log


def is_handshake(version: str, headers: Sequence[Header]) -> bool:
    """Return whether a head requests WebSocket and nothing else; every other upgrade is ignored.

    RFC 9110, section 7.8: an `Upgrade` counts only in HTTP/1.1, and only if `Connection` names it; a server
    may ignore it. A list of several protocols is ignored too.

    >>> is_handshake("1.1", [(b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"websocket")])
    True
    >>> is_handshake("1.1", [(b"connection", b"upgrade"), (b"upgrade", b"h2c, websocket")])
    False
    """
    protocols = [value.strip().lower() for name, value in headers if name == b"upgrade"]
    options = b",".join(value for name, value in headers if name == b"connection").lower().split(b",")
    return version == "1.1" and protocols == [b"websocket"] and b"upgrade" in map(bytes.strip, options)


def fault_of_handshake(method: bytes, url: bytes, headers: Sequence[Header]) -> NetraError | None:
    """Return why the WebSocket library would reject this handshake, or None.

    Checked in advance, because uvicorn drops the library's answer to an invalid handshake.

    >>> print(fault_of_handshake(b"GET", b"/ws", [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]))
    This is not a WebSocket handshake: missing Sec-WebSocket-Key header.
    """
    reader = ServerProtocol(logger=_SILENT)
    reader.receive_data(head_of(method, url, "1.1", headers))
    for event in reader.events_received():
        if isinstance(event, Request):
            reader.accept(event)
    if reader.handshake_exc is None:
        return None
    return InvalidRequest(f"This is not a WebSocket handshake: {reader.handshake_exc}.")


def head_without_upgrade(method: bytes, url: bytes, version: str, headers: Iterable[Header]) -> bytes:
    """Return the same head without `Upgrade`: the parser then reads its body as usual.

    >>> head_without_upgrade(b"GET", b"/", "1.1", [(b"host", b"a"), (b"upgrade", b"h2c")])
    b'GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n'
    """
    return head_of(method, url, version, (pair for pair in headers if pair[0] != b"upgrade"))


def head_of(method: bytes, url: bytes, version: str, headers: Iterable[Header]) -> bytes:
    """Return a head as bytes."""
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, url, version.encode(), b"".join(lines))
