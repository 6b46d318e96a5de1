"""A real model on this machine's CPU, by llama.cpp's own server: small, slow, and no mock of ours."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from tests.servers.small_model_server import SmallModel
from tests.waiting import until

from netra.adapters.local.clock import SystemClock
from netra.adapters.openai.breaker import Breaker
from netra.adapters.openai.connection import Opened, open_openai
from netra.adapters.openai.endpoint import Endpoint
from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.language.briefing import as_data
from netra.domain.agents.language.masks import Json
from netra.domain.agents.language.page import Material, Page
from netra.domain.agents.language.tongues import Tongue
from netra.ports.language_model import (
    Answer,
    LanguageModelMisconfigured,
    LanguageModelTruncated,
    LanguageModelUnavailable,
    Prompt,
    PromptMessage,
    TextPiece,
)

pytestmark = [pytest.mark.system, pytest.mark.real_model]

DEADLINE_S = 120.0  # some tokens a second, on a machine that does other things too
GOAL = {
    "type": "object",
    "properties": {"goal": {"type": "string", "enum": ["cost", "performance"]}},
    "required": ["goal"],
    "additionalProperties": False,
}


@pytest.fixture(params=["chat", "responses"])
async def opened(request: pytest.FixtureRequest, small_model: SmallModel) -> AsyncGenerator[Opened]:
    async with open_openai(endpoint(small_model, api=request.param), clock=SystemClock()) as opened:
        yield opened


def endpoint(small_model: SmallModel, *, api: Any = "chat", key: str | None = None) -> Endpoint:
    key = key or small_model.key
    return Endpoint(model="smollm2", url=small_model.url, key=key, api=api, silence_s=60.0)


def asking(words: str, **more: Any) -> Prompt:
    messages = (PromptMessage(role="user", text=words),)
    return Prompt(messages=messages, deadline_s=DEADLINE_S, **more)


async def heard(opened: Opened, prompt: Prompt) -> tuple[list[str], Answer]:
    async with aclosing(opened.model.ask(prompt)) as stream:
        items = [item async for item in stream]
    answer = items[-1]
    assert isinstance(answer, Answer)
    return [item.text for item in items if isinstance(item, TextPiece)], answer


async def test_it_answers_in_pieces_and_counts_its_tokens(opened: Opened) -> None:
    pieces, answer = await heard(opened, asking("Say hello.", max_output_tokens=200))
    assert "".join(pieces) == answer.text
    assert len(pieces) > 1
    assert 0 < answer.usage.output_tokens < 200
    assert (answer.usage.input_tokens > 10, answer.usage.is_estimated) == (True, False)


async def test_it_answers_by_a_schema(small_model: SmallModel) -> None:
    """Of the two dialects llama.cpp keeps to a schema in the older one alone."""
    async with open_openai(endpoint(small_model), clock=SystemClock()) as opened:
        prompt = asking("Shall the bill be lower? Answer with the goal.", answer_schema=GOAL)
        _, answer = await heard(opened, prompt)
    assert json.loads(answer.text)["goal"] in {"cost", "performance"}


async def test_the_slots_it_writes_are_filled_by_the_engine(small_model: SmallModel) -> None:
    """Whichever of the sentences it chooses, the number in it is the engine's."""
    payload: Json = {
        "bill_usd_per_month": {"value": 1_225.79},
        "plan": {"saved_share": 0.464, "saved_usd_per_month": 568.53},
    }
    sentences = {
        "Your bill is [[bill.usd_per_month]].": "Your bill is $1,226 a month.",
        "The plan saves [[plan.saved_share]] of the bill.": "The plan saves 46.4 % of the bill.",
        "The plan saves [[plan.saved_usd_per_month]].": "The plan saves $568.53 a month.",
    }
    schema = {
        "type": "object",
        "properties": {"sentence": {"type": "string", "enum": list(sentences)}},
        "required": ["sentence"],
        "additionalProperties": False,
    }
    async with open_openai(endpoint(small_model), clock=SystemClock()) as opened:
        prompt = asking(f"What does the plan save? Keep the slots. {as_data(payload)}", answer_schema=schema)
        _, answer = await heard(opened, prompt)
    written = json.loads(answer.text)["sentence"]
    material = Material(
        payload=payload, facts=facts_of(payload), known=as_data(payload), tongue=Tongue.ENGLISH
    )
    assert Page(material).accepts(written) == sentences[written]


async def test_an_answer_that_is_cut_is_no_answer(opened: Opened) -> None:
    with pytest.raises(LanguageModelTruncated):
        await heard(opened, asking("Tell me a long story.", max_output_tokens=4))


async def test_it_stops_making_tokens_when_nobody_listens(opened: Opened, small_model: SmallModel) -> None:
    async with aclosing(opened.model.ask(asking("Tell me a long story.", max_output_tokens=500))) as stream:
        await anext(stream)
        assert await asyncio.to_thread(small_model.is_busy)

    async def is_idle() -> bool:  # it looks for the client between two tokens
        return not await asyncio.to_thread(small_model.is_busy)

    await until(is_idle, "a model that makes no more tokens")


async def test_a_wrong_key_is_told_from_an_absent_server(small_model: SmallModel) -> None:
    async with open_openai(endpoint(small_model, key="sk-wrong"), clock=SystemClock()) as opened:
        with pytest.raises(LanguageModelMisconfigured):
            await heard(opened, asking("Hello"))


async def test_it_is_used_again_after_it_was_away(small_model: SmallModel) -> None:
    clock = SystemClock()
    breaker = Breaker(clock=clock, failures=1, rest_s=0.1)
    async with open_openai(endpoint(small_model), clock=clock, breaker=breaker) as opened:
        small_model.stop()
        with pytest.raises(LanguageModelUnavailable):
            await heard(opened, asking("Hello"))
        small_model.start()
        await opened.probe.check()
        with pytest.raises(LanguageModelTruncated):  # an answer, if a short one
            await heard(opened, asking("Hello", max_output_tokens=2))
