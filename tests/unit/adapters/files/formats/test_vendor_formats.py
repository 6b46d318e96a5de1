"""Each vendor's export is known by its content and read by its own conventions."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.files.formats.reading import calls_of, lines_of, read

from netra.bootstrap.files import request_logs
from netra.domain.errors import UnreadableFile
from netra.ports.log_files import ReadingChoices
from netra.settings import Settings

AT = "2026-11-30T20:10:57.000Z"
AT_NS = 1796069457 * 10**9

LITELLM = {
    "request_id": "r-1",
    "session_id": "s-1",
    "call_type": "acompletion",
    "cache_hit": "False",
    "startTime": "2026-11-30 20:10:57.000",
    "endTime": "2026-11-30 20:10:59.500",
    "completionStartTime": "2026-11-30 20:10:57.400",
    "model": "anthropic/claude-sonnet-5",
    "custom_llm_provider": "anthropic",
    "spend": 0.01,
    "prompt_tokens": 1712,
    "completion_tokens": 300,
    "total_tokens": 2012,
    "request_tags": '["User-Agent: x", "search"]',
    "end_user": "acme",
    "metadata": json.dumps(
        {
            "usage_object": {
                "prompt_tokens": 1712,
                "completion_tokens": 300,
                "prompt_tokens_details": {"cached_tokens": 1024},
                "cache_creation_input_tokens": 512,
            },
            "user_api_key_team_alias": "core",
        }
    ),
    "status": "success",
}
LANGFUSE = {
    "id": "o-1",
    "traceId": "t-1",
    "parentObservationId": None,
    "type": "GENERATION",
    "name": "answer",
    "startTime": AT,
    "endTime": "2026-11-30T20:10:58.000Z",
    "completionStartTime": "2026-11-30T20:10:57.250Z",
    "providedModelName": "gpt-4o",
    "usageDetails": {
        "input": 176,
        "input_cached_tokens": 1024,
        "output": 172,
        "output_reasoning_tokens": 128,
    },
    "totalCost": 0.004,
    "promptName": "weather",
    "promptVersion": 3,
    "sessionId": "s-1",
    "modelParameters": {"max_tokens": 400},
    "metadata": {"feature": "search"},
    "environment": "prod",
}
OPENROUTER = {
    "generation_id": "g-1",
    "created_at": "2026-11-30 20:10:57",
    "model_permaslug": "openai/gpt-4o",
    "provider_name": "OpenAI",
    "tokens_prompt": "1200",
    "tokens_cached": "1024",
    "tokens_completion": "300",
    "tokens_reasoning": "128",
    "cost_total": "0.004",
    "generation_time_ms": "2900",
    "time_to_first_token_ms": "310",
    "streamed": "true",
    "cancelled": "false",
    "finish_reason_normalized": "stop",
    "app_name": "search",
    "api_key_name": "ci",
    "user": "",
}
BEDROCK = {
    "schemaType": "ModelInvocationLog",
    "timestamp": AT,
    "requestId": "b-1",
    "operation": "ConverseStream",
    "modelId": "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "requestMetadata": {"feature": "search", "session": "s-1"},
    "input": {
        "inputBodyJson": {"inferenceConfig": {"maxTokens": 400}},
        "inputTokenCount": 176,
        "cacheReadInputTokenCount": 1024,
        "cacheWriteInputTokenCount": 512,
    },
    "output": {
        "outputBodyJson": [
            {"messageStop": {"stopReason": "end_turn"}},
            {"amazon-bedrock-invocationMetrics": {"invocationLatency": 2900, "firstByteLatency": 310}},
        ],
        "outputTokenCount": 300,
    },
}
HELICONE = {
    "request_id": "h-1",
    "request_created_at": AT,
    "response_status": 200,
    "response_model": "claude-sonnet-5",
    "provider": "ANTHROPIC",
    "prompt_tokens": 176,
    "prompt_cache_read_tokens": 1024,
    "prompt_cache_write_tokens": 512,
    "completion_tokens": 300,
    "delay_ms": 2900,
    "time_to_first_token": 310,
    "costUSD": 0.01,
    "prompt_id": "weather",
    "request_properties": {"Helicone-Session-Id": "s-1", "feature": "search"},
}
VERTEX: dict[str, Any] = {
    "endpoint": "e",
    "logging_time": "2026-11-30T20:11:00Z",
    "api_method": "streamGenerateContent",
    "model": "publishers/google/models/gemini-2.5-pro",
    "full_request": {
        "generation_config": {"max_output_tokens": 400},
        "labels": {"feature": "search", "team": "core"},
    },
    "full_response": {
        "response_id": "v-1",
        "create_time": AT,
        "candidates": [{"finish_reason": "STOP"}],
        "usage_metadata": {
            "prompt_token_count": 1200,
            "cached_content_token_count": 1024,
            "candidates_token_count": 172,
            "thoughts_token_count": 128,
            "total_token_count": 1500,
            "traffic_type": "ON_DEMAND",
        },
    },
    "metadata": {"request_latency": 2900},
}
AZURE = {
    "Type": "ApiManagementGatewayLlmLog",
    "TimeGenerated": AT,
    "CorrelationId": "c-1",
    "RequestId": "a-1",
    "DeploymentName": "prod",
    "ModelName": "gpt-4o",
    "PromptTokens": 1200,
    "CompletionTokens": 300,
    "IsStreamCompletion": True,
    "SequenceNumber": 0,
}
ANSWER = {
    "object": "chat.completion",
    "id": "chatcmpl-1",
    "created": 1796069457,
    "model": "gpt-4o",
    "choices": [{"finish_reason": "stop", "message": {"content": "It is sunny."}}],
    "usage": {
        "prompt_tokens": 1200,
        "completion_tokens": 300,
        "total_tokens": 1500,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 128},
    },
}
OPENAI_COUNTS = {"input_tokens": 1200, "cached_input_tokens": 1024, "output_tokens": 300}
ANTHROPIC_COUNTS = {
    "input_tokens": 1712,
    "cached_input_tokens": 1024,
    "cache_write_tokens": 512,
    "output_tokens": 300,
}


@pytest.mark.parametrize(
    ("row", "kind", "expected"),
    [
        (
            LITELLM,
            "litellm",
            ANTHROPIC_COUNTS
            | {
                "id": "r-1",
                "model": "claude-sonnet-5",
                "provider": "anthropic",
                "latency_ms": 2500.0,
                "ttft_ms": 400.0,
            }
            | {"cost": 0.01, "session": "s-1", "feature": "search", "status": "ok"}
            | {"labels": '{"end_user":"acme","team":"core"}'},
        ),
        (
            LANGFUSE,
            "langfuse",
            OPENAI_COUNTS
            | {
                "id": "o-1",
                "model": "gpt-4o",
                "reasoning_tokens": 128,
                "latency_ms": 1000.0,
                "ttft_ms": 250.0,
            }
            | {"cost": 0.004, "session": "s-1", "template": "weather@3", "feature": "search", "streaming": 1}
            | {"max_output_tokens": 400, "labels": '{"environment":"prod"}'},
        ),
        (
            BEDROCK,
            "bedrock",
            ANTHROPIC_COUNTS
            | {"id": "b-1", "model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "provider": "aws"}
            | {
                "latency_ms": 2900.0,
                "ttft_ms": 310.0,
                "status": "end_turn",
                "session": "s-1",
                "feature": "search",
            }
            | {"streaming": 1, "max_output_tokens": 400},
        ),
        (
            HELICONE,
            "helicone",
            ANTHROPIC_COUNTS
            | {
                "id": "h-1",
                "model": "claude-sonnet-5",
                "provider": "anthropic",
                "latency_ms": 2900.0,
                "ttft_ms": 310.0,
            }
            | {"status": "200", "cost": 0.01, "session": "s-1", "template": "weather", "feature": "search"},
        ),
        (
            VERTEX,
            "vertex",
            OPENAI_COUNTS
            | {"id": "v-1", "model": "gemini-2.5-pro", "provider": "google", "reasoning_tokens": 128}
            | {
                "latency_ms": 2900.0,
                "streaming": 1,
                "status": "STOP",
                "service_tier": "ON_DEMAND",
                "feature": "search",
            }
            | {"max_output_tokens": 400, "labels": '{"team":"core"}'},
        ),
        (
            AZURE,
            "azure_apim",
            {"id": "a-1", "model": "gpt-4o", "provider": "azure", "input_tokens": 1200, "output_tokens": 300}
            | {"streaming": 1},
        ),
        (
            ANSWER,
            "openai_answers",
            OPENAI_COUNTS
            | {
                "id": "chatcmpl-1",
                "model": "gpt-4o",
                "provider": "openai",
                "reasoning_tokens": 128,
                "status": "stop",
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_is_known_and_read_by_its_format_s_conventions(
    tmp_path: Path, row: dict[str, Any], kind: str, expected: dict[str, Any]
) -> None:
    for content in (lines_of(row), json.dumps([row], indent=1), json.dumps({"data": [row]})):
        log = read(tmp_path, content)
        assert (log.format, log.report.rejected) == (kind, 0)
        (call,) = calls_of(log.events)
        assert call.pop("at_ns") == AT_NS
        assert call == expected


def table_of(row: dict[str, Any]) -> str:
    text = io.StringIO()
    cells = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
    csv.writer(text).writerows([list(row), cells])
    return text.getvalue()


@pytest.mark.parametrize(
    ("row", "kind"),
    [(LITELLM, "litellm"), (LANGFUSE, "langfuse"), (OPENROUTER, "openrouter"), (HELICONE, "helicone")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_same_export_as_a_table(tmp_path: Path, row: dict[str, Any], kind: str) -> None:
    log = read(tmp_path, table_of(row))
    assert log.format == kind
    (call,) = calls_of(log.events)
    counts = OPENAI_COUNTS if kind in {"langfuse", "openrouter"} else ANTHROPIC_COUNTS
    assert call.items() >= counts.items()
    assert call["at_ns"] == AT_NS


def test_openrouter_s_billed_cost_and_its_outcomes(tmp_path: Path) -> None:
    rows = [OPENROUTER, OPENROUTER | {"generation_id": "g-2", "cancelled": "true", "tokens_completion": "0"}]
    text = table_of(rows[0]) + table_of(rows[1]).partition("\n")[2]
    first, second = calls_of(read(tmp_path, text).events)
    assert (first["cost"], first["provider"], first["status"], first["feature"]) == (
        0.004,
        "OpenAI",
        "stop",
        "search",
    )
    assert (first["latency_ms"], first["ttft_ms"], first["streaming"]) == (2900.0, 310.0, 1)
    assert second["status"] == "cancelled"
    own_key = OPENROUTER | {"cost_total": "0", "byok_usage_inference": "0.002"}
    (call,) = calls_of(read(tmp_path, table_of(own_key)).events)
    assert call["cost"] == 0.002


@pytest.mark.parametrize(
    ("row", "changed", "expected"),
    [
        (
            LITELLM,
            {
                "status": "failure",
                "prompt_tokens": 0,
                "completion_tokens": 0,
                "spend": 0,
                "metadata": '{"error_information": {"error_code": "429"}}',
            },
            "429",
        ),
        (
            LANGFUSE,
            {"level": "ERROR", "statusMessage": "Error 529: overloaded", "usageDetails": {}, "usage": None},
            "529",
        ),
        (BEDROCK, {"errorCode": "ThrottlingException", "input": {}, "output": None}, "ThrottlingException"),
        (
            HELICONE,
            {
                "response_status": 500,
                "prompt_tokens": 0,
                "completion_tokens": 0,
                "prompt_cache_read_tokens": 0,
                "prompt_cache_write_tokens": 0,
            },
            "500",
        ),
        (HELICONE, {"response_status": -3}, "cancelled"),
        (VERTEX, {"full_response": {"error": {"code": 429}}}, "429"),
    ],
)
def test_a_failed_call_is_a_call_with_its_status(
    tmp_path: Path, row: dict[str, Any], changed: dict[str, Any], expected: str
) -> None:
    (call,) = calls_of(read(tmp_path, lines_of(row | changed)).events)
    assert call["status"] == expected


@pytest.mark.parametrize(
    ("row", "changed", "found"),
    [
        (LITELLM, {"cache_hit": "True"}, "1 answers from LiteLLM's own cache"),
        (
            LITELLM,
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "metadata": "{}"},
            "1 calls without token counts",
        ),
        (LANGFUSE, {"type": "SPAN"}, "1 observations that are no generations"),
        (LANGFUSE, {"usageDetails": {}}, "1 generations without token counts"),
        (BEDROCK, {"input": {}, "output": {}}, "1 invocations without token counts"),
        (HELICONE, {"cache_reference_id": "abc"}, "1 answers from Helicone's own cache"),
        (HELICONE, {"response_status": -2}, "1 requests without an answer yet"),
        (HELICONE, {"prompt_tokens": None, "completion_tokens": None}, "1 requests without token counts"),
        (VERTEX, {"full_response": {}}, "1 requests without token counts"),
        (
            AZURE,
            {"CorrelationId": "other", "PromptTokens": 0, "CompletionTokens": 0},
            "1 rows without token counts",
        ),
        (ANSWER, {"usage": None}, "1 answers without token counts"),
    ],
)
def test_what_is_no_call_is_left_out_and_counted(
    tmp_path: Path, row: dict[str, Any], changed: dict[str, Any], found: str
) -> None:
    log = read(tmp_path, lines_of(row, row | {"id": "x", "request_id": "x", "requestId": "x"} | changed))
    assert len(log.events) == 1
    assert any(found in note for note in log.notes)


def test_a_generation_without_counts_in_a_table_of_openrouter_is_left_out(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        table_of(
            OPENROUTER
            | {"tokens_prompt": "", "tokens_completion": "", "tokens_cached": "", "tokens_reasoning": ""}
        ),
    )
    assert len(log.events) == 0


@pytest.mark.parametrize("row", [LITELLM, LANGFUSE, BEDROCK, HELICONE, VERTEX, AZURE, ANSWER])
def test_a_row_without_an_instant_is_a_fault_that_names_the_value(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    names = ("startTime", "timestamp", "request_created_at", "logging_time", "TimeGenerated", "created")
    wrong = row | {name: "never" for name in names if name in row} | {"request_id": "y", "CorrelationId": "y"}
    if "full_response" in wrong:
        wrong = wrong | {"full_response": row["full_response"] | {"create_time": None}}
    log = read(tmp_path, lines_of(row, wrong))
    (fault,) = log.report.faults
    assert fault.line == 2
    assert "'never'; expected an instant" in fault.message


def test_helicone_s_counts_overrule_the_provider_s_usual_convention(tmp_path: Path) -> None:
    openai = HELICONE | {"provider": "OPENAI", "prompt_tokens": 1200, "prompt_cache_write_tokens": 0}
    exclusive = HELICONE | {"provider": "CUSTOM", "request_id": "h-2"}
    first, second = calls_of(read(tmp_path, lines_of(openai, exclusive)).events)
    assert first["input_tokens"] == 1200
    assert (second["input_tokens"], "provider" in second) == (1712, False)


def test_azure_counts_a_call_once_and_joins_its_outcome(tmp_path: Path) -> None:
    outcome = {
        "Type": "ApiManagementGatewayLogs",
        "CorrelationId": "c-1",
        "TotalTime": 2900,
        "ResponseCode": 200,
    }
    again = AZURE | {"SequenceNumber": 1}
    portal = {
        "TimeGenerated [UTC]": "11/30/2026, 8:10:57.000 PM",
        "CorrelationId": "c-2",
        "ModelName": "gpt-4o",
        "PromptTokens": "10",
        "CompletionTokens": "5",
    }
    log = read(tmp_path, lines_of(AZURE, again, outcome))
    (call,) = calls_of(log.events)
    assert (call["latency_ms"], call["status"]) == (2900.0, "200")
    assert any("no cached and no reasoning tokens" in note for note in log.notes)
    (other,) = calls_of(read(tmp_path, table_of(portal)).events)
    assert (other["at_ns"], other["input_tokens"]) == (AT_NS, 10)


def test_bedrock_s_logs_are_read_out_of_cloudwatch_s_events(tmp_path: Path) -> None:
    events = {"events": [{"timestamp": 1, "message": json.dumps(BEDROCK)}]}
    (call,) = calls_of(read(tmp_path, json.dumps(events)).events)
    assert call["id"] == "b-1"


def test_bedrock_s_answers_of_one_piece(tmp_path: Path) -> None:
    answer = {"stopReason": "max_tokens", "metrics": {"latencyMs": 77}}
    row = BEDROCK | {"output": {"outputTokenCount": 3, "outputBodyJson": answer}, "operation": "Converse"}
    (call,) = calls_of(read(tmp_path, lines_of(row)).events)
    assert (call["latency_ms"], call["status"], call["streaming"]) == (77.0, "max_tokens", 0)
    (bare,) = calls_of(read(tmp_path, lines_of(row | {"output": {"outputTokenCount": 3}})).events)
    assert "status" not in bare


def test_vertex_in_camel_case_with_tokens_of_tools_and_of_another_maker(tmp_path: Path) -> None:
    counts = {
        "promptTokenCount": 100,
        "candidatesTokenCount": 20,
        "toolUsePromptTokenCount": 30,
        "totalTokenCount": 150,
    }
    camel = {
        "fullResponse": {"usageMetadata": counts, "responseId": "v-2"},
        "loggingTime": AT,
        "deployedModelId": "m",
    }
    claude = VERTEX | {
        "full_response": {
            "id": "msg_vrtx_1",
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 176, "output_tokens": 300, "cache_read_input_tokens": 1024},
        },
        "model": "publishers/anthropic/models/claude-sonnet-5",
    }
    first, second = calls_of(read(tmp_path, lines_of(camel, claude)).events)
    assert (first["input_tokens"], first["output_tokens"], first["model"]) == (130, 20, "m")
    assert (second["input_tokens"], second["model"], second["status"]) == (
        1200,
        "claude-sonnet-5",
        "end_turn",
    )


def test_lines_of_a_finished_batch_are_calls_at_batch_prices(tmp_path: Path) -> None:
    row = {
        "id": "batch_req_1",
        "custom_id": "a",
        "response": {"status_code": 200, "body": ANSWER},
        "error": None,
    }
    (call,) = calls_of(read(tmp_path, lines_of(row)).events)
    assert (call["offline"], call["service_tier"], call["input_tokens"]) == (1, "batch", 1200)


def test_a_trace_of_langfuse_without_details_has_the_older_counts(tmp_path: Path) -> None:
    row = {
        "id": "o",
        "traceId": "t",
        "parentObservationId": None,
        "model": "gpt-4o",
        "startTime": AT,
        "latency": 1.5,
    }
    row |= {"promptTokens": 10, "completionTokens": 5, "timeToFirstToken": 0.25, "promptName": "p"}
    (call,) = calls_of(read(tmp_path, lines_of(row)).events)
    assert (call["input_tokens"], call["output_tokens"], call["latency_ms"], call["ttft_ms"]) == (
        10,
        5,
        1500.0,
        250.0,
    )
    assert call["template"] == "p"


def test_the_table_that_langfuse_s_page_exports(tmp_path: Path) -> None:
    row = {
        "id": "o-2",
        "traceId": "t",
        "traceName": "ask",
        "name": "answer",
        "startTime": AT,
        "latency": "1.5",
        "timeToFirstToken": "0.25",
        "providedModelName": "gpt-4o",
        "promptName": "weather",
        "totalCost": "0.004",
        "inputUsage": "1200",
        "outputUsage": "300",
        "totalUsage": "1500",
        "level": "DEFAULT",
    }
    log = read(tmp_path, table_of(row))
    (call,) = calls_of(log.events)
    assert (log.format, call["input_tokens"], call["output_tokens"]) == ("langfuse", 1200, 300)
    assert (call["latency_ms"], call["ttft_ms"], call["feature"], call["cost"]) == (
        1500.0,
        250.0,
        "ask",
        0.004,
    )


def test_an_answer_of_any_length_in_a_cell_does_not_hide_its_usage(tmp_path: Path) -> None:
    long = [{"finish_reason": "STOP", "text": "sunny " * 20_000}]
    answer = {**VERTEX["full_response"], "candidates": long}
    for text, tokens in ((json.dumps(answer), 1200), ("{broken", None), ("[1]", None)):
        log = read(tmp_path, lines_of(VERTEX | {"full_response": text}))
        assert [call["input_tokens"] for call in calls_of(log.events)] == ([] if tokens is None else [tokens])


@pytest.mark.parametrize(
    ("content", "title", "instead"),
    [
        (
            json.dumps({"object": "page", "data": [{"object": "bucket", "start_time": 1, "results": []}]}),
            "usage report of OpenAI's",
            "a row for each call",
        ),
        (
            "start_time,num_model_requests,input_tokens,output_tokens\n1,2,3,4\n",
            "usage report of OpenAI's",
            "gateway",
        ),
        (
            json.dumps({"data": [{"starting_at": "a", "ending_at": "b", "results": []}]}),
            "usage report of Anthropic's",
            "a row for each call",
        ),
        (
            "usage_date_utc,usage_input_tokens_no_cache,usage_output_tokens\n",
            "usage report of Anthropic's",
            "gateway",
        ),
        (
            lines_of({"category": "RequestResponse", "operationName": "x", "properties": {}}),
            "Azure OpenAI",
            "ApiManagementGatewayLlmLog",
        ),
        (lines_of({"run_type": "llm", "trace_id": "t", "dotted_order": "o"}), "LangSmith", "OpenTelemetry"),
        (lines_of({"ai": {"proxy": {}}, "latencies": {}}), "Kong", "OpenTelemetry"),
        (
            "# HELP vllm:prompt_tokens_total Number\nvllm:prompt_tokens_total 5\n",
            "Prometheus",
            "sums of many calls",
        ),
        ('INFO: 127.0.0.1 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n', "access log", "no token counts"),
    ],
)
def test_a_known_export_without_calls_is_refused_by_name_with_what_to_export_instead(
    tmp_path: Path, content: str, title: str, instead: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, content)
    assert title in caught.value.message
    assert instead in caught.value.message


def test_a_format_can_be_named_and_an_unknown_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        lines_of({"startTime": AT, "model": "m", "prompt_tokens": 3, "completion_tokens": 1})
    )
    logs = request_logs(Settings())
    assert logs.read(str(tmp_path / "log"), choices=ReadingChoices(format="litellm")).format == "litellm"
    assert logs.read(str(tmp_path / "log"), choices=ReadingChoices(format="jsonl")).format == "jsonl"
    with pytest.raises(UnreadableFile, match=r"no format 'xml'; expected one of csv, jsonl, .*claude_code"):
        logs.read(str(tmp_path / "log"), choices=ReadingChoices(format="xml"))
    (tmp_path / "table").write_text(table_of(OPENROUTER))
    assert (
        logs.read(str(tmp_path / "table"), choices=ReadingChoices(format="openrouter")).format == "openrouter"
    )


def test_no_text_of_a_prompt_or_an_answer_is_kept(tmp_path: Path) -> None:
    rows = [
        LITELLM | {"messages": [{"content": "Oslo sunny"}], "response": "Oslo sunny"},
        ANSWER | {"choices": [{"finish_reason": "stop", "message": {"content": "Oslo sunny"}}]},
    ]
    for row in rows:
        log = read(tmp_path, lines_of(row, row | {"startTime": "never", "created": "never"}))
        assert "sunny" not in repr(calls_of(log.events)) + repr(log.report) + repr(log.notes)


def test_an_otlp_file_is_read_with_one_event_a_call(tmp_path: Path) -> None:
    def span(number: int, attributes: dict[str, Any]) -> dict[str, Any]:
        pairs = [{"key": key, "value": value} for key, value in attributes.items()]
        about = {
            "traceId": "5b8efff798038103d269b633813fc60c",
            "spanId": f"eee19b7ec3c1b17{number}",
            "name": "chat m",
        }
        return about | {
            "startTimeUnixNano": str(AT_NS),
            "endTimeUnixNano": str(AT_NS + 10**9),
            "attributes": pairs,
        }

    call = {
        "gen_ai.operation.name": {"stringValue": "chat"},
        "gen_ai.request.model": {"stringValue": "gpt-4o"},
        "gen_ai.usage.input_tokens": {"intValue": "1200"},
        "gen_ai.usage.output_tokens": {"intValue": "300"},
    }
    silent = {name: value for name, value in call.items() if "usage" not in name}
    tool = {"gen_ai.operation.name": {"stringValue": "execute_tool"}}
    spans = [span(1, call), span(2, silent), span(3, tool)]
    row = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]}]}
    log = read(tmp_path, lines_of(row, row))
    (found,) = calls_of(log.events)
    assert (log.format, found["input_tokens"], found["latency_ms"]) == ("otlp", 1200, 1000.0)
    assert any("1 calls without token counts" in note for note in log.notes)
