"""A substitute request for the edge when the real one cannot be parsed or is not admitted."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from netra.domain.errors import NetraError
from netra.entrypoints.asgi import REFUSED, Header


def refused_request(
    protocol: HttpToolsProtocol,
    error: NetraError,
    *,
    headers: Sequence[Header],
    transport: asyncio.Transport,
) -> RequestResponseCycle:
    """Return a connection's last request: the edge answers `error`, then `transport` is closed."""
    scope = {
        "type": "http",
        "asgi": {"version": protocol.asgi_version, "spec_version": "2.3"},
        "http_version": "1.1",
        "server": protocol.server,
        "client": protocol.client,
        "scheme": protocol.scheme,
        "root_path": protocol.root_path,
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers,
        "state": protocol.app_state.copy(),
        REFUSED: error,
    }
    return RequestResponseCycle(
        scope=cast("Any", scope),
        transport=transport,
        flow=protocol.flow,
        logger=protocol.logger,
        access_logger=protocol.access_logger,
        access_log=protocol.access_log,
        default_headers=protocol.server_state.default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=False,
        on_response=protocol.on_response_complete,
    )
