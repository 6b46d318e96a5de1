"""A scripted language model: deterministic answers, without a network."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable

from netra.ports.language_model import Answer, LanguageModelFailed, Prompt, TextPiece, ToolCall, Usage

Line = str | tuple[ToolCall, ...] | LanguageModelFailed


class ScriptedLanguageModel:
    """`LanguageModel` whose answers come from `script`; each word counts as one token, the cost is zero."""

    name = "scripted"

    def __init__(self, script: Callable[[Prompt], Line]) -> None:
        self._script = script
        self.prompts: list[Prompt] = []  # all prompts so far, in order
        self.pieces = 0  # number of pieces created so far
        self.streaming = 0  # number of answers in progress

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Stream the next line, one word at a time."""
        self.prompts.append(prompt)
        self.streaming += 1
        try:
            line = self._script(prompt)
            if isinstance(line, LanguageModelFailed):
                raise line
            text, calls = (line, ()) if isinstance(line, str) else ("", line)
            words = re.findall(r"\S+\s*|\s+", text)
            for word in words:
                await asyncio.sleep(0)
                self.pieces += 1
                yield TextPiece(text=word)
            usage = Usage(input_tokens=_words(prompt), output_tokens=len(words), calls=1)
            yield Answer(
                text=text,
                tool_calls=calls,
                usage=usage,
                model=self.name,
                finish_reason="tool_calls" if calls else "stop",
            )
        finally:
            self.streaming -= 1


def _words(prompt: Prompt) -> int:
    return sum(len(message.text.split()) for message in prompt.messages)
