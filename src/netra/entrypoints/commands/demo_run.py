"""Runs `netra demo`: the service and its first client in one process."""

import asyncio
import secrets
import socket
from typing import Final

from httpx import HTTPError
from websockets.exceptions import WebSocketException

from netra.bootstrap import open_ports
from netra.domain.errors import NetraError, UpstreamFailed
from netra.domain.users.model import AddUser, KeyScope
from netra.domain.workloads.intake import read_ndjson
from netra.entrypoints.app import create_app
from netra.entrypoints.commands.demo_client import Journey, Visitor, farewell
from netra.entrypoints.commands.sample_log import sample_log
from netra.entrypoints.reports.console import reading_console
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.report import rendered
from netra.entrypoints.reports.safe import say_text
from netra.entrypoints.reports.sketch import sketch_of
from netra.entrypoints.server.server import server_config
from netra.entrypoints.server.serving import AnnouncedServer, run_beside_server, url_of
from netra.entrypoints.server.wire_limits import wire_limits_of
from netra.plugboard import contained
from netra.settings import Settings

CALLS: Final = 2_000  # calls; enough for every analyser, and only seconds to send and to analyse
SEED: Final = 7
SCOPES: Final = (KeyScope.READ, KeyScope.EXECUTE, KeyScope.INGEST)
NAME: Final = "a synthetic day of a small product"


def show(settings: Settings, bound: socket.socket, *, keeps_serving: bool, keeps_data: bool) -> int:
    """Serve on `bound`, send the API requests as a client, and keep serving or end."""
    return run_beside_server(_shown(settings, bound, keeps_serving=keeps_serving, keeps_data=keeps_data))


async def _shown(settings: Settings, bound: socket.socket, *, keeps_serving: bool, keeps_data: bool) -> int:
    visitor = Visitor(email=f"demo-{secrets.token_hex(3)}@example.com", password=secrets.token_urlsafe(12))
    ready = asyncio.Event()
    async with open_ports(settings) as ports:
        account = AddUser(email=visitor.email, name="Demo", password=visitor.password)
        container = contained(ports, settings)
        user = await container.user_service().add(account)
        keys = container.api_key_service()
        _, key = await keys.issue(user, name="demo", scopes=SCOPES, lifetime_days=1)
        app = create_app(settings, ports)
        config = server_config(
            app,
            host=settings.host,
            port=0,
            log_level=settings.log_level,
            limits=wire_limits_of(settings),
        )
        server = AnnouncedServer(config, drain=app.drain, on_ready=ready.set, on_end=app.stop_work)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[bound]))
            await ready.wait()
            failure = await _walked(url_of(bound), visitor)
            was_stopped = server.should_exit
            if failure is None and keeps_serving and not was_stopped:
                kept = str(settings.data) if keeps_data else None
                say_text(farewell(url_of(bound), visitor, key=key, data=kept))
            else:
                server.end()
    if failure is not None and not was_stopped:
        raise failure
    return 0


async def _walked(url: str, visitor: Visitor) -> NetraError | None:
    """Send the API requests and show the report; return the error, if any.

    The error is returned, not raised: raised, it would cut the server off instead of shutting it down. Ctrl-C
    shuts the service down during the requests, which then fail to connect.
    """
    log = sample_log(requests=CALLS, seed=SEED)
    console = reading_console()
    try:
        advice = await Journey(url=url, visitor=visitor, console=console).walk(log, name=NAME)
    except NetraError as error:
        return error
    except (HTTPError, WebSocketException, OSError) as error:
        return UpstreamFailed(f"The service is no longer reachable: {error}.")
    sketch = sketch_of(read_ndjson(log, max_rows=CALLS).events)
    console.print(rendered(digest_of(advice), sketch=sketch, source=NAME))
    return None
