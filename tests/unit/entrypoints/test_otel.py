"""The helper that sends a program's calls: content stays, hashes go, nothing raises."""

import warnings
from typing import Any

import pytest

import netra
from netra.domain.telemetry.np1 import prefix_hashes
from netra.entrypoints.otel import Hiding, is_content, start

KEY = bytes(range(32))
SENT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.input.messages": '[{"role": "user", "content": "Hi in Oslo"}]',
    "llm.output_messages.0.message.content": "It is sunny.",
    "output.value": '{"id": "chatcmpl-1", "choices": ["sunny"]}',
}


def test_content_is_removed_and_the_prompt_hashed() -> None:
    kept = Hiding(KEY)(SENT)
    assert kept["netra.prompt.hash"] == prefix_hashes("M\x1fuser\x1fHi in Oslo\x1e", KEY).prompt
    assert (kept["gen_ai.usage.input_tokens"], kept["gen_ai.response.id"]) == (1200, "chatcmpl-1")
    assert (kept["netra.prompt.prefix_hashes"], kept["netra.prompt.pseudo_tokens"]) == ([], 8)
    assert "Oslo" not in repr(kept)
    assert "sunny" not in repr(kept)


def test_without_a_key_or_a_prompt_nothing_is_hashed() -> None:
    assert "netra.prompt.hash" not in Hiding(None)(SENT)
    assert Hiding(KEY)({"a": 1}) == {"a": 1}
    assert Hiding(KEY)({"gen_ai.output.messages": "x"}) == {}
    assert is_content("llm.input_messages.0.message.content")
    assert not is_content("gen_ai.usage.input_tokens")


def test_what_cannot_start_warns_and_does_not_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NETRA_BASE_URL", "NETRA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.warns(RuntimeWarning, match=r"netra\.otel is off"):
        assert start() is False


def test_spans_are_exported_without_their_content() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from netra.entrypoints.otel import _hiding_exporter

    memory = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_hiding_exporter(memory, Hiding(KEY))))
    with provider.get_tracer("lib", "1").start_as_current_span("chat", attributes=SENT) as span:
        span.add_event("gen_ai.user.message", {"gen_ai.prompt": "Hi in Oslo", "n": 1})
    provider.shutdown()
    (sent,) = memory.get_finished_spans()
    assert (sent.name, (sent.attributes or {})["netra.prompt.pseudo_tokens"]) == ("chat", 8)
    assert dict(sent.events[0].attributes or {}) == {"n": 1}
    assert "Oslo" not in sent.to_json()


def test_the_helper_is_found_by_its_name() -> None:
    with warnings.catch_warnings():
        assert netra.otel.start is start
