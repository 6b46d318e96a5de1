"""Turns answers of model providers into calls of a workload; nothing is sent, no package is needed.

Token counts follow one convention: `input_tokens` counts all input, cached tokens and cache writes included.
Prompts are never part of a call: only hashes, if you ask for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from netra_sdk.types import WorkloadEvent

HASH_BYTES = 8  # 64 bits of SHA-256: enough to tell the prompts of one workload apart
BLOCK = 512  # tokens, or characters of a text, in one prefix block


def call_from_openai(
    response: Any,
    *,
    started_at: datetime,
    ended_at: datetime | None = None,
    first_token_at: datetime | None = None,
    **columns: Any,
) -> WorkloadEvent:
    """Return the call of an OpenAI answer: chat completions or responses, as an object or a dict."""
    answer = _plain(response)
    usage = _part(answer, "usage")
    details = _part(usage, "prompt_tokens_details") or _part(usage, "input_tokens_details")
    written = _part(usage, "completion_tokens_details") or _part(usage, "output_tokens_details")
    counted: dict[str, Any] = {
        "input_tokens": _first(usage, "prompt_tokens", "input_tokens"),
        "output_tokens": _first(usage, "completion_tokens", "output_tokens"),
        "cached_input_tokens": details.get("cached_tokens"),
        "reasoning_tokens": written.get("reasoning_tokens"),
        "service_tier": answer.get("service_tier"),
    }
    times = _times(started_at, ended_at, first_token_at)
    return _call(answer, "openai", {**counted, **times}, columns)


def call_from_anthropic(
    response: Any,
    *,
    started_at: datetime,
    ended_at: datetime | None = None,
    first_token_at: datetime | None = None,
    **columns: Any,
) -> WorkloadEvent:
    """Return the call of an Anthropic message; its input tokens count neither cache reads nor writes."""
    answer = _plain(response)
    usage = _part(answer, "usage")
    read, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    fresh = usage.get("input_tokens")
    by_life = _part(usage, "cache_creation")
    counted: dict[str, Any] = {
        "input_tokens": None if fresh is None else fresh + (read or 0) + (written or 0),
        "output_tokens": usage.get("output_tokens"),
        "cached_input_tokens": read,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": by_life.get("ephemeral_1h_input_tokens"),
        "service_tier": usage.get("service_tier"),
    }
    times = _times(started_at, ended_at, first_token_at)
    return _call(answer, "anthropic", {**counted, **times}, columns)


def prompt_hash(messages: Any) -> str:
    """Return the hash of a prompt: equal prompts have equal hashes."""
    return _digest(_text(messages))


def prefix_hashes(text_or_tokens: str | Sequence[int] | Any, *, block: int = BLOCK) -> list[str]:
    """Return one hash for each whole block from the start: two prompts share as many as their prefix has."""
    units = _units(text_or_tokens)
    hashed = hashlib.sha256()
    found: list[str] = []
    for first in range(0, len(units) - block + 1, block):
        part = units[first : first + block]
        hashed.update(part.encode() if isinstance(part, str) else json.dumps(list(part)).encode())
        found.append(hashed.copy().hexdigest()[: HASH_BYTES * 2])
    return found


def _units(text_or_tokens: Any) -> str | Sequence[int]:
    """Return what blocks are cut from: a text, tokens, or the text of messages."""
    if isinstance(text_or_tokens, list | tuple):
        listed = cast("Sequence[Any]", text_or_tokens)
        if all(isinstance(one, int) for one in listed):
            return listed
    return _text(text_or_tokens)


def _call(
    answer: Mapping[str, Any], provider: str, fields: Mapping[str, Any], columns: Mapping[str, Any]
) -> WorkloadEvent:
    known = {"id": answer.get("id"), "model": answer.get("model"), "provider": provider, "status": "ok"}
    every: dict[str, Any] = {**known, **fields, **columns}
    given: dict[str, Any] = {name: value for name, value in every.items() if value is not None}
    missing = [name for name in ("model", "input_tokens", "output_tokens") if name not in given]
    if missing:
        raise ValueError(f"the answer has no {', '.join(missing)}: ask for its usage, or give the columns")
    return WorkloadEvent(**given)


def _times(started_at: datetime, ended_at: datetime | None, first: datetime | None) -> dict[str, Any]:
    ended = ended_at or datetime.now(UTC)
    return {
        "timestamp": started_at,
        "latency_ms": _ms(started_at, ended),
        "ttft_ms": None if first is None else _ms(started_at, first),
    }


def _ms(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() * 1000)


def _plain(response: Any) -> Mapping[str, Any]:
    if isinstance(response, Mapping):
        return cast("Mapping[str, Any]", response)
    dump = getattr(response, "model_dump", None) or getattr(response, "to_dict", None)
    if dump is None:
        raise TypeError(f"an answer is a mapping or has model_dump(), not {type(response).__name__}")
    found: Mapping[str, Any] = dump()
    return found


def _part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return answer.get(name) or {}


def _first(usage: Mapping[str, Any], *names: str) -> Any:
    return next((usage[name] for name in names if usage.get(name) is not None), None)


def _text(messages: Any) -> str:
    return messages if isinstance(messages, str) else json.dumps(messages, sort_keys=True, ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[: HASH_BYTES * 2]
