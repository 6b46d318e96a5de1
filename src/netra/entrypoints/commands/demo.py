"""`netra demo`: the whole service on this machine, demonstrated by requests that any client could send."""

import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from netra.entrypoints.commands.context import data_option, settings_with
from netra.entrypoints.reports.safe import say

PORT: Final = 8000


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), help=f"Port.  [default: {PORT} if free, else any free one]"
)
@click.option("--serve/--no-serve", "keeps_serving", default=True, help="Keep serving after the report.")
@data_option
def demo(*, port: int | None, keeps_serving: bool, data: Path | None) -> int:
    """Start the service, load a sample workload, run an optimization, and show the result.

    Nothing is sent to other machines: server and client run on this one, and need no key. Without --data
    everything is deleted at the end.
    """
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netra-demo-")))
        settings = settings_with(host="127.0.0.1", data=folder, log_level="warning")
        say("Starting the service with a synthetic workload …")
        # The service takes a second or two to load; the line above is shown meanwhile.
        from netra.entrypoints.commands.demo_run import show
        from netra.entrypoints.server.serving import bound_to

        bound = stack.enter_context(bound_to(settings.host, _port(port)))
        return show(settings, bound, keeps_serving=keeps_serving, keeps_data=data is not None)


def _port(asked: int | None) -> int:
    """Return the requested port; otherwise the default one, or any free one if it is taken."""
    if asked is not None:
        return asked
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return PORT if trial.connect_ex(("127.0.0.1", PORT)) else 0
