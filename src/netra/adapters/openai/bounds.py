"""How much an endpoint may send: the vendor's library reads a line of any length into memory."""

from collections.abc import AsyncIterator
from typing import Final

from httpx2 import AsyncByteStream, Response

BYTES_MAX: Final = 32 * 1024 * 1024  # of one answer; 100,000 tokens, one an event, are about 25 MiB


class TooMuch(ValueError):
    """The endpoint sends more than any answer can be."""


class BoundedStream(AsyncByteStream):
    """A body that ends with an error where it becomes too long."""

    def __init__(self, inner: AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Pass the bytes on."""
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
    """Bound a response before any of its body is read. Raises `TooMuch` for a compressed one.

    Nobody asked for compression, and what a compressed body becomes has no bound.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        await response.aclose()
        raise TooMuch("the answer is compressed")
    if isinstance(response.stream, AsyncByteStream):
        response.stream = BoundedStream(response.stream)
