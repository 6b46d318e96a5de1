"""An answer in progress: gathers pieces within bounds, and validates the complete answer."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from netra.ports.language_model import (
    Answer,
    LanguageModelMalformed,
    LanguageModelRefused,
    LanguageModelTruncated,
    Prompt,
    ToolCall,
    Usage,
)

CHARS_PER_TOKEN_MAX: Final = 64  # characters; the longest tokens are runs of spaces of about this length
TOOL_CALLS_MAX: Final = 64
ENDED: Final = frozenset({"stop", "tool_calls", "function_call"})
CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens"})


@dataclass(kw_only=True)
class DraftCall:
    """A tool call whose arguments are still arriving."""

    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


@dataclass(kw_only=True)
class Draft:
    """The pieces received so far."""

    chars_max: int
    texts: list[str] = field(default_factory=list[str])
    calls: dict[int, DraftCall] = field(default_factory=dict[int, DraftCall])
    chars: int = 0
    is_sent: bool = False
    events: int = 0
    finish: str | None = None
    is_refused: bool = False
    model: str = ""
    usage: Usage | None = None  # as counted by the provider, without the cost

    def add_text(self, text: str) -> str:
        """Append text and return it."""
        self._grow(len(text))
        if text:
            self.texts.append(text)
        return text

    def call(self, index: int) -> DraftCall:
        """Return the call at `index`, creating it if missing."""
        if index not in self.calls and len(self.calls) >= TOOL_CALLS_MAX:
            raise LanguageModelMalformed(
                f"The language model requested more than {TOOL_CALLS_MAX} tool calls."
            )
        return self.calls.setdefault(index, DraftCall())

    def add_arguments(self, index: int, text: str) -> None:
        """Append to a call's arguments."""
        self._grow(len(text))
        self.call(index).arguments.append(text)

    def _grow(self, chars: int) -> None:
        self.chars += chars
        if self.chars > self.chars_max:
            raise LanguageModelMalformed("The answer is longer than its token limit allows.")

    def written(self) -> str:
        """Return everything that the model wrote, text and arguments."""
        return "".join([*self.texts, *("".join(call.arguments) for call in self.calls.values())])


def draft_for(prompt: Prompt) -> Draft:
    """Return an empty draft with the limits of `prompt`."""
    return Draft(chars_max=prompt.max_output_tokens * CHARS_PER_TOKEN_MAX)


def answered(draft: Draft, prompt: Prompt, *, model: str, usage: Usage) -> Answer:
    """Return the draft as an answer. Raises the failure when the answer is not usable."""
    _check_end(draft, prompt)
    text = "".join(draft.texts)
    calls = tuple(_called(draft.calls[index], prompt) for index in sorted(draft.calls))
    if not calls and not text.strip():
        raise LanguageModelMalformed("The language model's answer was empty.")
    if prompt.answer_schema is not None and not calls:
        fields = _object(text, what="the answer")
        if not fields.keys() >= set(prompt.answer_schema.get("required", ())):
            raise LanguageModelMalformed("The answer lacks fields that its schema requires.")
    return Answer(
        text=text,
        tool_calls=calls,
        usage=usage,
        model=draft.model or model,
        finish_reason="tool_calls" if calls else "stop",
    )


def _check_end(draft: Draft, prompt: Prompt) -> None:
    if not draft.events:
        raise LanguageModelMalformed("The endpoint's response is not a stream of an answer.")
    if draft.is_refused or draft.finish == "content_filter":
        raise LanguageModelRefused("The language model refused to answer.")
    if draft.finish is None:
        raise LanguageModelTruncated("The answer's stream ended before the answer was complete.")
    # llama.cpp's Responses API reports a truncated answer as complete, seen in November 2026
    is_full = draft.usage is not None and draft.usage.output_tokens >= prompt.max_output_tokens
    if draft.finish in CUT or is_full:
        raise LanguageModelTruncated("The answer was cut at its token limit.")
    if draft.finish not in ENDED:
        raise LanguageModelMalformed("The answer ended for an unknown reason.")


def _called(call: DraftCall, prompt: Prompt) -> ToolCall:
    if not call.call_id or call.name not in {tool.name for tool in prompt.tools}:
        raise LanguageModelMalformed("The language model requested a tool that it was not offered.")
    arguments = "".join(call.arguments) or "{}"
    _object(arguments, what="a tool's arguments")
    return ToolCall(call_id=call.call_id, name=call.name, arguments_json=arguments)


def _object(text: str, *, what: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        raise LanguageModelMalformed(f"The language model wrote invalid JSON for {what}.") from None
