"""The columns of an event, from the attributes of each family of emitters."""

from typing import Any

import pytest
from tests.unit.domain.telemetry.payloads import CHAT, MS, START_NS, USAGE, log, said, span

from netra.domain.telemetry.mapping import ancestor_of, key_of, teller_of
from netra.domain.telemetry.np1 import prefix_hashes
from netra.domain.telemetry.records import SpanEvent
from netra.domain.telemetry.timing import instant_ns
from netra.domain.telemetry.usage import Note

SAID = {**CHAT, **USAGE}
KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("attributes", "column", "value"),
    [
        ({"gen_ai.response.model": "gpt-4o-2024-08-06"}, "model", "gpt-4o-2024-08-06"),
        ({"gen_ai.request.model": "openai/gpt-4o"}, "model", "gpt-4o"),
        ({"gen_ai.request.model": "meta-llama/llama-3"}, "model", "meta-llama/llama-3"),
        ({"gen_ai.request.model": "openai/gpt-4o", "gen_ai.system": "openrouter"}, "model", "openai/gpt-4o"),
        ({"gen_ai.request.model": "openai/"}, "model", "openai/"),
        ({"gen_ai.provider.name": "aws.bedrock"}, "provider", "aws"),
        ({"gen_ai.system": "gcp.gen_ai"}, "provider", "google"),
        ({"gen_ai.system": "strands-agents", "llm.system": "openai"}, "provider", "openai"),
        ({"gen_ai.request.model": "vertex_ai/gemini-3"}, "provider", "google"),
        ({"ai.model.provider": "openai.chat", "gen_ai.system": "openai.chat"}, "provider", "openai"),
        ({"langsmith.metadata.ls_provider": "anthropic"}, "provider", "anthropic"),
        ({"gen_ai.system": "langchain"}, "provider", None),
        ({"gen_ai.response.id": "resp_1"}, "response_id", "resp_1"),
        ({"output.value": '{"id": "chatcmpl-1", "choices": []}'}, "response_id", "chatcmpl-1"),
        ({"output.value": "It is sunny."}, "response_id", None),
        ({"output.value": "{broken"}, "response_id", None),
        ({"output.value": "{" + "x" * 70_000}, "response_id", None),
        ({"gen_ai.response.finish_reasons": '["length"]'}, "status", "length"),
        ({"gen_ai.response.finish_reasons": ["stop", "stop"]}, "status", "stop"),
        ({"ai.response.finishReason": "tool-calls"}, "status", "tool-calls"),
        ({}, "status", None),
        ({"gen_ai.request.max_tokens": "400"}, "max_output_tokens", 400),
        ({"llm.invocation_parameters": '{"max_completion_tokens": 7}'}, "max_output_tokens", 7),
        ({"langfuse.observation.model.parameters": '{"max_tokens": "Infinity"}'}, "max_output_tokens", None),
        ({"langsmith.metadata.ls_max_tokens": 9}, "max_output_tokens", 9),
        ({"gen_ai.cost.total_cost": 0.5}, "cost", 0.5),
        ({"gen_ai.usage.cost": 0}, "cost", None),
        ({"langfuse.observation.cost_details": '{"total": 0.25}'}, "cost", 0.25),
        ({"operation.cost": 1e9}, "cost", None),
        ({"session.id": "s"}, "session", "s"),
        ({"metadata": '{"session_id": "m"}'}, "session", "m"),
        ({"conversation.id": "c"}, "session", "c"),
        ({"gen_ai.prompt.name": "greet", "gen_ai.prompt.version": "3"}, "template", "greet@3"),
        ({"langfuse.observation.prompt.name": "greet"}, "template", "greet"),
        ({"netra.template": "mine", "gen_ai.prompt.name": "greet"}, "template", "mine"),
        ({"code.function": "answer"}, "template", "answer"),
        ({"langfuse.observation.type": "generation"}, "template", "chat gpt-4o"),
        ({"gen_ai.agent.name": "helper"}, "feature", "helper"),
        ({"metadata": '{"feature": "search"}'}, "feature", "search"),
        ({"openai.response.service_tier": "flex"}, "offline", True),
        ({"openai.response.service_tier": "default"}, "offline", None),
        ({"openai.response.service_tier": "default"}, "service_tier", "default"),
        ({"netra.deadline_s": "2.5"}, "deadline_s", 2.5),
        ({"netra.accepted": "true"}, "accepted", True),
        ({"netra.tool": "search"}, "tool", "search"),
        ({"gen_ai.request.stream": True}, "streaming", True),
        ({"llm.is_streaming": "false"}, "streaming", False),
        ({"llm.invocation_parameters": '{"stream": true}'}, "streaming", True),
        ({"ai.operationId": "ai.streamText.doStream"}, "streaming", True),
        ({"ai.operationId": "ai.generateText.doGenerate"}, "streaming", False),
        ({"langsmith.span.kind": "llm", "gen_ai.request.stream": False}, "streaming", None),
        ({"gen_ai.response.time_to_first_chunk": 0.25}, "ttft_ms", 250),
        ({"gen_ai.client.operation.time_to_first_chunk": 0.25}, "ttft_ms", 250),
        ({"ai.response.msToFirstChunk": 70}, "ttft_ms", 70),
        ({"gen_ai.server.time_to_first_token": 70}, "ttft_ms", 70),
        ({"gen_ai.response.time_to_first_chunk": 1e9}, "ttft_ms", None),
        ({"gen_ai.latency.e2e": 1.5}, "latency_ms", 1500),
        ({}, "latency_ms", 100),
    ],
)
def test_a_column_comes_from_whatever_attribute_has_it(
    attributes: dict[str, Any], column: str, value: object
) -> None:
    assert getattr(said(attributes), column) == value


def test_the_model_of_a_resource_stands_for_calls_that_name_none() -> None:
    sent = span({"gen_ai.usage.prompt_tokens": 5}, name="llm_request", resource={"netra.model": "llama"})
    assert teller_of(sent).model == "llama"


def test_a_first_chunk_is_an_event_or_a_start_of_completion() -> None:
    chunk = SpanEvent(name="gen_ai.content.completion.chunk", at_ns=START_NS + 40 * MS)
    other = SpanEvent(name="exception", at_ns=START_NS)
    streamed = teller_of(span(SAID, events=(other, chunk)))
    assert (streamed.ttft_ms, streamed.streaming) == (40, True)
    began = {"langfuse.observation.completion_start_time": '"2026-11-30T03:33:20.030Z"'}
    at = instant_ns("2026-11-30T03:33:20Z")
    assert teller_of(span(began, start_ns=at, end_ns=(at or 0) + 90 * MS)).ttft_ms == 30
    assert teller_of(span(began, start_ns=at, end_ns=(at or 0) + 30 * MS)).ttft_ms is None


def test_openlit_gives_seconds_and_only_for_streams() -> None:
    sent = {**SAID, "gen_ai.server.time_to_first_token": 0.04}
    assert said({**sent, "gen_ai.request.stream": True}, scope="openlit.otel").ttft_ms == 40
    assert said(sent, scope="openlit.otel").ttft_ms is None


def test_openlit_estimates_streams_which_is_noted() -> None:
    streamed = said({**SAID, "gen_ai.request.stream": True}, scope="openlit.otel")
    assert (streamed.is_estimate, streamed.notes) == (True, (Note.ESTIMATED,))
    assert not said(SAID, scope="openlit.otel").is_estimate
    counted = {**SAID, "gen_ai.request.stream": True, "gen_ai.usage.cache_read.input_tokens": 1024}
    assert not said(counted, scope="openlit.otel").is_estimate


@pytest.mark.parametrize(
    ("attributes", "fields", "status"),
    [
        ({"http.response.status_code": 429, "error.type": "rate_limit"}, {}, "429"),
        ({"http.response.status_code": 200, "error.type": "openai.RateLimitError"}, {}, "RateLimitError"),
        ({"error.type": "Timeout."}, {}, "Timeout."),
        ({}, {"events": (SpanEvent("exception", 0, "openai.RateLimitError"),)}, "RateLimitError"),
        ({}, {}, "error"),
    ],
)
def test_a_failure_has_its_status(attributes: dict[str, Any], fields: dict[str, Any], status: str) -> None:
    failed = said({**CHAT, **attributes}, is_failed=True, **fields)
    assert (failed.is_failed, failed.status, failed.has_counts) == (True, status, False)


def test_langfuse_marks_failures_by_level() -> None:
    assert said({"langfuse.observation.type": "generation", "langfuse.observation.level": "ERROR"}).is_failed


def test_a_log_record_of_claude_code_ends_when_it_is_written() -> None:
    sent = {
        "event.name": "api_request",
        "model": "claude-sonnet-5",
        "input_tokens": "176",
        "output_tokens": "300",
        "cache_read_tokens": "1024",
        "cache_creation_tokens": "512",
        "cost_usd": "0.01",
        "duration_ms": "80",
        "request_id": "req_1",
        "query_source": "repl",
        "session.id": "sess",
    }
    row = teller_of(log(sent, at_ms=80, scope="com.anthropic.claude_code.events"))
    assert (row.input_tokens, row.cached, row.written, row.output_tokens) == (1712, 1024, 512, 300)
    assert (row.start_ns, row.latency_ms, row.response_id) == (START_NS, 80, "req_1")
    assert (row.template, row.session, row.cost, row.provider) == ("repl", "sess", 0.01, "anthropic")
    assert row.status == "ok"


def test_a_failure_of_claude_code_is_a_log_record_too() -> None:
    sent = {"event.name": "api_error", "model": "claude-sonnet-5", "status_code": "429", "duration_ms": 5}
    row = teller_of(log(sent, scope="com.anthropic.claude_code.events"))
    assert (row.is_failed, row.status) == (True, "429")
    bare = teller_of(log({"event.name": "claude_code.api_error"}))
    assert (bare.is_failed, bare.status) == (True, "error")


def test_a_log_record_of_codex_has_one_time_and_no_latency() -> None:
    sent = {
        "event.name": "codex.sse_event",
        "event.kind": "response.completed",
        "duration_ms": 1,
        "input_token_count": "1200",
        "output_token_count": "300",
        "cached_token_count": "1024",
        "ttft_ms": "51",
        "originator": "codex_exec",
        "event.timestamp": "2026-11-30T20:18:43.033Z",
    }
    row = teller_of(log(sent, start_ns=0, end_ns=0))
    assert row.start_ns == instant_ns("2026-11-30T20:18:43.033+00:00")
    assert (row.latency_ms, row.is_instant, row.ttft_ms, row.streaming) == (None, True, 51, True)
    assert (row.template, row.provider, row.key[:4]) == ("codex_exec", "openai", "log:")


def test_a_log_record_of_gemini_keeps_thoughts_beside_the_output() -> None:
    sent = {"event.name": "gemini_cli.api_response", "model": "gemini-3", "input_token_count": 1200}
    sent |= {"output_token_count": 172, "thoughts_token_count": 128, "status_code": 200}
    row = teller_of(log(sent))
    assert (row.output_tokens, row.reasoning, row.provider, row.is_failed) == (300, 128, "google", False)


def test_logfires_log_span_began_its_duration_before() -> None:
    row = said({**SAID, "logfire.span_type": "log", "duration": 0.08}, at_ms=80, ms=0, scope="logfire.openai")
    assert (row.start_ns, row.latency_ms, row.streaming) == (START_NS, 80, True)


def test_the_key_of_a_log_record_is_its_content() -> None:
    one, other = log({"a": 1}), log({"a": 2})
    assert key_of(one) == key_of(log({"a": 1})) != key_of(other)


def test_prompts_are_hashed_with_a_key_and_only_then() -> None:
    sent = {**SAID, "gen_ai.input.messages": '[{"role": "user", "parts": [{"content": "Hi"}]}]'}
    hashed = teller_of(span(sent), content_key=KEY)
    assert hashed.prompt_hash == prefix_hashes("M\x1fuser\x1fHi\x1e", KEY).prompt
    assert said(sent).prompt_hash is None
    assert teller_of(span(SAID), content_key=KEY).prompt_hash is None


def test_hashes_of_the_client_are_kept() -> None:
    sent = {**SAID, "netra.prompt.hash": "h", "netra.prompt.prefix_hashes": [1, 2]}
    row = said({**sent, "netra.prompt.pseudo_tokens": 256})
    assert (row.prompt_hash, row.prefix_hashes, row.pseudo_tokens) == ("h", (1, 2), 256)
    assert said({**sent, "netra.prompt.prefix_hashes": ["x"]}).prefix_hashes is None


def test_a_sampled_span_says_so() -> None:
    assert teller_of(span(SAID, trace_state="ot=th:8")).stands_for == 2


@pytest.mark.parametrize(
    ("attributes", "fields", "name", "tool"),
    [
        (
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
            {"parent_id": "p"},
            None,
            "search",
        ),
        ({"http.route": "/ask"}, {"name": "POST"}, "/ask", None),
        ({"gen_ai.tool.name": "search"}, {"name": "root"}, "root", None),
    ],
)
def test_a_span_around_calls_has_what_they_take(
    attributes: dict[str, Any], fields: dict[str, Any], name: str | None, tool: str | None
) -> None:
    found = ancestor_of(span(attributes, **fields))
    assert (found.name, found.tool) == (name, tool)


def test_instants_are_read_with_and_without_a_zone() -> None:
    assert instant_ns("1970-01-01T01:00:00+01:00") == instant_ns("1970-01-01T00:00:00") == 0
    assert [instant_ns(value) for value in ("soon", 7)] == [None, None]
