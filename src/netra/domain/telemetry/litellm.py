"""Calls as LiteLLM logs them: payloads of its callbacks, and rows of its table of spend logs.

Both name the fields alike: `StandardLoggingPayload` and `LiteLLM_SpendLogs` of LiteLLM 1.110.2.
`prompt_tokens` counts all input, whatever the provider.
"""

import enum
from collections.abc import Sequence
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
from netra.domain.telemetry.values import count_of, label_of, list_of, number_of, object_of, truth_of
from netra.domain.workloads.model import UNSPECIFIED_MODEL, Event

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS: Final = 1_000_000_000
_CAPS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_IDS: Final = ("litellm_call_id", "request_id", "id")
_COSTS: Final = ("response_cost", "spend")
_TRUE: Final = frozenset(("true", "t", "1"))
_AGENT: Final = "user-agent:"  # a tag that LiteLLM sets itself


class Reason(enum.StrEnum):
    """Why a row is no call that can be counted."""

    CACHED = "LiteLLM's cache answered, so no provider was called"
    SILENT = "the call has no token counts"
    UNREADABLE = "the row cannot be read"


class NotACall(Exception):
    """The row is no call of a provider; the message says why."""

    def __init__(self, reason: Reason, message: str | None = None) -> None:
        super().__init__(message or reason.value)
        self.reason = reason


def event_of_row(row: object, *, content_key: bytes | None = None) -> Event:
    """Return the event of a payload or a row; with a key, its prompt is hashed and forgotten.

    Raises `NotACall` for a row without a time, one that LiteLLM's own cache answered, or one without usage
    that did not fail.
    """
    if not is_object(row) or "startTime" not in row:
        raise NotACall(Reason.UNREADABLE, "a call of LiteLLM is an object with startTime")
    if str(row.get("cache_hit")).lower() in _TRUE:
        raise NotACall(Reason.CACHED)
    start_ns, end_ns = _ns(row.get("startTime")), _ns(row.get("endTime"))
    if start_ns is None:
        raise NotACall(Reason.UNREADABLE, f"startTime {str(row.get('startTime'))[:40]!r} is no time")
    is_failed = _outcome(row) not in {None, "success"}
    usage = Usage(input_tokens=0, output_tokens=0) if is_failed else _usage(row)
    if not usage.is_known and not is_failed:
        raise NotACall(Reason.SILENT)
    first_ns = _ns(row.get("completionStartTime"))
    has_first = first_ns is not None and first_ns != end_ns and first_ns >= start_ns
    provider = label_of(row.get("custom_llm_provider"))
    return Event(
        timestamp=_EPOCH + timedelta(microseconds=start_ns // 1000),
        id=_first(row, _IDS),
        model=_model(row, provider),
        provider=None if provider is None else PROVIDERS.get(provider.lower(), provider),
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        cache_write_1h_tokens=usage.written_1h or None,
        reasoning_tokens=usage.reasoning,
        latency_ms=None if end_ns is None or end_ns < start_ns else (end_ns - start_ns) / 1e6,
        ttft_ms=(first_ns - start_ns) / 1e6 if has_first and first_ns is not None else None,
        streaming=truth_of(row.get("stream")),
        status=_failure(row) if is_failed else _finish(row),
        cost=next((cost for name in _COSTS if (cost := number_of(row.get(name)))), None),
        max_output_tokens=_cap(row),
        session=_session(row),
        feature=_tag(row),
        labels=_labels(row) or None,
        offline=True if "batch" in str(row.get("call_type", "")) else None,
        **_prompt(row, usage, content_key),
    )


def _first(row: Attributes, names: Sequence[str]) -> str | None:
    return next((label for name in names if (label := label_of(row.get(name))) is not None), None)


def _model(row: Attributes, provider: str | None) -> str:
    model = _first(row, ("model", "model_group")) or UNSPECIFIED_MODEL
    return model.removeprefix(f"{provider}/") or model


def _usage(row: Attributes) -> Usage:
    """Return the counts; LiteLLM's input is inclusive, and its metadata has the parts."""
    sent = Usage(
        input_tokens=count_of(row.get("prompt_tokens")),
        output_tokens=count_of(row.get("completion_tokens")),
        total=count_of(row.get("total_tokens")),
    )
    parts = object_of(row.get("metadata")).get("usage_object") or row.get("usage_object")
    return settled(filled(sent, usage_of(parts)) if parts else sent)[0]


def _outcome(row: Attributes) -> str | None:
    return label_of(row.get("status")) or label_of(object_of(row.get("metadata")).get("status"))


def _finish(row: Attributes) -> str | None:
    """Return why the answer ended, `ok` where only its success is known, None where not even that is."""
    choices = object_of(row.get("response")).get("choices")
    first = choices[0] if is_array(choices) and choices else None
    reason = label_of(first.get("finish_reason")) if is_object(first) else None
    return reason or ("ok" if _outcome(row) else None)


def _failure(row: Attributes) -> str:
    places = (row, object_of(row.get("metadata")))
    errors = (object_of(place.get("error_information")) for place in places)
    named = (_first(error, ("error_code", "error_class")) for error in errors)
    return next(filter(None, named), "error")


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
    """Return the first tag that the caller chose."""
    tags = [label_of(tag) for tag in list_of(row.get("request_tags"))]
    return next((tag for tag in tags if tag and not tag.lower().startswith(_AGENT)), None)


def _labels(row: Attributes) -> dict[str, str]:
    metadata = object_of(row.get("metadata"))
    found = {
        "end_user": label_of(row.get("end_user")),
        "team": label_of(metadata.get("user_api_key_team_alias")) or label_of(row.get("team_id")),
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
