"""Runs the service in this process: binds a socket, runs a server on it, and shuts it down cleanly."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Final

import click
from uvicorn import Config

from netra.entrypoints.server.server import Server

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
STOPPED: Final = 0
_REASONS: Final = {
    errno.EADDRINUSE: "another program uses it; stop that program, or choose another port with --port",
    errno.EACCES: "this user lacks the privilege; choose a port of at least 1024 with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose another one with --host",
}


class AnnouncedServer(Server):
    """A server that reports when it accepts connections, and when its shutdown begins.

    `on_end` is called on its loop, perhaps more than once. Parts that end with the server learn of the
    shutdown later: the loop checks ten times a second, and waits for requests first.
    """

    def __init__(
        self,
        config: Config,
        *,
        drain: Callable[[], Awaitable[None]],
        on_ready: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(config, drain=drain)
        self._on_ready = on_ready
        self._on_end = on_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then report."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Shut down at signals. Afterwards uvicorn raises the signal again, which must not end the process.

        There is still work to do after the server, which that would cut off.
        """
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            signal.signal(number, _ignore)
        with super().capture_signals():
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown, at a signal."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._on_end)

    def end(self) -> None:
        """Begin the shutdown, as at SIGTERM."""
        self.should_exit = True
        self._on_end()


@contextmanager
def bound_to(host: str, port: int) -> Generator[socket.socket]:
    """Yield a socket on `host` and `port` (0: any free one). Raises `SettingsRefused` with the reason."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise click.ClickException(
            f"The host {host!r} has no address; choose another one with --host."
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
    """Return the URL of a bound socket; for a wildcard address, that of loopback."""
    named: str
    named, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(named, named)  # noqa: S104 (read here, never bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_beside_server(work: Coroutine[object, None, int]) -> int:
    """Run `work`, which runs a server, and return its exit code; `STOPPED` if a signal comes before that.

    Ctrl-C and SIGTERM abort the start, until the server handles them itself.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(_ended_by_signals(work))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _ended_by_signals(work: Coroutine[object, None, int]) -> int:
    loop = asyncio.get_running_loop()
    working = asyncio.ensure_future(work)
    is_told = False

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        nonlocal is_told
        is_told = True
        loop.call_soon_threadsafe(working.cancel)

    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        return await working
    except asyncio.CancelledError:
        if not is_told:
            raise
        return STOPPED


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the fastest event loop available on this system."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # missing on Windows

    return uvloop.new_event_loop()


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the server has already handled the signal."""
