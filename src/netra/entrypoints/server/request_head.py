"""Limits and rules for a request's head: length, version, host, and body framing.

Pure: takes bytes and returns the error.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from netra.domain.errors import InvalidRequest, NetraError
from netra.entrypoints.asgi import Header
from netra.entrypoints.errors import HeadersTooLarge, UriTooLong

# bytes of the request line and of each header; the limit of the handshake parser
LINE_BYTES_MAX: Final = 8_192
HEADERS_MAX: Final = 128  # headers of a request; the limit of the handshake parser
VERSIONS: Final = frozenset({"1.0", "1.1"})
# bytes of all headers together; browsers send about a thousandth of what the lines' limits allow
HEAD_BYTES_MAX: Final = 65_536

_AROUND_URL: Final = len(b"  HTTP/1.1\r\n")
_AROUND_HEADER: Final = len(b": \r\n")
_CODING: Final = b"transfer-encoding"
_HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+;=%-]*(:[0-9]*)?|\[[A-Fa-f0-9.:v]+\](:[0-9]*)?")


def fault_of_head(
    method: bytes, url: bytes, headers: Sequence[Header], *, version: str = "1.1"
) -> NetraError | None:
    """Return why a head is rejected, or None; header names are in lower case.

    >>> print(fault_of_head(b"GET", b"/", [(b"host", b"a")] * 129))
    A request may have 128 headers of 8192 bytes, 65536 bytes in all.
    >>> print(fault_of_head(b"GET", b"/", []))
    An HTTP/1.1 request must have exactly one Host header; this one has 0.
    """
    if len(method) + len(url) + _AROUND_URL > LINE_BYTES_MAX:
        return UriTooLong(
            f"The first line of a request may have at most {LINE_BYTES_MAX} bytes.",
            limit_bytes=LINE_BYTES_MAX,
        )
    sizes = [len(name) + len(value) + _AROUND_HEADER for name, value in headers]
    if len(sizes) > HEADERS_MAX or max(sizes, default=0) > LINE_BYTES_MAX or sum(sizes) > HEAD_BYTES_MAX:
        return headers_too_large()
    sentence = _unreadable(method, headers, version)
    return None if sentence is None else InvalidRequest(sentence)


def _unreadable(method: bytes, headers: Sequence[Header], version: str) -> str | None:
    """Return what makes a head ambiguous or unsupported (RFC 9112, sections 2.5, 3.2 and 6.1)."""
    if version not in VERSIONS:
        return f"HTTP/{version} is not supported; use HTTP/1.1."
    if method == b"CONNECT":
        return "CONNECT is not supported: this is not a proxy."
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    if hosts != 1 and (hosts or version == "1.1"):
        return f"An HTTP/{version} request must have exactly one Host header; this one has {hosts}."
    if hosts and not _is_host(headers[names.index(b"host")][1]):
        return "The Host header is not a valid host name or address."
    if _CODING in names and (version != "1.1" or not _is_chunked(headers)):
        return "Transfer-Encoding may only be `chunked`, in HTTP/1.1."
    return None


@lru_cache(maxsize=64)  # mostly the names of this deployment
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _is_chunked(headers: Sequence[Header]) -> bool:
    codings = [value for name, value in headers if name == _CODING]
    return [value.strip().lower() for value in codings] == [b"chunked"]


def headers_too_large() -> HeadersTooLarge:
    """Return the error, which names all limits."""
    return HeadersTooLarge(
        f"A request may have {HEADERS_MAX} headers of {LINE_BYTES_MAX} bytes, {HEAD_BYTES_MAX} bytes in all.",
        limit_headers=HEADERS_MAX,
        limit_line_bytes=LINE_BYTES_MAX,
        limit_bytes=HEAD_BYTES_MAX,
    )
