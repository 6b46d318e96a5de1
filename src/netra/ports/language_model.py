"""A language model as the domain sees it: prompt, answer, and every possible failure.

Contains no vendor terms and no rules about what may be asked or trusted.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from netra.domain.errors import UpstreamFailed
from netra.domain.ids import RunId, UserId

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call requested by the model; untrusted, its arguments may not even be JSON."""

    call_id: str
    name: str
    arguments_json: str


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model may call; `parameters` is the JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, object]  # a JSON schema


class PromptMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the conversation; a `tool` message answers a call of an earlier `assistant` message."""

    role: Role
    text: str
    tool_calls: tuple[ToolCall, ...] = ()  # only for role assistant
    tool_call_id: str | None = None  # only for role tool: the call that this message answers


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A complete request to a model.

    With an `answer_schema` the answer's text is a JSON object that has every field the schema requires; the
    caller checks the values. The schema must require all of its fields and allow no others, because providers
    accept no looser schemas. `owner_id` and `run_id` name the budgets to charge; they never leave the
    process.
    """

    messages: tuple[PromptMessage, ...]
    tools: tuple[Tool, ...] = ()
    answer_schema: Mapping[str, Any] | None = None  # Any: a JSON schema
    answer_name: str = "answer"  # name of the schema; allowed characters: A-Z a-z 0-9 _ -
    max_output_tokens: int = 2_048
    deadline_s: float = 30.0  # seconds from the request to the last piece, retries and waits included
    owner_id: UserId | None = None
    run_id: RunId | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and cost of a request; `input_tokens` includes cached ones; `cost_usd` None means unknown."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    calls: int = 0  # requests sent, retries included
    # True: some tokens are estimated because a stream was cut before the provider counted
    is_estimated: bool = False

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum; an unknown cost makes the sum unknown."""
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
    """The next piece of the streamed text; unverified until the `Answer`."""

    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The complete answer of a successful request: text, tool calls, or both."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage
    model: str  # the model's name as the provider reports it
    finish_reason: Literal["stop", "tool_calls"]


class LanguageModelFailed(UpstreamFailed):
    """No usable answer; `usage` is what was spent anyway, `reason` the label in metrics."""

    reason: ClassVar[str] = "failed"

    def __init__(
        self, message: str, *, usage: Usage | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, reason=self.reason)
        self.usage = usage or Usage()
        self.retry_after_s = retry_after_s


class LanguageModelUnavailable(LanguageModelFailed):
    """The provider is down or unreachable, hung up, or its circuit is open until `retry_after_s`."""

    reason = "unavailable"


class LanguageModelTimedOut(LanguageModelFailed):
    """The answer was not complete before the deadline."""

    reason = "timed_out"


class LanguageModelRateLimited(LanguageModelFailed):
    """The provider's rate limit is reached; `retry_after_s` says until when, if known."""

    reason = "rate_limited"


class LanguageModelMisconfigured(LanguageModelFailed):
    """The provider rejects the key, the model's name or the request; a retry will not help."""

    reason = "misconfigured"


class LanguageModelRefused(LanguageModelFailed):
    """The model, or the provider's content filter, refused to answer."""

    reason = "refused"


class LanguageModelTruncated(LanguageModelFailed):
    """The answer was cut at a limit, or its stream ended without an end marker."""

    reason = "truncated"


class LanguageModelMalformed(LanguageModelFailed):
    """The answer is malformed: broken JSON, a schema violation, an unknown tool, or an invalid response."""

    reason = "malformed"


class LanguageModelOverBudget(LanguageModelFailed):
    """The token or cost budget of the run or the user is exhausted; no request was sent."""

    reason = "over_budget"


class LanguageModel(Protocol):
    """One model at one endpoint. Every adapter bounds time, size and concurrent requests."""

    @property
    def name(self) -> str:
        """The model's name in results and metrics."""
        ...

    def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Stream the text in pieces, then yield exactly one `Answer` with the whole text, and end.

        Closing the generator, or cancelling the task that waits on it, closes the provider's stream
        immediately. A failure may follow pieces already yielded, so a caller that shows pieces must be able
        to retract them. Iteration raises only the errors above; they never contain a key, a prompt or an
        answer.
        """
        ...
