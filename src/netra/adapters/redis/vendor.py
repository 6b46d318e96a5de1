"""The part of the vendor's client that is used here, with the types that it does not say itself."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, cast

from redis.asyncio import BlockingConnectionPool, Redis


class Line(Protocol):
    """One connection, as it is."""

    @property
    def is_connected(self) -> bool:
        """Whether it is, as far as anybody has noticed; a command to one that is not connects it."""
        ...

    async def send_command(self, *words: str, check_health: bool) -> None:
        """Send a command."""
        ...

    async def read_response(
        self, *, timeout: float, disconnect_on_error: bool, push_request: bool
    ) -> Sequence[Any] | bytes | None:  # Any: bytes or a number
        """Return the next answer or message, or None after `timeout` seconds."""
        ...


class Hearing(Protocol):
    """Holds a connection that hears what is published."""

    connection: Line

    async def connect(self) -> None:
        """Take a connection from the pool."""
        ...


class Script(Protocol):
    """Whatever runs a script in one atomic step."""

    def __call__(self, *, keys: Sequence[str], args: Sequence[bytes | int] = ()) -> Awaitable[bytes]:
        """Run it."""
        ...


class Pipeline(Protocol):
    """Commands that are sent together."""

    publish: Callable[[str, bytes], object]
    execute: Callable[[], Awaitable[list[int]]]


class Client(Protocol):
    """The commands that are given."""

    ping: Callable[[], Awaitable[bool]]
    publish: Callable[[str, bytes], Awaitable[int]]
    getdel: Callable[[str], Awaitable[bytes | None]]
    evalsha: Callable[..., Awaitable[bytes]]
    eval: Callable[..., Awaitable[bytes]]
    aclose: Callable[[], Awaitable[None]]

    def pipeline(self, *, transaction: bool) -> AbstractAsyncContextManager[Pipeline]:
        """Gather commands; nothing is sent yet."""
        ...

    def pubsub(self) -> AbstractAsyncContextManager[Hearing]:
        """Return what holds a connection until the block ends; none is taken yet."""
        ...


class Pool(Protocol):
    """The connections."""

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 (the vendor's)
        """Close them, or those alone that nobody uses."""
        ...


def connected(url: str, **options: object) -> tuple[Client, Pool]:
    """Return a client and its pool; nothing is sent yet. Raises `ValueError` for an address that is none."""
    made = cast("Callable[..., object]", BlockingConnectionPool.from_url)  # pyright: ignore[reportUnknownMemberType] (untyped options)
    pool = made(url, **options)
    return cast("Client", Redis(connection_pool=cast("BlockingConnectionPool", pool))), cast("Pool", pool)
