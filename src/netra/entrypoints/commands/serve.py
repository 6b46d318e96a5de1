"""`netra serve`: the service, until Ctrl-C or SIGTERM."""

import socket
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from netra.bootstrap import open_ports
from netra.domain.ids import UserId
from netra.entrypoints.app import create_app
from netra.entrypoints.commands.serving import AnnouncedServer, bound_to, run_beside_server, url_of
from netra.entrypoints.commands.surroundings import data_option, settings_with, writable
from netra.entrypoints.server import server_config
from netra.settings import Settings

DONE: Final = 0
FAILED: Final = 1


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1, or NETRA_HOST]")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port; 0 is any free one.  [default: 8000, or NETRA_PORT]"
)
@data_option
def serve(*, host: str | None, port: int | None, data: Path | None) -> int:
    """Serve the API by HTTP and WebSocket, from the embedded store.

    Every setting is also a variable NETRA_<NAME>, in the environment or in a file .env here.

    \b
    Exit codes: 0 ended by Ctrl-C or SIGTERM; 1 could not start; 2 a setting cannot be used.
    """
    settings = settings_with(host=host, port=port, data=data)
    writable(settings.data)
    with bound_to(settings.host, settings.port) as bound:
        try:
            return run_beside_server(_served(settings, bound))
        except SystemExit:  # uvicorn's word for a start that failed; it has logged why
            return FAILED


async def _served(settings: Settings, bound: socket.socket) -> int:
    async with open_ports(settings) as ports:
        # Numbers are given from 1 on, so nobody with the first means nobody at all.
        is_new = await ports.users.find(UserId(1)) is None
        app = create_app(settings, ports)
        config = server_config(app, host=settings.host, port=settings.port, log_level=settings.log_level)

        def announce() -> None:
            click.echo(greeting(url_of(bound), data=settings.data, is_new=is_new))

        await AnnouncedServer(config, drain=app.drain, on_ready=announce).serve(sockets=[bound])
    return DONE


def greeting(url: str, *, data: Path, is_new: bool) -> str:
    """Return what stands on the screen once the service takes connections."""
    lines = [
        f"Netra {version('netra')} is at {url}   (Ctrl-C ends it)",
        f"  API, to read and try   {url}/docs",
        f"  Its data               {data}",
    ]
    if is_new:
        lines += [
            "",
            "Nobody can sign in yet. Add yourself, in another terminal:",
            f"  netra users add you@example.com --name You --data {data}",
            "then bring a request log, and ask about it:",
            f"  netra workloads import FILE --data {data}",
        ]
    return "\n".join(lines)
