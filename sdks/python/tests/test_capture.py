"""Recorded answers of providers as calls: the token convention, hashes, and what is missing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from netra_sdk import call_from_anthropic, call_from_openai, prefix_hashes, prompt_hash

AT = datetime(2026, 10, 5, tzinfo=UTC)
TIMES: dict[str, Any] = {
    "started_at": AT,
    "ended_at": AT + timedelta(seconds=2),
    "first_token_at": AT + timedelta(milliseconds=300),
}
CHAT = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-2024-08-06",
    "service_tier": "default",
    "usage": {
        "prompt_tokens": 1200,
        "completion_tokens": 80,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 16},
    },
}
RESPONSE = {
    "id": "resp_1",
    "model": "gpt-5",
    "usage": {
        "input_tokens": 10,
        "output_tokens": 20,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 5},
    },
}
MESSAGE = {
    "id": "msg_1",
    "model": "claude-sonnet-5",
    "usage": {
        "input_tokens": 100,
        "cache_read_input_tokens": 900,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_1h_input_tokens": 50},
        "output_tokens": 30,
        "service_tier": "standard",
    },
}


class Pydantic:
    def model_dump(self) -> dict[str, Any]:
        return CHAT


def test_openai_counts_cached_tokens_as_parts_of_its_input() -> None:
    call = call_from_openai(Pydantic(), feature="chat", **TIMES)
    assert (call.input_tokens, call.cached_input_tokens, call.output_tokens) == (1200, 1024, 80)
    assert (call.reasoning_tokens, call.latency_ms, call.ttft_ms) == (16, 2000.0, 300.0)
    assert (call.id, call.provider, call.feature, call.service_tier) == (
        "chatcmpl-1",
        "openai",
        "chat",
        "default",
    )
    other = call_from_openai(RESPONSE, **TIMES)
    assert (other.input_tokens, other.output_tokens, other.cached_input_tokens) == (10, 20, 0)


def test_anthropic_counts_cache_reads_and_writes_beside_its_input() -> None:
    call = call_from_anthropic(MESSAGE, started_at=AT)
    assert (call.input_tokens, call.cached_input_tokens, call.cache_write_tokens) == (1050, 900, 50)
    assert (call.cache_write_1h_tokens, call.output_tokens, call.ttft_ms) == (50, 30, None)


def test_an_answer_without_usage_is_refused_with_what_is_missing() -> None:
    with pytest.raises(ValueError, match="input_tokens, output_tokens"):
        call_from_openai({"model": "gpt-4o"}, **TIMES)
    with pytest.raises(TypeError, match="model_dump"):
        call_from_anthropic(7, started_at=AT)


def test_equal_prompts_and_equal_prefixes_have_equal_hashes() -> None:
    assert prompt_hash([{"role": "user", "content": "ü"}]) == prompt_hash([{"content": "ü", "role": "user"}])
    assert prompt_hash("a") != prompt_hash("b")
    one, other = prefix_hashes("x" * 1600), prefix_hashes("x" * 1100 + "y" * 500)
    assert (len(one), one[:2], one[2] == other[2]) == (3, other[:2], False)
    assert len(prefix_hashes(list(range(1024)))) == 2
    assert prefix_hashes("short") == []
    assert len(one[0]) == 16
    assert prefix_hashes([{"role": "user", "content": "z" * 600}])
