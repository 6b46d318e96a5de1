"""Which spans and log records are calls of a model, and which are only around them."""

from typing import Any

import pytest
from tests.unit.domain.telemetry.payloads import CHAT, USAGE, log, span

from netra.domain.telemetry.recognition import Kind, kind_of

SAID = {**CHAT, **USAGE}


@pytest.mark.parametrize(
    ("attributes", "fields", "kind"),
    [
        (CHAT, {}, Kind.CALL),
        ({"gen_ai.operation.name": "embeddings"}, {}, Kind.CALL),
        ({"gen_ai.operation.name": "text_completion"}, {}, Kind.CALL),
        ({**SAID, "gen_ai.operation.name": "invoke_agent"}, {}, Kind.CONTEXT),
        ({**SAID, "gen_ai.operation.name": "execute_tool"}, {}, Kind.CONTEXT),
        ({**SAID, "gen_ai.operation.name": ["chat"]}, {}, Kind.CONTEXT),
        ({**SAID, "langfuse.observation.type": "span"}, {}, Kind.CONTEXT),
        ({"langfuse.observation.type": "GENERATION"}, {}, Kind.CALL),
        ({"langfuse.observation.type": "embedding"}, {}, Kind.CALL),
        ({"openinference.span.kind": "llm"}, {}, Kind.CALL),
        ({"openinference.span.kind": "EMBEDDING"}, {}, Kind.CALL),
        ({**SAID, "openinference.span.kind": "AGENT"}, {}, Kind.CONTEXT),
        ({**SAID, "langsmith.span.kind": "chain"}, {}, Kind.CONTEXT),
        ({"langsmith.span.kind": "llm"}, {}, Kind.CALL),
        ({"ai.operationId": "ai.generateText.doGenerate"}, {}, Kind.CALL),
        ({"ai.operationId": "ai.streamText.doStream"}, {}, Kind.CALL),
        ({"ai.operationId": "ai.embed.doEmbed"}, {}, Kind.CALL),
        ({**SAID, "ai.operationId": "ai.generateText"}, {}, Kind.CONTEXT),
        ({"span.type": "llm_request"}, {"scope": "com.anthropic.claude_code.tracing"}, Kind.CALL),
        ({**SAID, "span.type": "tool"}, {"scope": "com.anthropic.claude_code.tracing"}, Kind.CONTEXT),
        (SAID, {"scope": "litellm", "name": "litellm_request"}, Kind.CALL),
        (SAID, {"scope": "litellm", "name": "raw_gen_ai_request"}, Kind.CONTEXT),
        ({"gen_ai.usage.prompt_tokens": 5}, {"name": "llm_request"}, Kind.CALL),
        ({"gen_ai.request.model": "m", **USAGE}, {"name": "call_llm"}, Kind.LIKELY_CALL),
        ({"gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 5}, {"name": "x"}, Kind.LIKELY_CALL),
        (USAGE, {}, Kind.CONTEXT),
        ({"http.route": "/ask"}, {}, Kind.CONTEXT),
        (SAID, {"scope": "codex_exec"}, Kind.IGNORED),
    ],
)
def test_the_first_rule_that_applies_decides(
    attributes: dict[str, Any], fields: dict[str, Any], kind: Kind
) -> None:
    assert kind_of(span(attributes, **fields)) is kind


def test_the_opening_of_a_stream_is_no_call_in_logfire() -> None:
    opening = span(CHAT, scope="logfire.openai")
    assert kind_of(opening) is Kind.CONTEXT
    assert kind_of(span(SAID, scope="logfire.openai")) is Kind.CALL
    assert kind_of(span(CHAT, scope="logfire.openai", is_failed=True)) is Kind.CALL
    assert kind_of(span({**CHAT, "gen_ai.response.id": "r1"}, scope="logfire.openai")) is Kind.CALL


@pytest.mark.parametrize(
    ("attributes", "fields", "kind"),
    [
        ({"event.name": "api_request"}, {"scope": "com.anthropic.claude_code.events"}, Kind.CALL),
        ({}, {"scope": "com.anthropic.claude_code.events", "body": "claude_code.api_error"}, Kind.CALL),
        (
            {"event.name": "api_retries_exhausted"},
            {"scope": "com.anthropic.claude_code.events"},
            Kind.IGNORED,
        ),
        ({"event.name": "claude_code.api_request"}, {}, Kind.CALL),
        (
            {"event.name": "codex.sse_event", "event.kind": "response.completed", "input_token_count": "12"},
            {},
            Kind.CALL,
        ),
        ({"event.name": "codex.sse_event", "event.kind": "response.completed"}, {}, Kind.IGNORED),
        ({"event.name": "codex.sse_event", "event.kind": "response.created"}, {}, Kind.IGNORED),
        ({"event.name": "codex.api_request", "http.response.status_code": 200}, {}, Kind.IGNORED),
        ({"event.name": "codex.api_request", "http.response.status_code": "429"}, {}, Kind.CALL),
        ({"event.name": "gemini_cli.api_response"}, {}, Kind.CALL),
        ({"event.name": "gemini_cli.api_error"}, {}, Kind.CALL),
        (SAID, {"name": "gen_ai.client.inference.operation.details"}, Kind.CALL),
        (CHAT, {"name": "gen_ai.client.inference.operation.details"}, Kind.IGNORED),
        (
            SAID,
            {"name": "gen_ai.client.inference.operation.details", "scope": "gemini-cli"},
            Kind.IGNORED,
        ),
        (SAID, {"name": "gen_ai.user.message"}, Kind.IGNORED),
        ({}, {}, Kind.IGNORED),
    ],
)
def test_log_records_are_known_by_name(
    attributes: dict[str, Any], fields: dict[str, Any], kind: Kind
) -> None:
    assert kind_of(log(attributes, **fields)) is kind
