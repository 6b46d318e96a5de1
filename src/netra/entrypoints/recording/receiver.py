"""A receiver of OTLP on loopback that lives as long as one program, in a thread of its own."""

import asyncio
import re
import secrets
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from netra.domain.errors import NetraError, PayloadTooLarge, Unauthorized
from netra.domain.telemetry.records import Signal
from netra.domain.telemetry.service import Outcome
from netra.entrypoints.asgi import Receive, Scope, Send
from netra.entrypoints.credentials import Headers, exported_token, header
from netra.entrypoints.errors import RouteNotFound, outcome_of
from netra.entrypoints.http.inflating import BODY_BYTES_MAX, inflated
from netra.entrypoints.http.otlp_answers import answer_of, is_json_request, status_of
from netra.entrypoints.recording.recording import Recording

LOOPBACK: Final = "127.0.0.1"
BASE: Final = "/api/otlp"  # as in the service, so that netra.otel.start finds it too
_PATH: Final = re.compile(rf"^{BASE}/v1/(traces|logs|metrics)/?$")


class OtlpReceiver:
    """An ASGI application: hands the exports that carry `token` to a recording, and refuses all others."""

    def __init__(self, recording: Recording, *, token: str) -> None:
        self._recording = recording
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as OTLP says."""
        headers: Headers = scope["headers"]
        is_json = is_json_request(headers)
        try:
            body, media_type = await self._taken(scope, headers, receive, is_json=is_json)
            status = 200
        except NetraError as error:
            status = outcome_of(error).status
            body, media_type = status_of(status, str(error), is_json=is_json)
        head = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _taken(
        self, scope: Scope, headers: Headers, receive: Receive, *, is_json: bool
    ) -> tuple[bytes, str]:
        found = _PATH.match(scope["path"])
        if found is None or scope["method"] != "POST":
            raise RouteNotFound(f"This receiver takes POST {BASE}/v1/traces, logs and metrics.")
        if not secrets.compare_digest(exported_token(headers).encode(), self._token.encode()):
            raise Unauthorized("This receiver is for the program that it was started with.")
        signal = Signal(found[1])
        body = await _body(receive)
        await asyncio.to_thread(self._kept, body, header(headers, b"content-encoding"), signal, is_json)
        return answer_of(Outcome(), signal, is_json=is_json)

    def _kept(self, body: bytes, encoding: bytes | None, signal: Signal, is_json: bool) -> None:  # noqa: FBT001 # for a thread
        self._recording.take(inflated(body, encoding=encoding), signal=signal, is_json=is_json)


@contextmanager
def receiving(recording: Recording, *, token: str) -> Generator[str]:
    """Receive on a free port of loopback and yield its address; requests under way end with the block."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        config = uvicorn.Config(
            OtlpReceiver(recording, token=token),
            loop="asyncio",
            lifespan="off",
            ws="none",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            log_config=None,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), name="netra-receiver", daemon=True)
        bound.listen()  # before the server accepts, connections wait
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size, has_more = 0, True
    while has_more:
        message: Any = await receive()  # Any: a message of ASGI
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise PayloadTooLarge(
                f"The body is longer than {BODY_BYTES_MAX} bytes: send fewer records at a time.",
                limit_bytes=BODY_BYTES_MAX,
            )
        parts.append(part)
        has_more = message.get("more_body", False)
    return b"".join(parts)
