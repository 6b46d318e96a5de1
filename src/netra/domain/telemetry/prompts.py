"""The prompt of a call as one text to be hashed, from whatever attributes an emitter puts it in.

Nothing here is kept: the text goes to `np1` and is forgotten. A prompt that was cut or redacted on its way is
not hashed, since its hash would match nothing.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.json_values import is_array, is_object, is_series
from netra.domain.telemetry.records import Attributes

CONTENT_MAX: Final = 749_999  # characters of one value; Anthropic's SDK cuts at 750,000 bytes
MESSAGES_MAX: Final = 10_000  # messages of one prompt that are read
_UNIT, _RECORD = "\x1f", "\x1e"
_REDACTED: Final = ("redacted-by-litellm", "__REDACTED__", "[REDACTED]", "<redacted>")
_INDEXED: Final = re.compile(r"^(?:llm\.input_messages\.(\d+)\.message|gen_ai\.prompt\.(\d+))\.(.+)$")
_TOOL: Final = re.compile(r"^llm\.tools\.(\d+)\.tool\.json_schema$")
_INDEXED_FROM: Final = ("llm.input_messages.", "gen_ai.prompt.")  # a look-up that spares most a match
_TOOL_FROM: Final = "llm.tools."
_WHOLE: Final = (
    "gen_ai.input.messages",
    "ai.prompt.messages",
    "gen_ai.prompt",
    "langfuse.observation.input",
    "gcp.vertex.agent.llm_request",
)
_TOOLS: Final = ("gen_ai.tool.definitions", "ai.prompt.tools", "gen_ai.request.tools")

Message = tuple[str, Sequence[str]]  # role and parts


def prompt_text(
    tools: Sequence[object],
    system: object,
    messages: Sequence[Message],
) -> str:
    """Return a prompt as the provider sees it: tools, system, messages, in order."""
    parts = [f"T{_UNIT}{_dumps(tool)}{_RECORD}" for tool in tools]
    if system:
        parts.append(f"S{_UNIT}{_dumps(system)}{_RECORD}")
    parts += [f"M{_UNIT}{role}{_UNIT}{_UNIT.join(each)}{_RECORD}" for role, each in messages]
    return "".join(parts)


def prompt_of(attributes: Attributes) -> str | None:
    """Return the prompt among a span's attributes, or None without a complete one."""
    whole = next((attributes[name] for name in _WHOLE if name in attributes), None)
    system = _decoded(attributes.get("gen_ai.system_instructions"))
    tools = next((attributes[name] for name in _TOOLS if name in attributes), None)
    if whole is None:
        messages = _indexed(attributes)
        tools = [value for _, value in _tools_of(attributes)] or tools
        return _checked(tools, system, messages)
    found = _decoded(whole)
    if is_object(found):
        system = system or found.get("system") or _config(found).get("system_instruction")
        tools = tools or found.get("tools") or _config(found).get("tools")
        found = found.get("messages") or found.get("contents") or found.get("prompt")
    return _checked(tools, system, found)


def prompt_of_messages(messages: object, tools: object = None, system: object = None) -> str | None:
    """Return the prompt of a request's own fields; None where it is not whole."""
    return _checked(tools, system, messages)


def _checked(tools: object, system: object, messages: object) -> str | None:
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not is_series(messages) or not messages or len(messages) > MESSAGES_MAX:
        return None
    read = [message_of(message) for message in messages]
    text = prompt_text(_list_of_tools(tools), system, read)
    return None if any(mark in text for mark in _REDACTED) else text


def message_of(message: object) -> Message:
    """Return role and parts of a message of OpenAI, Anthropic, Gemini, Vercel or OpenTelemetry."""
    if not is_object(message):
        return "user", [_dumps(message)]
    role = str(message.get("role") or message.get("type") or "user")
    content = message.get("parts", message.get("contents", message.get("content")))
    items = content if is_array(content) else [] if content is None else [content]
    parts = [_part(item) for item in items]
    parts += [_part(call) for call in message.get("tool_calls") or ()]
    return role, parts


def _part(part: object) -> str:
    if not is_object(part):
        return _dumps(part)
    called: object = part.get("function_call") or part.get("function")
    return _part_of(called if is_object(called) else part)


def _part_of(part: Mapping[str, Any]) -> str:  # Any: JSON
    for name in ("text", "content", "thinking"):
        if isinstance(text := part.get(name), str):
            return text
    if (
        "name" in part
        and (arguments := part.get("arguments", part.get("input", part.get("args")))) is not None
    ):
        return f"{part['name']}{_UNIT}{_dumps(arguments)}"
    for name in ("image_url", "source", "uri", "data", "file", "input_audio", "inline_data", "image"):
        if part.get(name) is not None:
            return hashlib.sha256(_dumps(part[name]).encode(errors="replace")).hexdigest()
    return _dumps(part)


def _indexed(attributes: Attributes) -> list[Attributes]:
    """Return the messages of numbered attributes, as OpenInference and older OpenLLMetry send them."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        match = _INDEXED.match(name) if name.startswith(_INDEXED_FROM) else None
        if match is None or len(str(value)) > CONTENT_MAX:
            continue
        message = found.setdefault(int(match[1] or match[2]), {"parts": {}})
        if match[3] == "role":
            message["role"] = value
        elif not match[3].endswith(("mime_type", ".type", ".id")):
            message["parts"][_place(match[3])] = value
    return [
        {"role": found[at].get("role"), "parts": [value for _, value in sorted(found[at]["parts"].items())]}
        for at in sorted(found)
    ]


def _place(name: str) -> tuple[int | str, ...]:
    """Return a key that sorts `contents.10` after `contents.9`, and names before values."""
    return tuple(f"{int(part):06d}" if part.isdigit() else part for part in name.split("."))


def _tools_of(attributes: Attributes) -> list[tuple[int, Any]]:
    named = (_TOOL.match(name) for name in attributes if name.startswith(_TOOL_FROM))
    found = [(int(match[1]), attributes[match[0]]) for match in named if match]
    return sorted(found, key=lambda tool: tool[0])


def _list_of_tools(tools: object) -> Sequence[object]:  # Any: JSON, or its text
    found = _decoded(tools)
    return found if is_array(found) else [] if found is None else [found]


def _config(found: Attributes) -> Attributes:
    config = found.get("config")
    return config if is_object(config) else {}


def _decoded(value: object) -> Any:  # Any: a value, or its JSON text
    """Return the value of JSON text; None for text that was cut, so that it is no JSON any more."""
    if not isinstance(value, str):
        return value
    if len(value) > CONTENT_MAX:
        return None
    if not value.startswith(("[", "{")):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _dumps(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
