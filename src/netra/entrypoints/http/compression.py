"""Compresses answers by gzip, except those that may hold a secret and those that are sent bit by bit.

A GET that requires a sign-in is compressed, and every other route only if its rule says so. Routes that issue
tokens, keys, codes and tickets are public or POST, so a new one is not compressed by oversight: the length of
a compressed answer can reveal a secret in it (BREACH). Litestar's own compression is not used: it is opt-out,
accepts `gzip;q=0`, sends `Vary` only with the compressed form, keeps strong entity tags, buffers the start of
a stream until its first event, and compresses a long answer in one step on the event loop.
"""

import asyncio
import re
import zlib
from collections.abc import Iterator
from typing import Final, cast

from litestar.types import ASGIApp

from netra.entrypoints.asgi import App, Header, Message, Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import header
from netra.entrypoints.http.admission import Rule, rule_of

COMPRESSED_FROM: Final = 1_024  # bytes of a body; a shorter one fits into one packet either way
# bytes that are compressed without a turn of other connections: about 0.2 ms. Threads would be no faster for
# most answers, and their pool may be busy with analyses for seconds.
SLICE_BYTES: Final = 65_536
# zlib's fastest: a run's status of 62 kB takes 0.23 ms and shrinks to 29 %; level 6 takes 1.6 ms for 24 %
LEVEL: Final = 1

_GZIP: Final = zlib.MAX_WBITS | 16  # zlib's word for the format of RFC 1952
_VARY: Final[Header] = (b"vary", b"Accept-Encoding")
_TEXTS: Final = frozenset({b"application/json", b"text/csv", b"text/html", b"text/markdown"})


def compressing(app: ASGIApp) -> ASGIApp:
    """Return `app` with its answers compressed for clients that accept gzip: middleware of a router."""
    inner = cast("App", app)

    async def with_compression(scope: Scope, receive: Receive, send: Send) -> None:
        if compresses(scope["method"], rule_of(scope["route_handler"].opt)):
            exchange_of(scope).headers.append(_VARY)
            if takes_gzip((header(scope["headers"], b"accept-encoding") or b"").decode("latin-1")):
                send = _Compressor(send)
        await inner(scope, receive, send)

    return cast("ASGIApp", with_compression)


def compresses(method: str, rule: Rule) -> bool:
    """Return whether the answers of a route with this rule are compressed."""
    return rule.is_compressed or (method == "GET" and not rule.is_public)


def takes_gzip(accepted: str) -> bool:
    """Return whether an `Accept-Encoding` header accepts gzip by name.

    >>> takes_gzip("br, gzip;q=0.5"), takes_gzip("gzip;q=0"), takes_gzip("")
    (True, False, False)
    """
    for one in accepted.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() == "gzip":
            return re.fullmatch(r"q=0(\.0*)?", weight.strip()) is None
    return False


class _Compressor:
    """A `send` that compresses an answer if it is one text of some length."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None  # held back until the length is known

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_text(message["headers"]):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if not message.get("more_body", False) and len(message.get("body", b"")) >= COMPRESSED_FROM:
                message["body"] = await _compressed(message["body"])
                start["headers"] = list(_described(start["headers"], size=len(message["body"])))
            await self._send(start)
        await self._send(message)


async def _compressed(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, wbits=_GZIP)
    parts = [packer.compress(body[:SLICE_BYTES])]
    for start in range(SLICE_BYTES, len(body), SLICE_BYTES):
        await asyncio.sleep(0)
        parts.append(packer.compress(body[start : start + SLICE_BYTES]))
    return b"".join([*parts, packer.flush()])


def _is_text(headers: list[Header]) -> bool:
    kind = (header(headers, b"content-type") or b"").partition(b";")[0].strip().lower()
    return (kind in _TEXTS or kind.endswith(b"+json")) and header(headers, b"content-encoding") is None


def _described(headers: list[Header], *, size: int) -> Iterator[Header]:
    """Yield the headers of the compressed form; its entity tag is weak (RFC 9110, 8.8.1)."""
    for name, value in headers:
        if name == b"etag" and not value.startswith(b"W/"):
            yield name, b"W/" + value
        elif name != b"content-length":
            yield name, value
    yield b"content-encoding", b"gzip"
    yield b"content-length", b"%d" % size
