"""Types for the part of the vendor's client that is used here, which it does not declare itself."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, cast

from redis.asyncio import BlockingConnectionPool, Redis


class Line(Protocol):
    """One raw connection."""

    @property
    def is_connected(self) -> bool:
        """Whether it is connected, as far as known; a command on a closed connection reconnects it."""
        ...

    async def send_command(self, *words: str, check_health: bool) -> None:
        """Send a command."""
        ...

    async def read_response(
        self, *, timeout: float, disconnect_on_error: bool, push_request: bool
    ) -> Sequence[Any] | bytes | None:  # Any: bytes or a number
        """Return the next answer or message, or None after `timeout` seconds."""
        ...


class Subscriber(Protocol):
    """Holds a connection that receives published messages."""

    connection: Line

    async def connect(self) -> None:
        """Take a connection from the pool."""
        ...


class Script(Protocol):
    """A callable that runs a script in one atomic step."""

    def __call__(self, *, keys: Sequence[str], args: Sequence[bytes | int] = ()) -> Awaitable[bytes]:
        """Run the script."""
        ...


class Pipeline(Protocol):
    """Commands that are sent together."""

    publish: Callable[[str, bytes], object]
    execute: Callable[[], Awaitable[list[int]]]


class Client(Protocol):
    """The commands that are used."""

    ping: Callable[[], Awaitable[bool]]
    publish: Callable[[str, bytes], Awaitable[int]]
    getdel: Callable[[str], Awaitable[bytes | None]]
    evalsha: Callable[..., Awaitable[bytes]]
    eval: Callable[..., Awaitable[bytes]]
    aclose: Callable[[], Awaitable[None]]

    def pipeline(self, *, transaction: bool) -> AbstractAsyncContextManager[Pipeline]:
        """Collect commands; nothing is sent yet."""
        ...

    def pubsub(self) -> AbstractAsyncContextManager[Subscriber]:
        """Return a context that takes a connection on entry and holds it."""
        ...


class Pool(Protocol):
    """The connection pool."""

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 (the vendor's)
        """Close all connections, or only the idle ones."""
        ...


def connected(url: str, **options: object) -> tuple[Client, Pool]:
    """Return a client and its pool; nothing is sent yet. Raises `ValueError` for an invalid address."""
    made = cast("Callable[..., object]", BlockingConnectionPool.from_url)  # pyright: ignore[reportUnknownMemberType] (untyped options)
    pool = made(url, **options)
    return cast("Client", Redis(connection_pool=cast("BlockingConnectionPool", pool))), cast("Pool", pool)
