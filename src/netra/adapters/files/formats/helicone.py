"""Helicone's requests, as `POST /v1/request/query` answers them.

Whether `prompt_tokens` counts cached input follows the provider; where the counts say it, they decide.
"""

from typing import Final

from netra.adapters.files.formats.fields import (
    at_of,
    cost_of,
    count_in,
    label_in,
    model_of,
    ms_of,
    whole_object,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.telemetry.usage import EXCLUSIVE, INCLUSIVE, Usage, settled
from netra.domain.telemetry.values import label_of
from netra.domain.workloads.model import Event

CACHE_HIT: Final = Skip("answers from Helicone's own cache")
NO_USAGE: Final = Skip("requests without token counts")
PENDING: Final = Skip("requests without an answer yet")
_EXCLUSIVE: Final = frozenset(("anthropic", "aws", "bedrock"))  # whose own counts exclude the cache
_STATUSES: Final = {"-1": "timeout", "-3": "cancelled", "-4": "error"}
_NO_CACHE: Final = "00000000-0000-0000-0000-000000000000"


def is_row(row: Row) -> bool:
    """Return whether a row is one of Helicone's requests."""
    return "request_created_at" in row and "response_status" in row


def event_of(row: Row) -> Event | Skip:
    """Return the call of a request."""
    status = str(row.get("response_status"))
    if status == "-2":
        return PENDING
    if row.get("cache_reference_id") not in (None, "", _NO_CACHE):
        return CACHE_HIT
    usage = _usage(row)
    if not usage.is_known and status == "200":
        return NO_USAGE
    properties = {**whole_object(row.get("properties")), **whole_object(row.get("request_properties"))}
    return Event(
        timestamp=at_of(row.get("request_created_at"), "request_created_at"),
        id=label_in(row, "request_id"),
        model=model_of(
            row.get("response_model"), row.get("request_model"), row.get("model"), row.get("model_override")
        ),
        provider=_provider(row),
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        reasoning_tokens=usage.reasoning,
        latency_ms=ms_of(row.get("delay_ms")),
        ttft_ms=ms_of(row.get("time_to_first_token")),
        status=_STATUSES.get(status, status if status.isdigit() else None),
        cost=cost_of(row.get("costUSD")),
        session=label_of(properties.get("Helicone-Session-Id")),
        template=label_in(row, "prompt_id"),
        feature=label_in(properties, "feature", "Feature", "Helicone-Session-Name"),
    )


def _usage(row: Row) -> Usage:
    counts = Usage(
        input_tokens=count_in(row, "prompt_tokens"),
        output_tokens=count_in(row, "completion_tokens"),
        cached=count_in(row, "prompt_cache_read_tokens"),
        written=count_in(row, "prompt_cache_write_tokens"),
        reasoning=count_in(row, "reasoning_tokens"),
        total=count_in(row, "total_tokens"),
    )
    is_exclusive = (_provider(row) or "").lower() in _EXCLUSIVE
    return settled(counts, EXCLUSIVE if is_exclusive else INCLUSIVE)[0]


def _provider(row: Row) -> str | None:
    provider = label_in(row, "provider")
    return None if provider in (None, "CUSTOM") else str(provider).lower()


HELICONE: Final = Format(
    name="helicone", title="Helicone requests", is_row=is_row, reading=each_row(event_of)
)
