"""The contract of `LanguageModel`, over the scripted one and over both dialects of OpenAI's wire format."""

import asyncio
import gc
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import AsyncGeneratorType

import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.language_model import Line, ScriptedLanguageModel
from netra.adapters.openai.connection import open_openai
from netra.adapters.openai.endpoint import Endpoint
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelFailed,
    Prompt,
    PromptMessage,
    TextPiece,
    Tool,
    ToolCall,
)

SYSTEM = PromptMessage(role="system", text="Answer in one sentence.")
ASKED = Prompt(messages=(SYSTEM, PromptMessage(role="user", text="What does caching save?")))
TOOL = Tool(
    name="profile",
    description="The workload's profile.",
    parameters={"type": "object", "properties": {"window": {"type": "string"}}, "required": ["window"]},
)
SCHEMA = {
    "type": "object",
    "properties": {"goal": {"type": "string"}},
    "required": ["goal"],
    "additionalProperties": False,
}
SERVED = pytest.mark.system
SENTENCE = "Prompt caching saves 12.5 % — about 42 € a month."


@dataclass(kw_only=True)
class Player:
    """A model, and how to put words into its mouth."""

    model: LanguageModel
    says: Callable[[str], object]
    calls: Callable[[str, Mapping[str, str]], object]
    fails: Callable[[], object]


def scripted() -> Player:
    lines: list[Line] = []

    def calls(name: str, arguments: Mapping[str, str]) -> None:
        lines.append((ToolCall(call_id="call-1", name=name, arguments_json=json.dumps(arguments)),))

    return Player(
        model=ScriptedLanguageModel(lambda _: lines.pop(0)),
        says=lines.append,
        calls=calls,
        fails=lambda: lines.append(LanguageModelFailed("The script says so.")),
    )


@pytest.fixture(
    params=["scripted", pytest.param("chat", marks=SERVED), pytest.param("responses", marks=SERVED)]
)
async def player(request: pytest.FixtureRequest) -> AsyncGenerator[Player]:
    if request.param == "scripted":
        yield scripted()
        return
    llmock = request.getfixturevalue("llmock")
    endpoint = Endpoint(model="gpt-4o", url=llmock.base_url(), key="k", api=request.param)
    async with open_openai(endpoint, clock=SystemClock()) as opened:
        yield Player(
            model=opened.model,
            says=llmock.reply,
            calls=llmock.call_tool,
            fails=lambda: llmock.fail(400),
        )


async def heard(model: LanguageModel, prompt: Prompt) -> tuple[list[str], Answer]:
    """Return the pieces and the answer; nothing follows it."""
    async with aclosing(model.ask(prompt)) as stream:
        items = [item async for item in stream]
    assert [type(item) for item in items] == [TextPiece] * (len(items) - 1) + [Answer]
    answer = items[-1]
    assert isinstance(answer, Answer)
    return [item.text for item in items[:-1] if isinstance(item, TextPiece)], answer


async def test_an_answer_comes_in_pieces_that_make_the_whole(player: Player) -> None:
    player.says(SENTENCE)
    pieces, answer = await heard(player.model, ASKED)
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text == SENTENCE
    assert (answer.finish_reason, answer.tool_calls) == ("stop", ())


async def test_an_answer_says_what_it_used(player: Player) -> None:
    player.says(SENTENCE)
    _, answer = await heard(player.model, ASKED)
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert (answer.usage.calls, answer.usage.is_estimated) == (1, False)
    assert answer.model


async def test_a_tool_is_asked_for_with_its_arguments(player: Player) -> None:
    player.calls("profile", {"window": "last week"})
    pieces, answer = await heard(player.model, Prompt(messages=ASKED.messages, tools=(TOOL,)))
    (call,) = answer.tool_calls
    assert (pieces, answer.finish_reason, call.name) == ([], "tool_calls", "profile")
    assert json.loads(call.arguments_json) == {"window": "last week"}
    assert call.call_id


async def test_what_a_tool_said_goes_back_to_the_model(player: Player) -> None:
    call = ToolCall(call_id="call-1", name="profile", arguments_json='{"window": "w"}')
    turns = (
        *ASKED.messages,
        PromptMessage(role="assistant", text="", tool_calls=(call,)),
        PromptMessage(role="tool", text='{"requests": 12}', tool_call_id="call-1"),
    )
    player.says("Twelve requests.")
    _, answer = await heard(player.model, Prompt(messages=turns, tools=(TOOL,)))
    assert answer.text == "Twelve requests."


async def test_an_answer_by_a_schema_is_its_json(player: Player) -> None:
    player.says('{"goal": "cheaper"}')
    _, answer = await heard(player.model, Prompt(messages=ASKED.messages, answer_schema=SCHEMA))
    assert json.loads(answer.text) == {"goal": "cheaper"}


async def test_a_failure_is_one_of_the_ports_own(player: Player) -> None:
    player.fails()
    with pytest.raises(LanguageModelFailed):
        await heard(player.model, ASKED)


async def test_who_closes_early_may_ask_again(player: Player) -> None:
    for _ in range(3):
        player.says(SENTENCE)
        async with aclosing(player.model.ask(ASKED)) as stream:
            first = await anext(stream)
        assert isinstance(first, TextPiece)
    player.says(SENTENCE)
    assert (await heard(player.model, ASKED))[1].text == SENTENCE


async def test_who_closes_early_leaves_nothing_to_the_collector(player: Player) -> None:
    gc.collect()
    gc.disable()
    try:
        player.says(SENTENCE)
        async with aclosing(player.model.ask(ASKED)) as stream:
            await anext(stream)
        for _ in range(100):  # what is let go by its last holder ends in the loop's next turns
            await asyncio.sleep(0)
        left = [one for one in gc.get_objects() if isinstance(one, AsyncGeneratorType) and one.ag_frame]
    finally:
        gc.enable()
    assert not [one for one in left if "httpx" in one.ag_code.co_filename]


async def test_a_name_says_which_model_it_is(player: Player) -> None:
    assert player.model.name
