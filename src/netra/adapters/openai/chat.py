"""The chat completions API: converts prompts to requests, and stream events to a draft."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from openai import AsyncOpenAI, AsyncStream

from netra.adapters.openai import stream_events
from netra.adapters.openai.draft import Draft
from netra.adapters.openai.schema import strict
from netra.ports.language_model import Prompt, PromptMessage, Usage


class ChatDialect:
    """Chat completions, which every compatible server supports."""

    def __init__(self, *, model: str, is_openai: bool) -> None:
        self._model = model
        # OpenAI's newer models reject the old name; not all other servers know the new one
        self._limit_name = "max_completion_tokens" if is_openai else "max_tokens"

    def begin(self, client: AsyncOpenAI, prompt: Prompt) -> Awaitable[AsyncStream[Any]]:
        """Send the request and return its events."""
        create = cast("Callable[..., Awaitable[AsyncStream[Any]]]", client.chat.completions.create)
        return create(**self._request(prompt))

    def read(self, event: object, draft: Draft) -> str:
        """Add an event to the draft and return its text. Raises `msgspec.ValidationError`."""
        chunk = stream_events.read(event, stream_events.ChatChunk)
        draft.model = draft.model or (chunk.model or "")
        if chunk.usage is not None:
            draft.usage = _counted(chunk.usage)
        for choice in chunk.choices or ():
            if not choice.index:
                return _add(choice, draft)
        return ""

    def _request(self, prompt: Prompt) -> dict[str, object]:
        request: dict[str, object] = {
            "model": self._model,
            "messages": [_message(message) for message in prompt.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            self._limit_name: prompt.max_output_tokens,
        }
        if prompt.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": dict(tool.parameters),
                    },
                }
                for tool in prompt.tools
            ]
        if prompt.answer_schema is not None:
            form = {"name": prompt.answer_name, "strict": True, "schema": strict(prompt.answer_schema)}
            request["response_format"] = {"type": "json_schema", "json_schema": form}
        return request


def _message(message: PromptMessage) -> dict[str, object]:
    sent: dict[str, object] = {"role": message.role, "content": message.text}
    if message.tool_call_id is not None:
        sent["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        sent["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments_json},
            }
            for call in message.tool_calls
        ]
    return sent


def _add(choice: stream_events.Choice, draft: Draft) -> str:
    draft.finish = choice.finish_reason or draft.finish
    delta = choice.delta or stream_events.Delta()
    if delta.refusal:
        draft.is_refused = True
    for position, call in enumerate(delta.tool_calls or ()):
        index = position if call.index is None else call.index
        kept = draft.call(index)
        kept.call_id = kept.call_id or (call.id or "")
        if call.function is not None:
            kept.name = kept.name or (call.function.name or "")
            draft.add_arguments(index, call.function.arguments or "")
    return draft.add_text(delta.content or "")


def _counted(usage: stream_events.ChatUsage) -> Usage:
    details = usage.prompt_tokens_details or stream_events.CachedTokens()
    return Usage(
        input_tokens=usage.prompt_tokens or 0,
        cached_input_tokens=min(details.cached_tokens or 0, usage.prompt_tokens or 0),
        output_tokens=usage.completion_tokens or 0,
        calls=1,
    )
