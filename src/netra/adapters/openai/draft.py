"""An answer while it comes: pieces gathered under bounds, and what must hold before they are one."""

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

CHARS_PER_TOKEN_MAX: Final = 64  # the longest tokens are runs of spaces about so long
TOOL_CALLS_MAX: Final = 64
ENDED: Final = frozenset({"stop", "tool_calls", "function_call"})
CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens"})


@dataclass(kw_only=True)
class DraftCall:
    """A tool call whose arguments are still coming."""

    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


@dataclass(kw_only=True)
class Draft:
    """What has come so far."""

    chars_max: int
    texts: list[str] = field(default_factory=list[str])
    calls: dict[int, DraftCall] = field(default_factory=dict[int, DraftCall])
    chars: int = 0
    is_sent: bool = False
    events: int = 0
    finish: str | None = None
    is_refused: bool = False
    model: str = ""
    usage: Usage | None = None  # as the provider counts, before the price

    def add_text(self, text: str) -> str:
        """Keep and return some more of the text."""
        self._grow(len(text))
        if text:
            self.texts.append(text)
        return text

    def call(self, index: int) -> DraftCall:
        """Return the call at `index`, a new one when there is none."""
        if index not in self.calls and len(self.calls) >= TOOL_CALLS_MAX:
            raise LanguageModelMalformed(f"The language model asks for more than {TOOL_CALLS_MAX} tools.")
        return self.calls.setdefault(index, DraftCall())

    def add_arguments(self, index: int, text: str) -> None:
        """Keep some more of a call's arguments."""
        self._grow(len(text))
        self.call(index).arguments.append(text)

    def _grow(self, chars: int) -> None:
        self.chars += chars
        if self.chars > self.chars_max:
            raise LanguageModelMalformed("The answer is longer than any answer of that many tokens can be.")

    def written(self) -> str:
        """Return all that the model wrote, words and arguments."""
        return "".join([*self.texts, *("".join(call.arguments) for call in self.calls.values())])


def draft_for(prompt: Prompt) -> Draft:
    """Return an empty draft that holds what `prompt` allows."""
    return Draft(chars_max=prompt.max_output_tokens * CHARS_PER_TOKEN_MAX)


def answered(draft: Draft, prompt: Prompt, *, model: str, usage: Usage) -> Answer:
    """Return the draft as an answer. Raises the failure that it is when it is none."""
    _check_end(draft, prompt)
    text = "".join(draft.texts)
    calls = tuple(_called(draft.calls[index], prompt) for index in sorted(draft.calls))
    if not calls and not text.strip():
        raise LanguageModelMalformed("The language model said nothing.")
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
        raise LanguageModelMalformed("What the endpoint sent is no stream of an answer.")
    if draft.is_refused or draft.finish == "content_filter":
        raise LanguageModelRefused("The language model declines to answer.")
    if draft.finish is None:
        raise LanguageModelTruncated("The answer broke off without an end.")
    # llama.cpp's Responses call an answer complete that was cut, seen in November 2026
    is_full = draft.usage is not None and draft.usage.output_tokens >= prompt.max_output_tokens
    if draft.finish in CUT or is_full:
        raise LanguageModelTruncated("The answer was cut at its limit of tokens.")
    if draft.finish not in ENDED:
        raise LanguageModelMalformed("The answer ended in a way that nobody knows.")


def _called(call: DraftCall, prompt: Prompt) -> ToolCall:
    if not call.call_id or call.name not in {tool.name for tool in prompt.tools}:
        raise LanguageModelMalformed("The language model asks for a tool that it was not offered.")
    arguments = "".join(call.arguments) or "{}"
    _object(arguments, what="a tool's arguments")
    return ToolCall(call_id=call.call_id, name=call.name, arguments_json=arguments)


def _object(text: str, *, what: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        raise LanguageModelMalformed(f"The language model wrote broken JSON for {what}.") from None
