"""Generates the AsyncAPI 3.0 document of the socket from the Structs that read and write its frames."""

import inspect
from functools import cache
from typing import Any, Final

import msgspec

from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.websocket import frames
from netra.entrypoints.websocket.renewal import Authenticate

_REF: Final = "#/components/schemas/{name}"
_FROM_CLIENT: Final = (
    frames.OptimizationRequest,
    frames.StopProcessing,
    frames.Subscribe,
    frames.Ping,
    Authenticate,
)
_FROM_SERVER: Final = (frames.Status, frames.Pong, frames.AgentUpdate, frames.AgentResult, frames.Error)
_CLOSE_CODES: Final = {
    "1000": "the client left",
    "1001": "the server is shutting down",
    "1002": "a frame that breaks the WebSocket protocol",
    "1003": "a binary message",
    "1007": "text that is not UTF-8",
    "1008": "too many connections, an origin that may not connect, a slow reader, or too many frames",
    "1009": "a message over 1 MiB",
    "1011": "a failure of the server, or of what it depends on",
    "4000": "no token or key, or an invalid one when connecting",
    "4001": "the token has expired, or the session or key of an open connection was ended",
    "4002": "a message that is not a JSON object with a string `type`",
    "4003": "a rate limit was exceeded",
}


@cache
def document() -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(_document())


def _document() -> dict[str, Any]:
    kinds = (*_FROM_CLIENT, *_FROM_SERVER)
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Netra WebSocket API",
            "version": API_VERSION,
            "description": "Start runs, follow the agents' progress, cancel runs, reconnect and resume.",
        },
        "defaultContentType": "application/json",
        "channels": {"socket": _channel(kinds)},
        "operations": {
            "hear": _operation("receive", _FROM_CLIENT, "Frames that a client may send."),
            "say": _operation("send", _FROM_SERVER, "Frames that the server sends; `status` comes first."),
        },
        "components": {"schemas": schemas, "messages": {_name(kind): _message(kind) for kind in kinds}},
    }


def _channel(kinds: tuple[type[msgspec.Struct], ...]) -> dict[str, Any]:
    closing = "; ".join(f"{code}: {meaning}" for code, meaning in _CLOSE_CODES.items())
    proof = {"type": "string"}
    return {
        "address": "/ws",
        "description": f"JSON in text frames. Close codes: {closing}.",
        "messages": {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in kinds},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "description": "One of the two, or an `Authorization: Bearer` header.",
                    "properties": {"token": proof, "ticket": proof},
                },
            }
        },
        "x-close-codes": _CLOSE_CODES,
    }


def _operation(action: str, kinds: tuple[type[msgspec.Struct], ...], summary: str) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/socket/messages/{_name(kind)}"} for kind in kinds]
    channel = {"$ref": "#/channels/socket"}
    return {"action": action, "channel": channel, "summary": summary, "messages": messages}


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    payload = {"$ref": _REF.format(name=kind.__name__)}
    return {"name": _name(kind), "title": kind.__name__, "summary": inspect.getdoc(kind), "payload": payload}


def _name(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)
