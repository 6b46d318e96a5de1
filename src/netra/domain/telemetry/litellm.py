"""Calls as LiteLLM's generic API callback sends them: one `StandardLoggingPayload` each."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from netra.domain.json_values import is_array, is_object
from netra.domain.telemetry.attribute_names import PROVIDERS
from netra.domain.telemetry.calls import BLOCK_TOKENS, BLOCK_TOKENS_MAX
from netra.domain.telemetry.np1 import PrefixHashes, prefix_hashes
from netra.domain.telemetry.prompts import prompt_of_messages
from netra.domain.telemetry.records import Attributes
from netra.domain.telemetry.timing import instant_ns
from netra.domain.telemetry.usage import Usage, filled, settled, usage_of
from netra.domain.telemetry.values import count_of, label_of, number_of, object_of, truth_of
from netra.domain.workloads.model import Event

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS: Final = 1_000_000_000
_CAPS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class NotACall(Exception):
    """The row is no call of a provider; the message says why."""


def event_of_payload(row: object, *, content_key: bytes | None = None) -> Event:
    """Return the event of a payload; with a key, its prompt is hashed and forgotten.

    Raises `NotACall` for a row without model or time, or one that LiteLLM's own cache answered.
    """
    if not is_object(row) or not {"litellm_call_id", "startTime"} <= set(row):
        raise NotACall("a StandardLoggingPayload has litellm_call_id and startTime")
    if truth_of(row.get("cache_hit")):
        raise NotACall("LiteLLM's cache answered, so no provider was called")
    start_ns, end_ns = _ns(row.get("startTime")), _ns(row.get("endTime"))
    model = label_of(row.get("model"))
    if start_ns is None or model is None:
        raise NotACall(f"startTime {str(row.get('startTime'))[:40]!r} is no time, or model is empty")
    usage = _usage(row)
    is_failed = row.get("status") == "failure"
    first_ns = _ns(row.get("completionStartTime"))
    has_first = first_ns is not None and first_ns != end_ns and first_ns >= start_ns
    return Event(
        timestamp=_EPOCH + timedelta(microseconds=start_ns // 1000),
        id=label_of(row.get("litellm_call_id")),
        model=model,
        provider=_provider(row),
        input_tokens=0 if is_failed else usage.input_tokens or 0,
        output_tokens=0 if is_failed else usage.output_tokens or 0,
        cached_input_tokens=None if is_failed else usage.cached,
        cache_write_tokens=None if is_failed else usage.written,
        cache_write_1h_tokens=None if is_failed else usage.written_1h or None,
        reasoning_tokens=None if is_failed else usage.reasoning,
        latency_ms=None if end_ns is None or end_ns < start_ns else (end_ns - start_ns) / 1e6,
        ttft_ms=(first_ns - start_ns) / 1e6 if has_first and first_ns is not None else None,
        streaming=truth_of(row.get("stream")),
        status=_status(row, is_failed=is_failed),
        cost=number_of(row.get("response_cost")) or None,
        max_output_tokens=_cap(row),
        session=_session(row),
        feature=_tag(row),
        labels=_labels(row) or None,
        offline=True if "batch" in str(row.get("call_type", "")) else None,
        **_prompt(row, usage, content_key),
    )


def _usage(row: Attributes) -> Usage:
    """Return the counts; LiteLLM's input is inclusive, and its metadata has the parts."""
    sent = Usage(
        input_tokens=count_of(row.get("prompt_tokens")), output_tokens=count_of(row.get("completion_tokens"))
    )
    return settled(filled(sent, usage_of(object_of(row.get("metadata")).get("usage_object"))))[0]


def _provider(row: Attributes) -> str | None:
    provider = label_of(row.get("custom_llm_provider"))
    return None if provider is None else PROVIDERS.get(provider.lower(), provider)


def _status(row: Attributes, *, is_failed: bool) -> str:
    if not is_failed:
        response = object_of(row.get("response"))
        choices = response.get("choices")
        first = choices[0] if is_array(choices) and choices else None
        reason = label_of(first.get("finish_reason")) if is_object(first) else None
        return reason or "ok"
    error = object_of(row.get("error_information"))
    return label_of(error.get("error_code")) or label_of(error.get("error_class")) or "error"


def _cap(row: Attributes) -> int | None:
    parameters = object_of(row.get("model_parameters"))
    found = [count for name in _CAPS if (count := count_of(parameters.get(name)))]
    return found[0] if found else None


def _session(row: Attributes) -> str | None:
    """Return the session; a trace id is one only where the caller chose it, which no UUID shows."""
    trace = label_of(row.get("trace_id"))
    is_own = trace is not None and trace != row.get("litellm_call_id") and not _is_uuid(trace)
    return label_of(row.get("session_id")) or (trace if is_own else None)


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        character in "0123456789abcdef" for character in "".join(parts).lower()
    )


def _tag(row: Attributes) -> str | None:
    tags = row.get("request_tags")
    return label_of(tags[0]) if is_array(tags) and tags else None


def _labels(row: Attributes) -> dict[str, str]:
    metadata = object_of(row.get("metadata"))
    found = {
        "customer": label_of(row.get("end_user")),
        "team": label_of(metadata.get("user_api_key_team_alias")),
        "key": label_of(metadata.get("user_api_key_alias")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _prompt(row: Attributes, usage: Usage, key: bytes | None) -> dict[str, Any]:  # Any: columns
    parameters = object_of(row.get("model_parameters"))
    text = None if key is None else prompt_of_messages(row.get("messages"), parameters.get("tools"))
    if text is None or key is None:
        return {}
    made: PrefixHashes = prefix_hashes(text, key)
    if not made.blocks or not usage.input_tokens:
        return {"prompt_hash": made.prompt}
    size = max(1, round(BLOCK_TOKENS * usage.input_tokens / made.pseudo_tokens))
    return {
        "prompt_hash": made.prompt,
        "prefix_hashes": list(made.blocks),
        "prefix_block_tokens": min(size, BLOCK_TOKENS_MAX),
    }


def _ns(value: object) -> int | None:  # Any: seconds since 1970, or text without a zone, which is in UTC
    seconds = number_of(value)
    return instant_ns(value) if seconds is None else int(seconds * _SECOND_NS)
