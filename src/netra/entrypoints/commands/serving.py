"""Running the service in this process: a socket of its own, a server on it, and an end that is clean."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

import click
from uvicorn import Config

from netra.entrypoints.server import Server

Result = TypeVar("Result")

_REASONS: Final = {
    errno.EADDRINUSE: "something else uses it already; stop that, or choose another port with --port",
    errno.EACCES: "it needs more rights than this user has; choose a port from 1024 on with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose another one with --host",
}


class AnnouncedServer(Server):
    """A server that tells when it takes connections."""

    def __init__(
        self, config: Config, *, drain: Callable[[], Awaitable[None]], on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config, drain=drain)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def end(self) -> None:
        """Begin to end, as at SIGTERM."""
        self.should_exit = True


@contextmanager
def bound_to(host: str, port: int) -> Generator[socket.socket]:
    """Yield a socket on `host` and `port` (0 is any free one); refuse in a sentence what cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise click.ClickException(
            f"The host {host!r} has no address; choose another with --host."
        ) from error
    with closing(socket.socket(family, socket.SOCK_STREAM)) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, error.strerror)
            raise click.ClickException(f"Port {port} on {host} cannot be used: {reason}.") from error
        yield bound


def url_of(bound: socket.socket) -> str:
    """Return the address to call; the wildcard address is called by loopback."""
    named: str
    named, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(named, named)  # noqa: S104  # read here, never bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_beside_server(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work`, which runs a server: the server alone hears Ctrl-C and SIGTERM.

    uvicorn raises a signal again once it has ended by it. That would cut off what still has to be
    closed, so the handlers that it puts back do nothing.
    """
    before = {number: signal.signal(number, _heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the fastest loop that this system has."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # not made for Windows

    return uvloop.new_event_loop()


def _heard(number: int, frame: FrameType | None) -> None:
    """Do nothing: the server has already acted on the signal."""
