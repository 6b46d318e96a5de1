"""A language model, as the domain asks one: what is put to it, what comes back, and every way it can fail.

No vendor's words live here, and no rule about what may be asked or believed.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from netra.domain.errors import UpstreamFailed
from netra.domain.ids import RunId, UserId

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """The model's wish to have a tool run; nothing in it is trusted, not even that it is JSON."""

    call_id: str
    name: str
    arguments_json: str


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model may wish for; `parameters` is the JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]  # Any: a JSON schema


class PromptMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of the conversation; a `tool` one answers the call of an `assistant` one before it."""

    role: Role
    text: str
    tool_calls: tuple[ToolCall, ...] = ()  # of an assistant
    tool_call_id: str | None = None  # of a tool: which call this answers


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """All that is put to a model at once.

    With an `answer_schema` the text of the answer is JSON that was decoded and found to be an object
    with every field that the schema requires; whether the values are by it is for the asker to check.
    The schema requires every field it has and allows no others: providers take no looser ones.
    `owner_id` and `run_id` say on whose budgets it goes; they never leave the process.
    """

    messages: tuple[PromptMessage, ...]
    tools: tuple[Tool, ...] = ()
    answer_schema: Mapping[str, Any] | None = None  # Any: a JSON schema
    answer_name: str = "answer"  # names the schema: A-Z a-z 0-9 _ -
    max_output_tokens: int = 2_048
    deadline_s: float = 30.0  # from asking to the last piece, waits and repeats included
    owner_id: UserId | None = None
    run_id: RunId | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What was used; `input_tokens` includes the cached ones. `cost_usd` None is unknown, never zero."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    calls: int = 0  # requests sent, repeats included
    is_estimated: bool = False  # some tokens are guessed: a stream was cut before the provider counted

    def plus(self, other: "Usage") -> "Usage":
        """Return both together; an unknown cost makes the sum unknown."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            calls=self.calls + other.calls,
            is_estimated=self.is_estimated or other.is_estimated,
        )


class TextPiece(msgspec.Struct, frozen=True, kw_only=True):
    """Some more of the text, as it comes; nothing is known of the whole until the `Answer`."""

    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole, when it has ended well: text, or tool calls, or both."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage
    model: str  # as the provider names what answered
    finish_reason: Literal["stop", "tool_calls"]


class LanguageModelFailed(UpstreamFailed):
    """No usable answer; `usage` is what was spent on it all the same, `reason` the word for metrics."""

    reason: ClassVar[str] = "failed"

    def __init__(
        self, message: str, *, usage: Usage | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, reason=self.reason)
        self.usage = usage or Usage()
        self.retry_after_s = retry_after_s


class LanguageModelUnavailable(LanguageModelFailed):
    """It is down, cannot be reached, broke off, or was lately and is not asked until `retry_after_s`."""

    reason = "unavailable"


class LanguageModelTimedOut(LanguageModelFailed):
    """It did not answer, or not to the end, before the deadline."""

    reason = "timed_out"


class LanguageModelRateLimited(LanguageModelFailed):
    """The provider takes no more for now; it may say until when."""

    reason = "rate_limited"


class LanguageModelMisconfigured(LanguageModelFailed):
    """The provider does not take the key, the model's name or the request: asking again will not help."""

    reason = "misconfigured"


class LanguageModelRefused(LanguageModelFailed):
    """The model, or the provider's filter, declines to answer this."""

    reason = "refused"


class LanguageModelTruncated(LanguageModelFailed):
    """The answer ended at a limit, or its stream without saying that it had ended."""

    reason = "truncated"


class LanguageModelMalformed(LanguageModelFailed):
    """What came is no answer: broken JSON, not by the schema, an unknown tool, or nonsense on the wire."""

    reason = "malformed"


class LanguageModelOverBudget(LanguageModelFailed):
    """The run's or the user's tokens or money are used up; the provider was not asked."""

    reason = "over_budget"


class LanguageModel(Protocol):
    """One model behind one endpoint. Every adapter bounds time, size and how many ask at once."""

    @property
    def name(self) -> str:
        """The model's name, as results and metrics tell it."""
        ...

    def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Stream the text as it comes, then exactly one `Answer` that holds the whole, and end.

        Closing the generator, or cancelling whoever waits on it, ends the stream at the provider at
        once. Pieces may come before a failure: whoever shows them must be ready to take them back.
        Raises the errors above, while it is iterated, and no other; none of them holds a key, a
        prompt or an answer.
        """
        ...
