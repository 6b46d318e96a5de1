"""OpenRouter's activity export: a CSV with a row for each generation, and what it cost."""

from typing import Final

from netra.adapters.files.formats.fields import (
    at_of,
    count_in,
    label_in,
    labels_of_pairs,
    model_of,
    ms_of,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.telemetry.usage import Usage, settled
from netra.domain.telemetry.values import number_of, truth_of
from netra.domain.workloads.model import Event

NO_USAGE: Final = Skip("generations without token counts")


def is_row(row: Row) -> bool:
    """Return whether a row is a generation of OpenRouter's."""
    return "generation_id" in row and "model_permaslug" in row


def event_of(row: Row) -> Event | Skip:
    """Return the call of a generation."""
    counts = Usage(
        input_tokens=count_in(row, "tokens_prompt", "native_tokens_prompt"),
        output_tokens=count_in(row, "tokens_completion", "native_tokens_completion"),
        cached=count_in(row, "tokens_cached", "native_tokens_cached"),
        reasoning=count_in(row, "tokens_reasoning", "native_tokens_reasoning"),
    )
    usage = settled(counts)[0]
    is_cancelled = truth_of(row.get("cancelled")) is True
    status = "cancelled" if is_cancelled else label_in(row, "finish_reason_normalized", "finish_reason_raw")
    if not usage.is_known and status not in ("cancelled", "error"):
        return NO_USAGE
    model = model_of(row.get("model_permaslug"))
    return Event(
        timestamp=at_of(row.get("created_at"), "created_at"),
        id=label_in(row, "generation_id"),
        model=model.partition("/")[2] or model,
        provider=label_in(row, "provider_name"),
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        reasoning_tokens=usage.reasoning,
        latency_ms=ms_of(row.get("generation_time_ms")),
        ttft_ms=ms_of(row.get("time_to_first_token_ms")),
        streaming=truth_of(row.get("streamed")),
        status=status,
        cost=_billed(row),
        feature=label_in(row, "app_name"),
        labels=labels_of_pairs(key=row.get("api_key_name"), user=row.get("user")),
    )


def _billed(row: Row) -> float | None:
    """Return what the generation cost, at OpenRouter and by a key of one's own; 0 is a bill of nothing."""
    total = number_of(row.get("cost_total"))
    return None if total is None else total + (number_of(row.get("byok_usage_inference")) or 0.0)


OPENROUTER: Final = Format(
    name="openrouter", title="OpenRouter activity", is_row=is_row, reading=each_row(event_of)
)
