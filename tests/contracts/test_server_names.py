"""The names inside uvicorn and websockets that `entrypoints/server/socket_protocol.py` builds on.

Their meaning is tested by what the subclass does; this says first which name is missing after an upgrade.
"""

import asyncio
from importlib.metadata import version

import pytest
from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.server import ServerProtocol

METHODS = (
    "handle_bytes",
    "handle_close",
    "handle_connect",
    "handle_cont",
    "handle_events",
    "handle_parser_exception",
    "handle_ping",
    "handle_pong",
    "handle_text",
    "receive",
    "send_receive_event_to_app",
    "stop_keepalive",
)
STATE = (
    "client",
    "close_sent",
    "close_timer",
    "conn",
    "curr_msg_data_type",
    "disconnected",
    "frames",
    "handshake_complete",
    "logger",
    "loop",
    "queue",
    "read_paused",
    "transport",
)


@pytest.fixture
async def protocol() -> WebSocketsSansIOProtocol:
    config = Config(_app, ws="websockets-sansio")
    config.load()
    return WebSocketsSansIOProtocol(config, ServerState(), {}, asyncio.get_running_loop())


async def _app(scope: object, receive: object, send: object) -> None:
    return


async def test_uvicorn_has_the_names(protocol: WebSocketsSansIOProtocol) -> None:
    assert [name for name in METHODS if not callable(getattr(protocol, name, None))] == []
    assert [name for name in STATE if not hasattr(protocol, name)] == []
    assert isinstance(protocol.conn, ServerProtocol)


@pytest.mark.parametrize("name", ["close_sent", "parser_exc"])
async def test_the_parser_has_the_names(protocol: WebSocketsSansIOProtocol, name: str) -> None:
    assert hasattr(protocol.conn, name)


def test_the_version_is_one_whose_names_are_known() -> None:
    assert version("uvicorn").split(".")[:2] == ["0", "54"]
