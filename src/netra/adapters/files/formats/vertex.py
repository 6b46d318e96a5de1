"""Vertex AI's request-response logs: rows of the BigQuery table as JSON lines.

The output of Gemini counts thoughts separately from the candidates. Keys are in snake or camel case.
"""

from datetime import timedelta
from typing import Any, Final

from netra.adapters.files.formats.fields import (
    at_of,
    count_in,
    label_in,
    labels_of_pairs,
    maybe_at,
    model_of,
    ms_of,
    snake,
    whole_object,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.json_values import is_object
from netra.domain.telemetry.usage import EXCLUSIVE, Convention, Usage, settled, usage_of
from netra.domain.telemetry.values import count_of, label_of, list_of
from netra.domain.workloads.model import Event

NO_USAGE: Final = Skip("requests without token counts")
SAMPLED: Final = (
    "Vertex AI logs the share of requests that its sampling rate says, which the rows do not hold."
)
_BESIDE: Final = Convention(is_reasoning_beside=True)


def is_row(row: Row) -> bool:
    """Return whether a row is one of the request-response log."""
    keys = snake(row).keys()
    return (
        "full_response" in keys
        and ({"full_request", "logging_time", "api_method", "metadata"} & keys) != set()
    )


def event_of(row: Row) -> Event | Skip:
    """Return the call of a row."""
    row = snake(row)
    answer, asked = _object(row, "full_response"), _object(row, "full_request")
    usage = _usage(answer)
    candidates = [snake(one) for one in list_of(answer.get("candidates")) if is_object(one)]
    status = label_of(candidates[0].get("finish_reason")) if candidates else label_in(answer, "stop_reason")
    if not usage.is_known and "error" not in answer:
        return NO_USAGE
    latency_ms = ms_of(_object(row, "metadata").get("request_latency"))
    start = maybe_at(answer.get("create_time"))
    if start is None:
        start = at_of(row.get("logging_time"), "logging_time") - timedelta(milliseconds=latency_ms or 0)
    labels = _object(asked, "labels")
    return Event(
        timestamp=start,
        id=label_in(answer, "response_id", "id") or label_in(row, "request_id"),
        model=_model(row, answer),
        provider="google",
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        reasoning_tokens=usage.reasoning,
        latency_ms=latency_ms,
        streaming=True if "stream" in str(row.get("api_method")).lower() else None,
        status=_status(answer) if "error" in answer else status,
        service_tier=label_in(_object(answer, "usage_metadata"), "traffic_type"),
        feature=label_of(labels.get("feature")),
        session=label_of(labels.get("session")),
        max_output_tokens=count_in(_object(asked, "generation_config"), "max_output_tokens")
        or count_of(asked.get("max_tokens")),
        labels=labels_of_pairs(
            **{key: value for key, value in labels.items() if key not in ("feature", "session")}
        ),
    )


def _usage(answer: Row) -> Usage:
    found = _object(answer, "usage_metadata")
    if not found:  # a model of another maker
        return settled(usage_of(answer.get("usage")), EXCLUSIVE)[0]
    counts = Usage(
        input_tokens=count_in(found, "prompt_token_count"),
        output_tokens=count_in(found, "candidates_token_count") or 0,
        cached=count_in(found, "cached_content_token_count"),
        reasoning=count_in(found, "thoughts_token_count"),
        total=None,
    )
    of_tools = count_in(found, "tool_use_prompt_token_count") or 0
    usage = settled(counts, _BESIDE)[0]
    total = count_in(found, "total_token_count")
    is_beside = total == (usage.input_tokens or 0) + (usage.output_tokens or 0) + of_tools
    if not of_tools or not is_beside:
        return usage
    return Usage(
        input_tokens=(usage.input_tokens or 0) + of_tools,
        output_tokens=usage.output_tokens,
        cached=usage.cached,
        reasoning=usage.reasoning,
    )


def _object(row: Row, name: str) -> dict[str, Any]:
    return snake(whole_object(row.get(name)))


def _model(row: Row, answer: Row) -> str:
    named = model_of(
        answer.get("model_version"), row.get("model"), row.get("deployed_model_id"), answer.get("model")
    )
    return named.rpartition("/")[2] or named


def _status(answer: Row) -> str:
    return label_of(whole_object(answer.get("error")).get("code")) or "error"


VERTEX: Final = Format(
    name="vertex", title="Vertex AI request-response logs", is_row=is_row, reading=each_row(event_of, SAMPLED)
)
