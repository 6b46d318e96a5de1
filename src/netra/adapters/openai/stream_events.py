"""The fields that are read from the vendor's stream events, validated.

The library builds its objects without validation; here each field is validated.
"""

from typing import Annotated, TypeVar

import msgspec

# a larger count is invalid, and would distort a sum
Tokens = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
Index = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
T = TypeVar("T")


class CachedTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the input that was cached."""

    cached_tokens: Tokens | None = None


class ChatUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Token counts of a chat completion."""

    prompt_tokens: Tokens | None = None
    completion_tokens: Tokens | None = None
    prompt_tokens_details: CachedTokens | None = None


class FunctionDelta(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of a function's name and arguments."""

    name: str | None = None
    arguments: str | None = None


class CallDelta(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of a tool call."""

    index: Index | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of a message."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[CallDelta, ...] | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of one choice."""

    index: Index | None = None
    delta: Delta | None = None
    finish_reason: str | None = None


class ChatChunk(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a chat completion."""

    model: str | None = None
    choices: tuple[Choice, ...] | None = None
    usage: ChatUsage | None = None


class ResponseUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Token counts of a response."""

    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    input_tokens_details: CachedTokens | None = None


class Incomplete(msgspec.Struct, frozen=True, kw_only=True):
    """Why a response is incomplete."""

    reason: str | None = None


class ResponseFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a response failed."""

    code: str | None = None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a response."""

    model: str | None = None
    status: str | None = None
    usage: ResponseUsage | None = None
    incomplete_details: Incomplete | None = None
    error: ResponseFailure | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The last event of a response, in every outcome."""

    response: Response


class TextDelta(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of the text."""

    delta: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A complete output item."""

    type: str
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class ItemDone(msgspec.Struct, frozen=True, kw_only=True):
    """The event for a complete output item."""

    item: Item
    output_index: Index | None = None


class StreamFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The event for an error."""

    code: str | None = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """The type of an event."""

    type: str


def read(event: object, kind: type[T]) -> T:
    """Return the event decoded as `kind`. Raises `msgspec.ValidationError` when it does not match."""
    return msgspec.convert(event, kind, from_attributes=True)
