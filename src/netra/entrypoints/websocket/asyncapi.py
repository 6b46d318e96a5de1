"""Generates the AsyncAPI 3.0 document of the socket from the Structs that read and write its frames."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from netra.domain.quotas import RequestRateLimits
from netra.domain.runs.rules import CLIENT_REF_MAX
from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.schemas import (
    Json,
    components,
    names_within,
    reference,
    rename_references,
    restrict,
    within,
)
from netra.entrypoints.websocket import frames
from netra.entrypoints.websocket.renewal import Authenticate
from netra.entrypoints.websocket.session import FOLLOWED_MAX, WATCHED_MAX
from netra.entrypoints.websocket.workload_frames import Unwatch, Watch, WorkloadUpdate

_FROM_CLIENT: Final = (
    frames.OptimizationRequest,
    frames.StopProcessing,
    frames.Subscribe,
    Watch,
    Unwatch,
    frames.Ping,
    Authenticate,
)
_FROM_SERVER: Final = (
    frames.Status,
    frames.Pong,
    frames.AgentUpdate,
    frames.AgentResult,
    WorkloadUpdate,
    frames.Error,
)
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


# What a client does after each close: read by the SDKs, so that no rule is written twice.
_CLOSE_DUTIES: Final = {
    "1000": "none",
    "1001": "reconnect",
    "1002": "correct_the_client",
    "1003": "correct_the_client",
    "1007": "correct_the_client",
    "1008": "reconnect",
    "1009": "correct_the_client",
    "1011": "reconnect",
    "4000": "sign_in",
    "4001": "sign_in",
    "4002": "correct_the_client",
    "4003": "wait",
}
_LIMITS: Final = {
    "message_bytes": 1_048_576,
    "messages_per_minute": RequestRateLimits().websocket,
    "questions_per_minute": RequestRateLimits().agent,
    "runs_followed": FOLLOWED_MAX,
    "workloads_watched": WATCHED_MAX,
    "reference_characters": CLIENT_REF_MAX,
}
# The frames that answer each request.
_REPLIES: Final[Mapping[type[msgspec.Struct], tuple[type[msgspec.Struct], ...]]] = {
    frames.OptimizationRequest: (frames.AgentUpdate, frames.AgentResult, frames.Error, frames.Status),
    frames.StopProcessing: (frames.AgentResult, frames.Error, frames.Status),
    frames.Subscribe: (frames.AgentUpdate, frames.AgentResult, frames.Error, frames.Status),
    Watch: (WorkloadUpdate, frames.Error),
    Unwatch: (frames.Status,),
    frames.Ping: (frames.Pong,),
    Authenticate: (frames.Status, frames.Error),
}


@cache
def document() -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(_document())


def _document() -> Json:
    kinds = (*_FROM_CLIENT, *_FROM_SERVER)
    schemas = components(_FROM_SERVER, sent=_FROM_CLIENT)
    for name in names_within([_payload(kind) for kind in _FROM_CLIENT], schemas):
        for schema in within(schemas[name]):
            restrict(schema)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Netra WebSocket API",
            "version": API_VERSION,
            "description": (
                "Start runs, follow the agents' progress, cancel runs, reconnect and resume. "
                "`GET /api/agent/stream/{run_id}` sends the same events as server-sent events: "
                "`id` is `seq`, `event` the frame's type, `data` its data."
            ),
        },
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {"socket": _channel(kinds)},
        "operations": _operations(),
        "components": {
            "schemas": schemas,
            "messages": {_name(kind): _message(kind) for kind in kinds},
            "securitySchemes": _PROOFS,
        },
    }


_SECURITY: Final = [
    {"$ref": f"#/components/securitySchemes/{name}"} for name in ("bearer", "token", "ticket")
]
_SERVERS: Final = {
    "here": {
        "host": "{host}",
        "protocol": "ws",
        "description": "This deployment; `wss` behind TLS; paths may be prefixed with /v2.",
        "variables": {"host": {"default": "127.0.0.1:8000", "description": "Host and port."}},
        "security": _SECURITY,
    }
}
_PROOFS: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."},
    "token": {"type": "httpApiKey", "in": "query", "name": "token", "description": "An access token."},
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "A ticket of POST /api/auth/ws-ticket: valid once, for 30 seconds.",
    },
}


def _channel(kinds: tuple[type[msgspec.Struct], ...]) -> Json:
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
        "x-close-duties": _CLOSE_DUTIES,
        "x-limits": _LIMITS,
    }


def _operations() -> Json:
    """Return one operation for each request with its replies, and one for all that the server sends."""
    requests = {
        f"on_{_name(kind)}": {
            **_operation("receive", (kind,), inspect.getdoc(kind) or ""),
            "reply": {"channel": _CHANNEL, "messages": _listed(_REPLIES[kind])},
        }
        for kind in _FROM_CLIENT
    }
    summary = "Frames that the server sends; `status` comes first."
    return {**requests, "send_frames": _operation("send", _FROM_SERVER, summary)}


_CHANNEL: Final = {"$ref": "#/channels/socket"}


def _operation(action: str, kinds: tuple[type[msgspec.Struct], ...], summary: str) -> Json:
    return {"action": action, "channel": _CHANNEL, "summary": summary, "messages": _listed(kinds)}


def _listed(kinds: tuple[type[msgspec.Struct], ...]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/socket/messages/{_name(kind)}"} for kind in kinds]


def _message(kind: type[msgspec.Struct]) -> Json:
    payload = _payload(kind)
    title = payload["$ref"].rpartition("/")[2]
    return {"name": _name(kind), "title": title, "summary": inspect.getdoc(kind), "payload": payload}


def _payload(kind: type[msgspec.Struct]) -> Json:
    payload = reference(kind)
    rename_references(payload)
    return payload


def _name(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)
