"""Calls from LiteLLM's callbacks and its spend logs."""

import json
from pathlib import Path
from typing import Any

import pytest

from netra.domain.telemetry.litellm import NotACall, event_of_row

KEY = bytes(range(32))
PAYLOAD: dict[str, Any] = {
    "litellm_call_id": "8d899ed0-1a9d-4bb3-9188-d2796f873ead",
    "trace_id": "conv-7",
    "call_type": "acompletion",
    "stream": True,
    "status": "success",
    "custom_llm_provider": "bedrock",
    "startTime": 1796069714.5,
    "endTime": 1796069714.75,
    "completionStartTime": 1796069714.6,
    "model": "claude-sonnet-5",
    "metadata": {
        "usage_object": {
            "prompt_tokens_details": {"cached_tokens": 1024},
            "cache_creation_input_tokens": 512,
            "completion_tokens_details": {"reasoning_tokens": 128},
        },
        "user_api_key_team_alias": "search",
    },
    "response_cost": 0.00472,
    "prompt_tokens": 1712,
    "completion_tokens": 300,
    "request_tags": ["weather"],
    "end_user": "c-1",
    "messages": [{"role": "user", "content": "word " * 400}],
    "response": {"choices": [{"finish_reason": "stop"}]},
    "model_parameters": {"max_tokens": 400},
}


def test_a_payload_is_an_event() -> None:
    event = event_of_row(PAYLOAD, content_key=KEY)
    assert (event.input_tokens, event.cached_input_tokens, event.cache_write_tokens) == (1712, 1024, 512)
    assert (event.output_tokens, event.reasoning_tokens, event.cost) == (300, 128, 0.00472)
    assert (round(event.latency_ms or 0), round(event.ttft_ms or 0), event.streaming) == (250, 100, True)
    assert (event.provider, event.model, event.status) == ("aws", "claude-sonnet-5", "stop")
    assert (event.session, event.feature, event.max_output_tokens) == ("conv-7", "weather", 400)
    assert event.labels == {"end_user": "c-1", "team": "search"}
    assert event.prefix_hashes is not None
    assert len(event.prefix_hashes) == 3
    assert event.prefix_block_tokens == 541


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"completionStartTime": 1796069714.75}, "ttft_ms", None),
        ({"endTime": None}, "latency_ms", None),
        ({"startTime": "2026-11-30 20:15:14.5", "endTime": 0}, "latency_ms", None),
        ({"trace_id": "8d899ed0-1a9d-4bb3-9188-d2796f873eaf"}, "session", None),
        ({"trace_id": "8d899ed0-1a9d-4bb3-9188-d2796f873ead"}, "session", None),
        ({"session_id": "s", "trace_id": None}, "session", "s"),
        ({"request_tags": []}, "feature", None),
        ({"request_tags": ["User-Agent: x", "search"]}, "feature", "search"),
        ({"model": ""}, "model", "unspecified"),
        ({"model": "", "model_group": "m"}, "model", "m"),
        ({"model": "bedrock/claude"}, "model", "claude"),
        ({"response": None, "status": None}, "status", None),
        ({"response_cost": None, "spend": 0.5}, "cost", 0.5),
        ({"litellm_call_id": None, "request_id": "r"}, "id", "r"),
        (
            {"metadata": {}, "usage_object": {"prompt_tokens_details": {"cached_tokens": 3}}},
            "cached_input_tokens",
            3,
        ),
        ({"end_user": None, "metadata": {}, "team_id": "t"}, "labels", {"team": "t"}),
        ({"end_user": None, "metadata": {}}, "labels", None),
        ({"call_type": "acreate_batch"}, "offline", True),
        ({"response": None}, "status", "ok"),
        ({"model_parameters": "{}"}, "max_output_tokens", None),
        ({"response_cost": 0}, "cost", None),
        ({"custom_llm_provider": None}, "provider", None),
        ({"messages": [{"role": "user", "content": "redacted-by-litellm"}]}, "prompt_hash", None),
        ({"messages": [{"role": "user", "content": "Hi"}]}, "prefix_hashes", None),
    ],
)
def test_what_a_payload_lacks_is_unknown(change: dict[str, Any], column: str, value: object) -> None:
    assert getattr(event_of_row(PAYLOAD | change, content_key=KEY), column) == value


def test_a_failure_has_its_status_and_no_tokens() -> None:
    failed = {"status": "failure", "prompt_tokens": 9, "error_information": {"error_code": "429"}}
    event = event_of_row(PAYLOAD | failed)
    assert (event.status, event.input_tokens, event.cached_input_tokens) == ("429", 0, None)
    named = {**failed, "error_information": {"error_class": "Timeout"}}
    assert event_of_row(PAYLOAD | named).status == "Timeout"
    assert event_of_row(PAYLOAD | {**failed, "error_information": None}).status == "error"
    within = {"status": None, "metadata": {"status": "failure", "error_information": {"error_code": "529"}}}
    assert event_of_row(PAYLOAD | within).status == "529"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([], "object with startTime"),
        ({"model": "m"}, "object with startTime"),
        ({**PAYLOAD, "cache_hit": True}, "no provider was called"),
        ({**PAYLOAD, "startTime": "soon"}, "'soon' is no time"),
        ({**PAYLOAD, "prompt_tokens": None, "completion_tokens": None, "metadata": {}}, "no token counts"),
    ],
)
def test_what_is_no_call_says_why(row: Any, words: str) -> None:
    with pytest.raises(NotACall, match=words):
        event_of_row(row)


@pytest.mark.shared_data
def test_the_callback_as_it_was_captured() -> None:
    path = Path("../shared/data/otlp/litellm-1.110.2-generic-api.other.json")
    events = [event_of_row(row) for row in json.loads(path.read_text())["body"]]
    assert [(event.input_tokens, event.output_tokens, event.cached_input_tokens) for event in events] == [
        *((1200, 300, 1024), (1200, 300, 1024), (1712, 300, 1024), (0, 0, None)),
    ]
    assert [event.status for event in events] == ["stop", "stop", "stop", "429"]
    assert events[0].session == "conv-7"
