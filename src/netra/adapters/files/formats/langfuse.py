"""Langfuse's observations: API, blob-storage export and UI export, as JSON or CSV.

Usage details are buckets that exclude one another: all input is the sum of every bucket of input.
"""

import re
from typing import Final

from netra.adapters.files.formats.fields import (
    at_of,
    cost_of,
    count_in,
    label_in,
    labels_of_pairs,
    maybe_at,
    model_of,
    ms_between,
    nested,
    seconds_as_ms,
    snake,
    whole_object,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.telemetry.counts import langfuse_usage
from netra.domain.telemetry.usage import Usage, settled
from netra.domain.telemetry.values import count_of, label_of, numbers_in
from netra.domain.workloads.model import Event

OTHERS: Final = Skip("observations that are no generations")
NO_USAGE: Final = Skip("generations without token counts")
_CODE: Final = re.compile(r"\b[45]\d\d\b")
_NAMES: Final = frozenset(
    (
        *("provided_model_name", "usage_details", "completion_start_time", "time_to_first_token"),
        *("parent_observation_id", "prompt_name", "input_usage", "internal_model", "internal_model_id"),
    )
)
"""Names of observations; with a trace, two of them identify one."""


def is_row(row: Row) -> bool:
    """Return whether a row is an observation."""
    keys = snake(row).keys()
    is_of_trace = "trace_id" in keys or "trace_name" in keys
    return len(_NAMES & keys) >= 2 and (is_of_trace or {"usage_details", "provided_model_name"} <= keys)


def event_of(row: Row) -> Event | Skip:
    """Return the call of an observation."""
    row = snake(row)
    if str(row.get("type") or "GENERATION").upper() not in ("GENERATION", "EMBEDDING"):
        return OTHERS
    start = at_of(row.get("start_time"), "startTime")
    end = maybe_at(row.get("end_time"))
    is_failed = str(row.get("level")).upper() == "ERROR"
    usage = _usage(row)
    if not usage.is_known and not is_failed:
        return NO_USAGE
    first = maybe_at(row.get("completion_start_time"))
    has_stream = first is not None and first != end
    metadata = whole_object(row.get("metadata"))
    return Event(
        timestamp=start,
        id=label_in(row, "id"),
        model=model_of(row.get("provided_model_name"), row.get("model"), row.get("internal_model_id")),
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        reasoning_tokens=usage.reasoning,
        latency_ms=ms_between(start, end) if end is not None else seconds_as_ms(row.get("latency")),
        ttft_ms=ms_between(start, first) if has_stream else seconds_as_ms(row.get("time_to_first_token")),
        streaming=True if has_stream else None,
        status=_status(row) if is_failed else None,
        cost=cost_of(row.get("total_cost")) or cost_of(numbers_in(row.get("cost_details")).get("total")),
        session=label_in(row, "session_id"),
        template=_template(row),
        feature=label_of(metadata.get("feature")) or label_in(row, "trace_name"),
        max_output_tokens=count_of(nested(row, "model_parameters").get("max_tokens")),
        labels=labels_of_pairs(environment=row.get("environment")),
    )


def _usage(row: Row) -> Usage:
    details = row.get("usage_details") or row.get("usage")
    if not numbers_in(details):  # older exports have columns for them
        details = {
            "input": count_in(row, "input_usage", "input_tokens", "prompt_tokens"),
            "output": count_in(row, "output_usage", "output_tokens", "completion_tokens"),
        }
    usage, convention = langfuse_usage(details)
    return settled(usage, convention)[0]


def _template(row: Row) -> str | None:
    prompt = label_in(row, "prompt_name")
    if prompt is None:
        return label_in(row, "name")
    version = row.get("prompt_version")
    return label_of(f"{prompt}@{version}" if version not in (None, "") else prompt)


def _status(row: Row) -> str:
    found = _CODE.search(str(row.get("status_message")))
    return "error" if found is None else found[0]


LANGFUSE: Final = Format(
    name="langfuse", title="Langfuse observations", is_row=is_row, reading=each_row(event_of)
)
