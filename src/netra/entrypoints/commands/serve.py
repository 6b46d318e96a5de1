"""`netra serve`: runs the service until Ctrl-C or SIGTERM."""

import socket
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from netra.bootstrap import open_ports, prepare, schema_of
from netra.entrypoints.commands.context import data_option, settings_with, slots_option
from netra.entrypoints.reports.safe import say, say_text

if TYPE_CHECKING:
    from netra.settings import Settings

DONE: Final = 0
FAILED: Final = 1


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1, or NETRA_HOST]")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port; 0 for any free one.  [default: 8000, or NETRA_PORT]"
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="API processes on the port; more than 1 requires NETRA_REDIS_URL.  [default: 1, or NETRA_WORKERS]",
)
@slots_option
@data_option
def serve(
    *, host: str | None, port: int | None, workers: int | None, slots: int | None, data: Path | None
) -> int:
    """Serve the API over HTTP and WebSocket, from the embedded store or the configured servers.

    Every setting is also a variable NETRA_<NAME>, in the environment or in a file .env in this folder.

    \b
    Exit codes:
      0  ended by Ctrl-C or SIGTERM
      1  could not start
      2  a setting is invalid
    """
    from netra.entrypoints.server.serving import bound_to, url_of

    settings = settings_with(host=host, port=port, workers=workers, slots=slots, data=data)
    prepare(settings)
    with bound_to(settings.host, settings.port) as bound:

        def announce(is_new: bool) -> None:  # noqa: FBT001 # the only argument
            say_text(greeting(url_of(bound), settings=settings, is_new=is_new))

        if settings.workers == 1:
            return _run(settings, bound, announce=announce, line=None)
        from netra.entrypoints.server.supervision import supervise

        schema_of(settings).upgrade()  # once, so that an unreachable store is reported only once
        return supervise(partial(api_process, settings, bound), count=settings.workers, on_ready=announce)


def api_process(settings: "Settings", bound: socket.socket, line: "Connection[bytes, bytes]") -> None:
    """Run as one of several API processes on the socket `bound`, until SIGTERM or the end of the pipe."""
    from netra.domain.errors import NetraError
    from netra.entrypoints.server.supervision import KNOWN, NEW
    from netra.settings import SettingsRefused

    def announce(is_new: bool) -> None:  # noqa: FBT001 # as above
        line.send_bytes(NEW if is_new else KNOWN)

    try:
        sys.exit(_run(settings, bound, announce=announce, line=line))
    except (NetraError, SettingsRefused) as error:
        say(f"Error: {error}", err=True)
        sys.exit(FAILED)


def _run(
    settings: "Settings",
    bound: socket.socket,
    *,
    announce: Callable[[bool], None],
    line: "Connection[bytes, bytes] | None",
) -> int:
    from netra.entrypoints.server.serving import run_beside_server

    try:
        return run_beside_server(_served(settings, bound, announce=announce, line=line))
    except SystemExit:  # uvicorn raises this for a failed start, which it has logged
        return FAILED


async def _served(
    settings: "Settings",
    bound: socket.socket,
    *,
    announce: Callable[[bool], None],
    line: "Connection[bytes, bytes] | None",
) -> int:
    from netra.domain.ids import UserId
    from netra.entrypoints.blocked_packages import SCHEMA_LIBRARIES, SIGNATURES, unseen
    from netra.entrypoints.server.server import server_config
    from netra.entrypoints.server.serving import AnnouncedServer
    from netra.entrypoints.server.supervision import end_with_parent
    from netra.entrypoints.server.wire_limits import wire_limits_of

    with unseen(*SCHEMA_LIBRARIES):
        from netra.entrypoints.app import create_app
    with unseen(*SIGNATURES):  # not while ports open: sign-in by a provider checks other signatures
        import_module("netra.bootstrap.one_process")

    async with open_ports(settings) as ports:
        # User ids start at 1, so a store without user 1 has no users.
        is_new = await ports.users.find(UserId(1)) is None
        with unseen(*SCHEMA_LIBRARIES):  # Litestar imports them here too
            app = create_app(settings, ports)
        config = server_config(
            app,
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            limits=wire_limits_of(settings),
        )
        server = AnnouncedServer(
            config, drain=app.drain, on_ready=partial(announce, is_new), on_end=app.stop_work
        )
        if line is not None:
            end_with_parent(line, server.end)
        await server.serve(sockets=[bound])
    return DONE


def greeting(url: str, *, settings: "Settings", is_new: bool) -> str:
    """Return the text shown once the service accepts connections."""
    lines = [
        f"Netra {version('netra')} is at {url}   (Ctrl-C ends it)",
        f"  API documentation      {url}/docs",
        f"  Its data               {schema_of(settings).place}",
    ]
    if is_new:
        here = f" --data {settings.data}" if settings.database_url is None else ""
        lines += [
            "",
            "There is no user yet. Add yourself in another terminal:",
            f"  netra users add you@example.com --name You{here}",
            "then import a request log and analyse it:",
            f"  netra workloads import FILE{here}",
        ]
    return "\n".join(lines)
