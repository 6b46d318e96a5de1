"""What `BoundedHttp` and `CountedSocket` use of uvicorn, httptools and websockets that is not public there.

`pyproject.toml` admits only the minor version of uvicorn that this holds for. When it fails with a new one,
read the code named here again before the bound is raised.
"""

import asyncio
import inspect
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.server import ServerProtocol

OVERRIDDEN: dict[type, dict[str, list[str]]] = {
    HttpToolsProtocol: {
        "connection_made": ["transport"],
        "connection_lost": ["exc"],
        "data_received": ["data"],
        "on_message_begin": [],
        "on_headers_complete": [],
        "on_body": ["body"],
        "on_message_complete": [],
        "on_response_complete": [],
        "handle_websocket_upgrade": [],
        "shutdown": [],
        "_should_upgrade": [],
    },
    FlowControl: {"resume_reading": []},
    WebSocketsSansIOProtocol: {"data_received": ["data"], "connection_lost": ["exc"]},
    uvicorn.Server: {"startup": ["sockets"], "shutdown": ["sockets"], "on_tick": ["counter"]},
}
USED = {
    "access_log",
    "access_logger",
    "app",
    "app_state",
    "asgi_version",
    "client",
    "cycle",
    "flow",
    "headers",
    "logger",
    "loop",
    "parser",
    "pipeline",
    "root_path",
    "scheme",
    "server",
    "server_state",
    "transport",
}
METHODS_OF_A_SOCKET = (
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
OF_A_SOCKET = {
    "client",
    "close_sent",
    "close_timer",
    "conn",
    "curr_msg_data_type",
    "disconnected",
    "frames",
    "handshake_complete",
    "handshake_initiated",
    "logger",
    "loop",
    "queue",
    "read_paused",
    "transport",
}
OF_A_PARSER_OF_FRAMES = {"close_sent", "handshake_exc", "parser_exc"}
OF_A_CYCLE = [
    "scope",
    "transport",
    "flow",
    "logger",
    "access_logger",
    "access_log",
    "default_headers",
    "message_event",
    "expect_100_continue",
    "keep_alive",
    "on_response",
]
OF_A_RUNNING_CYCLE = {
    "disconnected",
    "keep_alive",
    "message_event",
    "more_body",
    "response_complete",
    "response_started",
    "transport",
    "waiting_for_100_continue",
}


class Heard:
    """A protocol of the parser that notes the end of each head."""

    def __init__(self) -> None:
        self.heads = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def on_headers_complete(self) -> None:
        self.heads += 1


def parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize("kind", OVERRIDDEN, ids=lambda kind: kind.__name__)
def test_what_is_overridden_is_there_with_the_same_parameters(kind: type) -> None:
    for name, expected in OVERRIDDEN[kind].items():
        assert parameters(getattr(kind, name)) == expected, name


async def test_what_is_used_of_a_connection_is_there() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    config = uvicorn.Config(app, ws="none", log_config=None)
    protocol = HttpToolsProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    assert set(vars(protocol)) >= USED
    protocol.on_message_begin()
    assert {"url", "scope"} <= set(vars(protocol))
    assert parameters(HttpToolsProtocol._start_asgi_task) == ["cycle", "app"]
    assert set(vars(protocol.server_state)) >= {"connections", "default_headers", "total_requests"}


def test_what_is_used_of_a_request_is_there() -> None:
    assert parameters(RequestResponseCycle) == OF_A_CYCLE
    given: dict[str, Any] = dict.fromkeys(OF_A_CYCLE)
    assert set(vars(RequestResponseCycle(**given))) >= OF_A_RUNNING_CYCLE


def test_the_flow_of_a_connection_tells_whether_it_reads() -> None:
    assert FlowControl(asyncio.Transport()).read_paused is False


async def test_what_is_used_of_a_socket_is_there() -> None:
    config = uvicorn.Config("", interface="asgi3", log_config=None)
    config.loaded, config.loaded_app = True, None
    socket = WebSocketsSansIOProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    assert [name for name in METHODS_OF_A_SOCKET if not callable(getattr(socket, name, None))] == []
    assert [name for name in OF_A_SOCKET if not hasattr(socket, name)] == []
    assert (socket.handshake_initiated, socket.handshake_complete) == (False, False)
    assert isinstance(socket.conn, ServerProtocol)
    assert [name for name in OF_A_PARSER_OF_FRAMES if not hasattr(socket.conn, name)] == []


def test_the_parser_says_where_an_upgrade_begins_and_takes_views() -> None:
    heard = Heard()
    head = b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: a\r\nContent-Length: 3\r\n\r\n"
    with pytest.raises(httptools.HttpParserUpgrade) as raised:
        heard.parser.feed_data(memoryview(head + b"abc"))
    assert raised.value.args == (len(head),)
    assert heard.parser.should_upgrade()
    assert (heard.parser.get_method(), heard.parser.get_http_version()) == (b"POST", "1.1")
    assert heard.heads == 1
