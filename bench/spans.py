"""Spans a CPU second, from the bytes of an export request to the rows that are staged.

Beside each figure stands the bare decoding of the same bytes by protobuf's own parser. Figures are of
processor time, on an idle machine: `python bench/spans.py [--profile KIND]`.
"""

import argparse
import cProfile
import gc
import json
import pstats
import time
from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from machine import load_line
from netra.adapters.otlp.decoder import OtlpDecoder
from netra.domain.telemetry.arrivals import Arrival, arrival_of
from netra.domain.telemetry.records import Signal

SPANS, ROUNDS = 10_000, 5
START_NS = 1_796_000_000_000_000_000
KEY = b"k" * 32
BARS = {"model": 20_000, "content": 20_000, "literal": 8_000, "wrapper": 150_000}
TEXT = "The moors of the north are wet in autumn and dry in late spring. " * 20
MODEL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.request.max_tokens": 500,
    "gen_ai.request.stream": True,
    "gen_ai.request.temperature": 0.2,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.response.time_to_first_chunk": 0.412,
    "gen_ai.usage.input_tokens": 1712,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.reasoning.output_tokens": 128,
    "gen_ai.conversation.id": "conv-7",
    "server.address": "api.openai.com",
    "server.port": 443,
}
MESSAGES = json.dumps([{"role": "user", "parts": [{"type": "text", "content": TEXT}]}])
ANSWER = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": TEXT}]}])
USAGE = {
    "completion_tokens": 300,
    "prompt_tokens": 1712,
    "total_tokens": 2012,
    "completion_tokens_details": {"reasoning_tokens": 128, "audio_tokens": None},
    "prompt_tokens_details": {"cached_tokens": 1024},
}
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "model": ("opentelemetry.instrumentation.genai.openai", "chat gpt-4o", MODEL),
    "content": (
        "opentelemetry.instrumentation.genai.openai",
        "chat gpt-4o",
        {**MODEL, "gen_ai.input.messages": MESSAGES, "gen_ai.output.messages": ANSWER},
    ),
    "literal": (
        "litellm",
        "litellm_request",
        {**MODEL, "llm.is_streaming": "True", "metadata.usage_object": repr(USAGE)},
    ),
    "wrapper": (
        "opentelemetry.instrumentation.asgi",
        "POST /chat http send",
        {
            "http.request.method": "POST",
            "http.route": "/chat",
            "http.response.status_code": 200,
            "url.scheme": "https",
            "server.address": "app.internal",
            "network.protocol.version": "1.1",
            "asgi.event.type": "http.response.body",
            "user_agent.original": "Mozilla/5.0",
        },
    ),
}


def body_of(kind: str) -> bytes:
    """Return an export request of `SPANS` spans of one kind."""
    scope, name, attributes = KINDS[kind]
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _set(resource.resource.attributes.add(), "service.name", "bot")
    spans = resource.scope_spans.add()
    spans.scope.name, spans.scope.version = scope, "1"
    for n in range(SPANS):
        span = spans.spans.add(
            trace_id=(n // 4 + 1).to_bytes(16, "big"),
            span_id=(n + 1).to_bytes(8, "big"),
            name=name,
            start_time_unix_nano=START_NS + n * 1_000_000,
            end_time_unix_nano=START_NS + n * 1_000_000 + 900_000_000,
        )
        if n % 4:
            span.parent_span_id = n.to_bytes(8, "big")
        for key, value in attributes.items():
            _set(span.attributes.add(), key, value)
        if kind != "wrapper":
            _set(span.attributes.add(), "gen_ai.response.id", f"chatcmpl-{n:08x}")
    return bytes(request.SerializeToString())


def _set(pair: Any, key: str, value: Any) -> None:
    pair.key = key
    if isinstance(value, bool):
        pair.value.bool_value = value
    elif isinstance(value, int):
        pair.value.int_value = value
    elif isinstance(value, float):
        pair.value.double_value = value
    elif isinstance(value, str):
        pair.value.string_value = value
    else:
        for item in value:
            pair.value.array_value.values.add().string_value = item


def taken(body: bytes, key: bytes | None) -> Arrival:
    """Decode a request and read what it says of calls."""
    blocks = OtlpDecoder().decode(body, signal=Signal.TRACES, is_json=False)
    return arrival_of((record for block in blocks for record in block.records()), at_s=0.0, content_key=key)


def rate(work: Callable[[], object]) -> float:
    """Return the spans a CPU second of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return SPANS / best


def main() -> None:
    """Print the rate of each kind, the bare decoding of the same bytes, and the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=list(KINDS))
    chosen = parser.parse_args()
    if chosen.profile:
        body = body_of(chosen.profile)
        taken(body, KEY)
        with cProfile.Profile() as profile:
            taken(body, KEY)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    print(load_line())
    for kind, bar in BARS.items():
        body = body_of(kind)
        for title, key in [("dropped", None), ("hashed", KEY)] if kind == "content" else [("", KEY)]:
            found = rate(lambda body=body, key=key: taken(body, key))  # type: ignore[misc]
            bare = rate(lambda body=body: ExportTraceServiceRequest.FromString(body))  # type: ignore[misc]
            verdict = "met" if found >= bar else "SHORT"
            size = len(body) / SPANS
            print(
                f"{kind:8} {title:8} {size:6,.0f} B a span  {found:10,.0f} spans/s   bare decoding "
                f"{bare:10,.0f}   bar {bar:8,}: {verdict}"
            )


if __name__ == "__main__":
    main()
