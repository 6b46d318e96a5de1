"""Decide whether a span or a log record is a call of a model."""

import enum
from collections.abc import Callable
from typing import Final

from netra.domain.telemetry.attribute_names import INPUT, MODEL
from netra.domain.telemetry.dialects import IGNORED_SCOPES
from netra.domain.telemetry.records import Attributes, Record
from netra.domain.telemetry.values import first, first_count

CALL_OPERATIONS: Final = frozenset(
    ("chat", "text_completion", "generate_content", "completion", "embeddings")
)
VERCEL_CALLS: Final = (".doGenerate", ".doStream", ".doEmbed")
CLAUDE_CODE: Final = "com.anthropic.claude_code"
FAILED_FROM: Final = 400  # HTTP status codes of failures begin here
CALL_EVENTS: Final = frozenset(
    (
        "gemini_cli.api_response",
        "gemini_cli.api_error",
        "claude_code.api_request",
        "claude_code.api_error",
    )
)
DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"


class Kind(enum.Enum):
    """What a record is for the receiver."""

    CALL = "call"
    LIKELY_CALL = "likely_call"  # a model and input tokens, but no operation: may be a wrapper
    CONTEXT = "context"
    IGNORED = "ignored"


def kind_of(record: Record) -> Kind:
    """Return what a record is; the first rule that has something to go by decides."""
    if record.scope in IGNORED_SCOPES:
        return Kind.IGNORED
    if record.is_log:
        return _kind_of_log(record)
    attributes = record.attributes
    if record.scope.startswith(_DECIDING_SCOPES) or not attributes.keys().isdisjoint(_DECIDING):
        for rule in _SPAN_RULES:
            found = rule(record, attributes)
            if found is not None:
                return _after_opening(record) if found else Kind.CONTEXT
    if attributes.keys().isdisjoint(_MODELS):
        return Kind.CONTEXT
    has_model = first(attributes, MODEL) is not None
    return Kind.LIKELY_CALL if has_model and first_count(attributes, INPUT) else Kind.CONTEXT


def event_names(record: Record) -> tuple[str, ...]:
    """Return the names that a log record may go by, the most specific first."""
    if not record.is_log:
        return ()
    name = record.attributes.get("event.name")
    return tuple(each for each in (name, record.name, record.body) if isinstance(each, str) and each)


def _kind_of_log(record: Record) -> Kind:
    return Kind.CALL if _is_call_log(record, event_names(record)) else Kind.IGNORED


def _is_call_log(record: Record, names: tuple[str, ...]) -> bool:
    attributes = record.attributes
    if not CALL_EVENTS.isdisjoint(names):
        return True
    if record.scope.startswith(CLAUDE_CODE):
        return not {name.rpartition(".")[2] for name in names}.isdisjoint(("api_request", "api_error"))
    if "codex.sse_event" in names:
        return attributes.get("event.kind") == "response.completed" and bool(first_count(attributes, INPUT))
    if "codex.api_request" in names:  # one that was answered shows in its last event
        return (first_count(attributes, ("http.response.status_code",)) or 0) >= FAILED_FROM
    if DETAILS_EVENT not in names or record.scope.startswith(("gemini-cli", "gemini_cli")):
        return False
    is_call = str(attributes.get("gen_ai.operation.name")) in CALL_OPERATIONS
    return is_call and first_count(attributes, INPUT) is not None


def _after_opening(record: Record) -> Kind:
    """Return `CONTEXT` for Logfire's span of a stream's opening; the call is the log span that follows it."""
    if not record.scope.startswith("logfire.") or record.is_failed:
        return Kind.CALL
    attributes = record.attributes
    is_opening = "gen_ai.response.id" not in attributes and first_count(attributes, INPUT) is None
    return Kind.CONTEXT if is_opening else Kind.CALL


def _by_langfuse(_: Record, attributes: Attributes) -> bool | None:
    kind = attributes.get("langfuse.observation.type")
    return None if kind is None else str(kind).lower() in ("generation", "embedding")


def _by_openinference(_: Record, attributes: Attributes) -> bool | None:
    kind = attributes.get("openinference.span.kind")
    return None if kind is None else str(kind).upper() in ("LLM", "EMBEDDING")


def _by_langsmith(_: Record, attributes: Attributes) -> bool | None:
    kind = attributes.get("langsmith.span.kind")
    return None if kind is None else str(kind).lower() == "llm"


def _by_vercel(_: Record, attributes: Attributes) -> bool | None:
    operation = attributes.get("ai.operationId")
    return None if operation is None else str(operation).endswith(VERCEL_CALLS)


def _by_claude_code(record: Record, attributes: Attributes) -> bool | None:
    if not record.scope.startswith(CLAUDE_CODE):
        return None
    return attributes.get("span.type") == "llm_request" or record.name == "claude_code.llm_request"


def _by_litellm(record: Record, _: Attributes) -> bool | None:
    return record.name == "litellm_request" if record.scope == "litellm" else None


def _by_operation(_: Record, attributes: Attributes) -> bool | None:
    operation = attributes.get("gen_ai.operation.name")
    return None if operation is None else isinstance(operation, str) and operation in CALL_OPERATIONS


def _by_vllm(record: Record, attributes: Attributes) -> bool | None:
    return True if record.name == "llm_request" and "gen_ai.usage.prompt_tokens" in attributes else None


_MODELS: Final = frozenset(MODEL)
_DECIDING_SCOPES: Final = (CLAUDE_CODE, "litellm")
_DECIDING: Final = frozenset(
    (
        "langfuse.observation.type",
        "openinference.span.kind",
        "langsmith.span.kind",
        "ai.operationId",
        "gen_ai.operation.name",
        "gen_ai.usage.prompt_tokens",
    )
)
"""Scopes and attributes that a rule goes by; a span with none of them is spared the rules."""

_SPAN_RULES: Final[tuple[Callable[[Record, Attributes], bool | None], ...]] = (
    _by_langfuse,
    _by_openinference,
    _by_langsmith,
    _by_vercel,
    _by_claude_code,
    _by_litellm,
    _by_operation,
    _by_vllm,
)
