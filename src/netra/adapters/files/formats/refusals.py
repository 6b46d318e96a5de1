"""Known exports that hold no calls, or not their tokens, and what to export instead."""

from collections.abc import Callable
from typing import Final

from netra.adapters.files.formats.fields import nested
from netra.adapters.files.formats.model import Refusal, Row

_CALLS: Final = (
    "It holds sums of many calls, and Netra needs a row for each call: export them from your gateway or "
    "tracing (docs/imports.md lists which), or send OpenTelemetry."
)
_SEND: Final = (
    "Netra does not read it. Export a table with timestamp, model, input_tokens and output_tokens, naming "
    "the columns with --map, or send OpenTelemetry."
)
_ACCESS_LOG: Final = (
    "It holds no token counts. Start vLLM with --otlp-traces-endpoint and send its spans, or log each call."
)
_METRICS: Final = ("vllm:prompt_tokens_total", "vllm:generation_tokens_total", "sglang:prompt_tokens_total")


def _has(*names: str) -> Callable[[Row], bool]:
    return lambda row: all(name in row for name in names)


def _is_openai_usage(row: Row) -> bool:
    kind = str(row.get("object"))
    is_bucket = kind == "bucket" and "results" in row
    return (
        is_bucket
        or kind.startswith(("organization.usage.", "organization.costs."))
        or ("num_model_requests" in row and "input_tokens" in row)
    )


def _is_anthropic_usage(row: Row) -> bool:
    is_bucket = {"starting_at", "ending_at", "results"} <= row.keys()
    return (
        is_bucket
        or ("uncached_input_tokens" in row and "output_tokens" in row)
        or ("usage_input_tokens_no_cache" in row and "usage_output_tokens" in row)
    )


def _is_azure_diagnostic(row: Row) -> bool:
    kind = row.get("category") or row.get("Category")
    return kind == "RequestResponse" and (
        "properties" in row or "properties_s" in row or "operationName" in row
    )


REFUSALS: Final[tuple[Refusal, ...]] = (
    Refusal(title="a usage report of OpenAI's", is_row=_is_openai_usage, instead=_CALLS),
    Refusal(title="a usage report of Anthropic's", is_row=_is_anthropic_usage, instead=_CALLS),
    Refusal(
        title="a RequestResponse diagnostic log of Azure OpenAI",
        is_row=_is_azure_diagnostic,
        instead="It holds no token counts. Export ApiManagementGatewayLlmLog of API Management, or send "
        "OpenTelemetry.",
    ),
    Refusal(
        title="an export of LangSmith runs",
        is_row=_has("run_type", "trace_id", "dotted_order"),
        instead=_SEND,
    ),
    Refusal(title="an export of Portkey logs", is_row=_has("ai_org", "ai_model", "trace_id"), instead=_SEND),
    Refusal(
        title="an export of Braintrust spans",
        is_row=_has("span_attributes", "root_span_id", "metrics"),
        instead=_SEND,
    ),
    Refusal(
        title="an export of Cloudflare AI Gateway logs",
        is_row=_has("tokens_in", "tokens_out", "provider"),
        instead=_SEND,
    ),
    Refusal(
        title="an AI log of Kong's",
        is_row=lambda row: "ai" in row and "latencies" in row and bool(nested(row, "ai")),
        instead=_SEND,
    ),
)


def refused_text(start: bytes) -> tuple[str, str] | None:
    """Return the title and the advice for text that is a known file without calls; None for any other."""
    text = start[:65_536].decode("utf-8", "replace")
    if any(name in text for name in _METRICS):
        return "a page of Prometheus metrics", _CALLS
    if '"POST /v1/' in text and "HTTP/1.1" in text:
        return "an access log of a model server", _ACCESS_LOG
    return None
