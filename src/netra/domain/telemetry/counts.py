"""The token counts of one record, in Netra's convention, from attributes and usage objects of any dialect."""

from collections.abc import Mapping
from typing import Final

from netra.domain.telemetry import attribute_names as names
from netra.domain.telemetry.dialects import convention_of
from netra.domain.telemetry.recognition import event_names
from netra.domain.telemetry.records import Attributes, Record
from netra.domain.telemetry.usage import (
    EXCLUSIVE,
    INCLUSIVE,
    Convention,
    Note,
    Usage,
    filled,
    settled,
    usage_in,
)
from netra.domain.telemetry.values import count_of, first_count, numbers_in, numbers_of_text, object_of

_LANGFUSE: Final = "langfuse.observation.usage_details"
_USAGE_METADATA: Final = '"usage_metadata"'
_BESIDE: Final = Convention(is_reasoning_beside=True)


def counts_of(record: Record) -> tuple[Usage, tuple[Note, ...]]:
    """Return the counts in Netra's convention and what was corrected in them."""
    attributes = record.attributes
    convention = _convention(record)
    if _LANGFUSE in attributes:
        usage, convention = langfuse_usage(attributes[_LANGFUSE])
    else:
        usage = _usage_of_attributes(attributes)
    for name in names.USAGE_OBJECTS:
        if (value := attributes.get(name)) is not None:
            usage, convention = _with_object(usage, convention, _numbers_of(name, value), attributes)
    return settled(usage, convention)


def _numbers_of(name: str, value: object) -> dict[str, float]:
    """Return the numbers of a usage object; of a whole answer only those of its usage."""
    if not name.endswith("llm_response") or not isinstance(value, str):
        return numbers_in(value)
    begin = value.rfind(_USAGE_METADATA)
    return {} if begin < 0 else numbers_of_text(value[begin:])


def langfuse_usage(value: object) -> tuple[Usage, Convention]:
    """Return the counts in Langfuse's usage details, whose buckets exclude each other under its own keys."""
    numbers = numbers_in(value)
    if "input" not in numbers and "output" not in numbers:
        usage = usage_in(numbers)
        is_anthropic = "cache_read_input_tokens" in numbers or "cache_creation_input_tokens" in numbers
        nested = any(isinstance(item, Mapping) for item in object_of(value).values())
        return usage, EXCLUSIVE if is_anthropic and not nested else INCLUSIVE
    parts_in = {name: count for name, count in numbers.items() if "input" in name and name != "input"}
    parts_out = {name: count for name, count in numbers.items() if "output" in name and name != "output"}
    cached = _sum(parts_in, ("cached", "cache_read"))
    written = _sum(parts_in, ("creation", "write"))
    reasoning = _sum(parts_out, ("reasoning", "thought"))
    base_in, base_out = count_of(numbers.get("input", 0)), count_of(numbers.get("output", 0))
    total = count_of(numbers.get("total"))
    usage = Usage(
        input_tokens=base_in,
        output_tokens=base_out,
        cached=cached,
        written=written,
        reasoning=reasoning,
        total=total,
    )
    is_summed = total is not None and total == (base_in or 0) + (base_out or 0)
    if is_summed and not any("cache_read_input" in name for name in parts_in):
        return usage, INCLUSIVE
    return usage, Convention(is_input_exclusive=True, is_reasoning_beside=True)


def _sum(parts: Mapping[str, float], marks: tuple[str, ...]) -> int | None:
    found = [count for name, count in parts.items() if any(mark in name for mark in marks)]
    return count_of(sum(found)) if found else None


def _usage_of_attributes(attributes: Attributes) -> Usage:
    return Usage(
        input_tokens=first_count(attributes, names.INPUT),
        output_tokens=first_count(attributes, names.OUTPUT),
        cached=first_count(attributes, names.CACHED),
        written=first_count(attributes, names.WRITTEN),
        written_1h=first_count(attributes, names.WRITTEN_1H) or None,
        reasoning=first_count(attributes, names.REASONING),
        total=first_count(attributes, names.TOTAL),
    )


def _convention(record: Record) -> Convention:
    listed = convention_of(record.scope, record.version)
    if listed is not INCLUSIVE or not record.is_log:
        return listed
    found = event_names(record)
    if any(name.startswith("claude_code.") for name in found):
        return EXCLUSIVE
    return _BESIDE if any(name.startswith("gemini_cli.") for name in found) else listed


def _with_object(
    usage: Usage, convention: Convention, numbers: Mapping[str, float], attributes: Attributes
) -> tuple[Usage, Convention]:
    """Add what only the provider's own usage object says, and see by it whether input excludes the cache."""
    inner = usage_in(numbers)
    is_anthropic = "cache_read_input_tokens" in numbers and "input_tokens" in numbers
    is_inclusive_object = "langsmith.metadata.usage_metadata" in attributes or "prompt_tokens" in numbers
    has_same_input = inner.input_tokens is not None and inner.input_tokens == usage.input_tokens
    if is_anthropic and has_same_input and not is_inclusive_object and (inner.cached or inner.written):
        convention = EXCLUSIVE
    if usage.input_tokens is not None and not has_same_input:  # sums of another convention stay out
        inner = Usage(
            cached=inner.cached,
            written=inner.written,
            written_1h=inner.written_1h,
            reasoning=inner.reasoning,
            total=_total_of_gemini(numbers),
        )
    return filled(usage, inner), convention


def _total_of_gemini(numbers: Mapping[str, float]) -> int | None:
    return count_of(numbers.get("total_token_count"))
