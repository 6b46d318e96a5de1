"""LiteLLM: rows of the table `LiteLLM_SpendLogs`, and `StandardLoggingPayload` as its callbacks write it.

`prompt_tokens` counts all input, whatever the provider. A hit in LiteLLM's own cache is no provider's call.
"""

from typing import Any, Final

from netra.adapters.files.formats.fields import (
    at_of,
    cost_of,
    label_in,
    labels_of_pairs,
    maybe_at,
    model_of,
    ms_between,
    nested,
    whole_object,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.telemetry.usage import Usage, filled, settled, usage_of
from netra.domain.telemetry.values import count_of, label_of, list_of, truth_of
from netra.domain.workloads.model import Event

CACHE_HIT: Final = Skip("answers from LiteLLM's own cache")
NO_USAGE: Final = Skip("calls without token counts")
_AGENT: Final = "user-agent:"  # a tag that LiteLLM sets itself
_TRUE: Final = frozenset(("true", "t", "1"))


def is_row(row: Row) -> bool:
    """Return whether a row is one of LiteLLM's."""
    is_payload = "response_cost" in row and "call_type" in row
    return "litellm_call_id" in row or ("request_id" in row and "spend" in row) or is_payload


def event_of(row: Row) -> Event | Skip:
    """Return the call of a row."""
    if str(row.get("cache_hit")).lower() in _TRUE:
        return CACHE_HIT
    start = at_of(row.get("startTime"), "startTime")
    end = maybe_at(row.get("endTime"))
    status, is_failed = _status(row)
    usage = _usage(row)
    if not usage.is_known and not is_failed:
        return NO_USAGE
    first = maybe_at(row.get("completionStartTime"))
    provider = label_of(row.get("custom_llm_provider"))
    return Event(
        timestamp=start,
        id=label_in(row, "litellm_call_id", "request_id", "id"),
        model=_model(row, provider),
        provider=provider,
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        cache_write_1h_tokens=usage.written_1h or None,
        reasoning_tokens=usage.reasoning,
        latency_ms=ms_between(start, end),
        ttft_ms=None if first is None or first == end else ms_between(start, first),
        streaming=truth_of(row.get("stream")),
        status=status,
        cost=cost_of(row.get("response_cost")) or cost_of(row.get("spend")),
        session=label_of(row.get("session_id")),
        feature=_feature(row),
        offline=True if "batch" in str(row.get("call_type")) else None,
        max_output_tokens=count_of(nested(row, "model_parameters").get("max_tokens")),
        labels=_labels(row),
    )


def _usage(row: Row) -> Usage:
    counts = Usage(
        input_tokens=count_of(row.get("prompt_tokens")),
        output_tokens=count_of(row.get("completion_tokens")),
        total=count_of(row.get("total_tokens")),
    )
    found = nested(row, "metadata").get("usage_object") or row.get("usage_object")
    usage = filled(counts, usage_of(found)) if found else counts
    return settled(usage)[0]


def _status(row: Row) -> tuple[str | None, bool]:
    """Return the status, and whether the call failed."""
    status = label_of(row.get("status")) or label_of(nested(row, "metadata").get("status"))
    if status is None or status == "success":
        return ("ok" if status else None), False
    error = whole_object(row.get("error_information")) or nested(row, "metadata", "error_information")
    return label_of(error.get("error_code")) or "error", True


def _model(row: Row, provider: str | None) -> str:
    model = model_of(row.get("model"), row.get("model_group"))
    return model.removeprefix(f"{provider}/") or model


def _feature(row: Row) -> str | None:
    tags = [str(tag) for tag in list_of(row.get("request_tags"))]
    chosen = (tag for tag in tags if tag and not tag.lower().startswith(_AGENT))
    return label_of(next(chosen, None))


def _labels(row: Row) -> dict[str, str] | None:
    about: Any = nested(row, "metadata")  # Any: JSON
    return labels_of_pairs(
        team=about.get("user_api_key_team_alias") or row.get("team_id"),
        key=about.get("user_api_key_alias"),
        end_user=row.get("end_user"),
    )


LITELLM: Final = Format(name="litellm", title="LiteLLM spend logs", is_row=is_row, reading=each_row(event_of))
