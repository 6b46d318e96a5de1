"""Bounds the size of an endpoint's answer; the vendor's library reads lines of any length into memory."""

from collections.abc import AsyncIterator
from typing import Final

from httpx2 import AsyncByteStream, Response

BYTES_MAX: Final = 32 * 1024 * 1024  # bytes of one answer; 100,000 tokens, one per event, are about 25 MiB


class TooMuch(ValueError):
    """The endpoint sent more than any valid answer can have."""


class BoundedStream(AsyncByteStream):
    """A body that raises an error when it exceeds the limit."""

    def __init__(self, inner: AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes."""
        left = BYTES_MAX
        async for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise TooMuch("the answer is too long")
            yield chunk

    async def aclose(self) -> None:
        """Close the body."""
        await self._inner.aclose()


async def bound(response: Response) -> None:
    """Bound a response before its body is read. Raises `TooMuch` for a compressed one.

    Compression was not requested, and the decompressed size of a body has no bound.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        await response.aclose()
        raise TooMuch("the answer is compressed")
    if isinstance(response.stream, AsyncByteStream):
        response.stream = BoundedStream(response.stream)
