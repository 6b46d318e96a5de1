"""Token counts of one call, brought to Netra's convention: parts are inside their sums.

`usage_of` reads a provider's own usage object; `settled` applies the emitter's convention, which arithmetic
overrules; each correction leaves a note.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.telemetry.values import count_of, numbers_in


class Note(enum.StrEnum):
    """What was corrected in the counts of one call, or is missing from them."""

    EXCLUSIVE_BY_DIALECT = "input_excluded_cache"
    EXCLUSIVE_BY_ARITHMETIC = "arithmetic_says_input_excluded_cache"
    REASONING_ADDED = "output_excluded_reasoning"
    REASONING_BY_TOTAL = "total_says_output_lacks_reasoning"
    CACHE_UNKNOWN = "cached_tokens_are_not_sent"
    PARTS_DROPPED = "parts_exceed_their_sum"
    ESTIMATED = "counts_are_estimated_by_the_emitter"


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The counts as an emitter sent them; None where absent."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached: int | None = None
    written: int | None = None
    written_1h: int | None = None
    reasoning: int | None = None
    total: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the emitter sent counts at all; 0 in and 0 out is no count."""
        return bool(self.input_tokens or self.output_tokens)


class Convention(msgspec.Struct, frozen=True, kw_only=True):
    """What an emitter's sums leave out."""

    is_input_exclusive: bool = False  # input counts neither cache reads nor cache writes
    is_reasoning_beside: bool = False  # output does not count reasoning
    loses_cache: bool = False  # sends exclusive input, and for some calls no cached tokens


INCLUSIVE: Final = Convention()
EXCLUSIVE: Final = Convention(is_input_exclusive=True)

_INPUT: Final = (
    "input_tokens",
    "prompt_tokens",
    "inputTokens",
    "promptTokens",
    "prompt_token_count",
    "promptTokenCount",
    "inputTokenCount",
)
_OUTPUT: Final = (
    "output_tokens",
    "completion_tokens",
    "outputTokens",
    "completionTokens",
    "candidates_token_count",
    "candidatesTokenCount",
    "outputTokenCount",
)
_CACHED: Final = (
    "cache_read_input_tokens",
    "cacheReadInputTokens",
    "cacheReadInputTokenCount",
    "cached_tokens",
    "cachedTokens",
    "cachedPromptTokens",
    "cache_read",
    "cached_content_token_count",
    "cachedContentTokenCount",
    "prompt_cache_hit_tokens",
)
_WRITTEN: Final = (
    "cache_creation_input_tokens",
    "cacheCreationInputTokens",
    "cacheWriteInputTokens",
    "cacheWriteInputTokenCount",
    "cache_write_tokens",
    "cacheWriteTokens",
    "cache_creation_tokens",
    "cache_creation",
)
_EPHEMERAL: Final = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_REASONING: Final = (
    "reasoning_tokens",
    "reasoningTokens",
    "thoughts_token_count",
    "thoughtsTokenCount",
    "reasoning",
)
_TOTAL: Final = ("total_tokens", "totalTokens", "total_token_count", "totalTokenCount")


def usage_of(value: object) -> Usage:  # Any: an object, its JSON text, or a Python literal of it
    """Return the counts in a provider's usage object, by the leaf names of any provider."""
    return usage_in(numbers_in(value))


def usage_in(numbers: Mapping[str, float]) -> Usage:
    """Return the counts among named numbers."""
    written = _count(numbers, _WRITTEN)
    ephemeral = [count for name in _EPHEMERAL if (count := count_of(numbers.get(name))) is not None]
    return Usage(
        input_tokens=_count(numbers, _INPUT),
        output_tokens=_count(numbers, _OUTPUT),
        cached=_count(numbers, _CACHED),
        written=written or (sum(ephemeral) if any(ephemeral) else written),
        written_1h=count_of(numbers.get("ephemeral_1h_input_tokens")),
        reasoning=_count(numbers, _REASONING),
        total=_count(numbers, _TOTAL),
    )


def filled(usage: Usage, other: Usage) -> Usage:
    """Return `usage` with the counts that only `other` has; a write of 0 yields to a known one."""
    return Usage(
        input_tokens=_either(usage.input_tokens, other.input_tokens),
        output_tokens=_either(usage.output_tokens, other.output_tokens),
        cached=_either(usage.cached, other.cached),
        written=usage.written or _either(other.written, usage.written),
        written_1h=_either(usage.written_1h, other.written_1h),
        reasoning=_either(usage.reasoning, other.reasoning),
        total=_either(usage.total, other.total),
    )


def settled(usage: Usage, convention: Convention = INCLUSIVE) -> tuple[Usage, tuple[Note, ...]]:
    """Return the counts in Netra's convention, and what was corrected.

    >>> told = Usage(input_tokens=176, cached=1024, written=512, output_tokens=300)
    >>> settled(told)[0].input_tokens
    1712
    """
    notes: list[Note] = []
    usage = _with_all_input(usage, convention, notes)
    usage = _with_all_output(usage, convention, notes)
    return _with_sound_parts(usage, notes), tuple(notes)


def is_exclusive_by_arithmetic(usage: Usage) -> bool:
    """Return whether the counts can only mean that input excludes what caches served and stored."""
    parts = (usage.cached or 0) + (usage.written or 0)
    if not parts or usage.input_tokens is None:
        return False
    if parts > usage.input_tokens:
        return True
    return usage.total == usage.input_tokens + parts + (usage.output_tokens or 0)


def _with_all_input(usage: Usage, convention: Convention, notes: list[Note]) -> Usage:
    parts = (usage.cached or 0) + (usage.written or 0)
    if usage.input_tokens is None:
        return usage
    if convention.is_input_exclusive:
        if usage.cached is None and usage.written is None:
            if convention.loses_cache:
                notes.append(Note.CACHE_UNKNOWN)
            return usage
        if parts:
            notes.append(Note.EXCLUSIVE_BY_DIALECT)
    elif is_exclusive_by_arithmetic(usage):
        notes.append(Note.EXCLUSIVE_BY_ARITHMETIC)
    else:
        return usage
    return msgspec.structs.replace(usage, input_tokens=usage.input_tokens + parts)


def _with_all_output(usage: Usage, convention: Convention, notes: list[Note]) -> Usage:
    if usage.output_tokens is None or Note.CACHE_UNKNOWN in notes:
        return usage
    reasoning = usage.reasoning or 0
    beyond = 0 if usage.total is None else usage.total - (usage.input_tokens or 0) - usage.output_tokens
    if reasoning > usage.output_tokens or (convention.is_reasoning_beside and reasoning):
        notes.append(Note.REASONING_ADDED)
        return msgspec.structs.replace(usage, output_tokens=usage.output_tokens + reasoning)
    if beyond > 0 and usage.output_tokens and reasoning in (0, beyond):
        notes.append(Note.REASONING_BY_TOTAL)
        return msgspec.structs.replace(
            usage, output_tokens=usage.output_tokens + beyond, reasoning=reasoning or beyond
        )
    return usage


def _with_sound_parts(usage: Usage, notes: list[Note]) -> Usage:
    """Drop parts that cannot be parts of their sums; an unknown part is better than a wrong one."""
    written = usage.written
    if (usage.written_1h or 0) > (written or 0):
        written = usage.written_1h
    if (usage.cached or 0) + (written or 0) > (usage.input_tokens or 0):
        notes.append(Note.PARTS_DROPPED)
        return msgspec.structs.replace(usage, cached=None, written=None, written_1h=None)
    return msgspec.structs.replace(usage, written=written)


def _count(numbers: Mapping[str, float], names: tuple[str, ...]) -> int | None:
    for name in names:
        if name in numbers and (count := count_of(numbers[name])) is not None:
            return count
    return None


def _either(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
