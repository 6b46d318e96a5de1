"""An endpoint of OpenAI's and Anthropic's APIs that answers with usage it writes down."""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMITED = "gpt-4o-limited"  # a model whose every call is refused with 429


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The usage of one answer; input includes what the cache served and was given to keep."""

    id: str
    path: str
    model: str
    input: int
    cached: int
    output: int
    written: int = 0
    written_1h: int = 0
    reasoning: int = 0
    is_stream: bool = False
    has_usage: bool = True  # a stream of chat completions sends usage only when asked to


class KnownUsage:
    """Answers every request with figures of its own, so that a sum of the wrong calls never fits."""

    def __init__(self, *, answer: str) -> None:
        self.answered: list[Answered] = []
        self.refused = 0
        self._answer = answer
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Keep the tests' output free of it."""

            def do_POST(self) -> None:
                endpoint.serve(self)

            def do_GET(self) -> None:
                _reply(self, 404, {"error": {"message": "none here"}})

            def do_HEAD(self) -> None:
                self.do_GET()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End, and close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        path, _, _ = handler.path.partition("?")
        model = str(body.get("model"))
        if model == LIMITED:
            with self._lock:
                self.refused += 1
            return _reply(
                handler, 429, {"error": {"message": "slow down", "type": "requests", "code": "429"}}
            )
        if path.endswith("/count_tokens"):
            return _reply(handler, 200, {"input_tokens": 10})
        answers = {
            "/v1/chat/completions": (_completion, _completion_events),
            "/v1/responses": (_response, None),
            "/v1/messages": (_message, _message_events),
        }
        whole, events = answers[path]
        made = self._next(path, model, body)
        if events is not None and made.is_stream:
            return _stream(handler, events(made, self._answer))
        return _reply(handler, 200, whole(made, self._answer))

    def _next(self, path: str, model: str, body: Any) -> Answered:
        is_stream = bool(body.get("stream"))
        is_anthropic = path.endswith("/messages")
        asked = bool((body.get("stream_options") or {}).get("include_usage"))
        with self._lock:
            n = len(self.answered) + 1
            prefix = {"/v1/messages": "msg_known", "/v1/responses": "resp_known"}.get(path, "chatcmpl-known")
            made = Answered(
                id=f"{prefix}{n:04}",
                path=path,
                model=model,
                input=2_000 + 17 * n,
                cached=1_024 + n,
                written=256 + n if is_anthropic else 0,
                written_1h=128 if is_anthropic else 0,
                output=300 + 3 * n,
                reasoning=0 if is_anthropic else 64 + n,
                is_stream=is_stream,
                has_usage=asked or not is_stream or is_anthropic,
            )
            self.answered.append(made)
            return made


@contextmanager
def known_usage(answer: str) -> Generator[KnownUsage]:
    """Run an endpoint whose every answer has this text."""
    endpoint = KnownUsage(answer=answer)
    endpoint.start()
    try:
        yield endpoint
    finally:
        endpoint.stop()


def _reply(handler: BaseHTTPRequestHandler, status: int, body: object) -> None:
    data = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)


def _stream(handler: BaseHTTPRequestHandler, events: Iterator[tuple[str | None, object]]) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("connection", "close")
    handler.end_headers()
    for name, data in events:
        head = f"event: {name}\n" if name else ""
        text = data if isinstance(data, str) else json.dumps(data)
        handler.wfile.write(f"{head}data: {text}\n\n".encode())
    handler.close_connection = True


def _usage(made: Answered) -> dict[str, Any]:
    return {
        "prompt_tokens": made.input,
        "completion_tokens": made.output,
        "total_tokens": made.input + made.output,
        "prompt_tokens_details": {"cached_tokens": made.cached},
        "completion_tokens_details": {"reasoning_tokens": made.reasoning},
    }


def _completion(made: Answered, text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    head = {"id": made.id, "object": "chat.completion", "created": 1_700_000_000, "model": made.model}
    return {**head, "choices": [choice], "usage": _usage(made)}


def _completion_events(made: Answered, text: str) -> Iterator[tuple[str | None, object]]:
    head = {"id": made.id, "object": "chat.completion.chunk", "created": 1_700_000_000, "model": made.model}
    for word in text.split(" "):
        delta = {"role": "assistant", "content": f"{word} "}
        yield None, {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield None, {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if made.has_usage:
        yield None, {**head, "choices": [], "usage": _usage(made)}
    yield None, "[DONE]"


def _response(made: Answered, text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": made.id,
        "object": "response",
        "created_at": 1_700_000_000,
        "model": made.model,
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": made.input,
            "input_tokens_details": {"cached_tokens": made.cached},
            "output_tokens": made.output,
            "output_tokens_details": {"reasoning_tokens": made.reasoning},
            "total_tokens": made.input + made.output,
        },
    }


def _message_usage(made: Answered) -> dict[str, Any]:
    return {
        "input_tokens": made.input - made.cached - made.written,
        "cache_read_input_tokens": made.cached,
        "cache_creation_input_tokens": made.written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": made.written - made.written_1h,
            "ephemeral_1h_input_tokens": made.written_1h,
        },
        "output_tokens": made.output,
    }


def _message(made: Answered, text: str) -> dict[str, Any]:
    return {
        "id": made.id,
        "type": "message",
        "role": "assistant",
        "model": made.model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": _message_usage(made),
    }


def _message_events(made: Answered, text: str) -> Iterator[tuple[str | None, object]]:
    begun = {**_message(made, text), "content": [], "stop_reason": None}
    begun["usage"] = {**_message_usage(made), "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": _message_usage(made),
        },
        {"type": "message_stop"},
    ]
    for each in events:
        yield each["type"], each
