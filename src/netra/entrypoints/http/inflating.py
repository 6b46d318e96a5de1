"""Decompress a body within bounds of size and ratio, stopping as soon as one is passed."""

import zlib
from typing import Final

from netra.domain.errors import InvalidRequest, PayloadTooLarge

GZIP: Final = b"gzip"
BODY_BYTES_MAX: Final = 67_108_864  # of a body after decompression, as OTLP recommends
RATIO_MAX: Final = 400  # telemetry shrinks to a hundredth at most; more is made to exhaust memory
RATIO_FROM: Final = 1_048_576  # bytes of output from which the ratio counts
_STEP: Final = 1_048_576  # bytes of output at a time
_GZIP_WINDOW: Final = 31


def inflated(
    body: bytes, *, encoding: bytes | None, most: int = BODY_BYTES_MAX, ratio: int = RATIO_MAX
) -> bytes:
    """Return the body without its compression.

    Raises `PayloadTooLarge` above `most` bytes or `ratio` times the body, `InvalidRequest` for other data.
    """
    if encoding is None or encoding.strip().lower() != GZIP:
        if len(body) > most:
            raise _too_large(most, ratio)
        return body
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:  # gzip files may be concatenated
        stream = zlib.decompressobj(_GZIP_WINDOW)
        while not stream.eof:
            part = _next(stream, rest)
            rest = stream.unconsumed_tail
            size += len(part)
            if size > most or (size > RATIO_FROM and size > ratio * len(body)):
                raise _too_large(most, ratio)
            if not part and not rest and not stream.eof:
                raise InvalidRequest("The gzip body is cut short.")
            parts.append(part)
        rest = stream.unused_data
    return b"".join(parts)


def _next(stream: "zlib._Decompress", data: bytes) -> bytes:  # pyright: ignore[reportPrivateUsage] # has no public name
    try:
        return stream.decompress(data, _STEP)
    except zlib.error as error:
        raise InvalidRequest(f"The body is not gzip: {error}.") from error


def _too_large(most: int, ratio: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"The body is longer than {most} bytes after decompression, or expands more than {ratio} times: "
        "send fewer records at a time.",
        limit_bytes=most,
    )
