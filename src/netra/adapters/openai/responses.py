"""The Responses API: converts prompts to requests, and stream events to a draft; stores nothing there."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, cast

from openai import AsyncOpenAI, AsyncStream

from netra.adapters.openai import stream_events
from netra.adapters.openai.draft import Draft
from netra.adapters.openai.schema import strict
from netra.adapters.openai.translation import of_code
from netra.ports.language_model import Prompt, PromptMessage, Usage

ENDINGS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesDialect:
    """OpenAI's newer API."""

    def __init__(self, *, model: str) -> None:
        self._model = model

    def begin(self, client: AsyncOpenAI, prompt: Prompt) -> Awaitable[AsyncStream[Any]]:
        """Send the request and return its events."""
        create = cast("Callable[..., Awaitable[AsyncStream[Any]]]", client.responses.create)
        return create(**self._request(prompt))

    def read(self, event: object, draft: Draft) -> str:
        """Add an event to the draft and return its text.

        Raises `msgspec.ValidationError` for an invalid event, and the failure that the provider reports.
        """
        kind = stream_events.read(event, stream_events.Kind).type
        if kind == "response.output_text.delta":
            return draft.add_text(stream_events.read(event, stream_events.TextDelta).delta)
        if kind == "response.output_item.done":
            _add(stream_events.read(event, stream_events.ItemDone), draft)
        elif kind.startswith("response.refusal."):
            draft.is_refused = True
        elif kind in ENDINGS:
            _end(stream_events.read(event, stream_events.Ended).response, draft)
        elif kind == "error":
            raise of_code(stream_events.read(event, stream_events.StreamFailed).code)
        return ""

    def _request(self, prompt: Prompt) -> dict[str, object]:
        request: dict[str, object] = {
            "model": self._model,
            "input": [item for message in prompt.messages for item in _items(message)],
            "stream": True,
            "store": False,
            "max_output_tokens": prompt.max_output_tokens,
        }
        if prompt.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                    "strict": False,
                }
                for tool in prompt.tools
            ]
        if prompt.answer_schema is not None:
            schema = strict(prompt.answer_schema)
            form = {"type": "json_schema", "name": prompt.answer_name, "strict": True, "schema": schema}
            request["text"] = {"format": form}
        return request


def _items(message: PromptMessage) -> Iterable[dict[str, object]]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}
        return
    if message.text or not message.tool_calls:
        yield {"role": message.role, "content": message.text}
    for call in message.tool_calls:
        yield {
            "type": "function_call",
            "call_id": call.call_id,
            "name": call.name,
            "arguments": call.arguments_json,
        }


def _add(done: stream_events.ItemDone, draft: Draft) -> None:
    item = done.item
    if item.type != "function_call":
        return
    index = len(draft.calls) if done.output_index is None else done.output_index
    call = draft.call(index)
    call.call_id, call.name = item.call_id or "", item.name or ""
    draft.add_arguments(index, item.arguments or "")


def _end(response: stream_events.Response, draft: Draft) -> None:
    draft.model = response.model or ""
    if response.usage is not None:
        draft.usage = _counted(response.usage)
    if response.status == "failed":
        raise of_code(None if response.error is None else response.error.code)
    if response.status == "completed":
        draft.finish = "stop"
    elif response.incomplete_details is not None:
        draft.finish = response.incomplete_details.reason


def _counted(usage: stream_events.ResponseUsage) -> Usage:
    details = usage.input_tokens_details or stream_events.CachedTokens()
    return Usage(
        input_tokens=usage.input_tokens or 0,
        cached_input_tokens=min(details.cached_tokens or 0, usage.input_tokens or 0),
        output_tokens=usage.output_tokens or 0,
        calls=1,
    )
