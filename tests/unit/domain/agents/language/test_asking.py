"""Asking a language model: held to its time, left at once when the run stops, never believed half."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from netra.domain.agents.guard.sentences import SENTENCE_MAX, Sentences
from netra.domain.agents.language.allowance import Allowance, MeteredModel
from netra.domain.agents.language.cancellation import unless_stopped
from netra.domain.agents.model import Question
from netra.domain.errors import WorkStopped
from netra.domain.ids import RunId, UserId
from netra.ports.clock import Clock
from netra.ports.language_model import (
    Answer,
    LanguageModelTimedOut,
    LanguageModelTruncated,
    Prompt,
    PromptMessage,
    TextPiece,
    Usage,
)

PROMPT = Prompt(messages=(PromptMessage(role="user", text="hello"),))
QUESTION = Question(owner_id=UserId(1), message="hello", run_id=RunId("run-1"))


class Endless:
    """Says a word for ever, and counts."""

    name = "endless"

    def __init__(self) -> None:
        self.pieces = 0
        self.said = asyncio.Event()
        self.is_over = False

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        try:
            while True:
                self.pieces += 1
                if self.pieces == 5:
                    self.said.set()
                yield TextPiece(text="word ")
                await asyncio.sleep(0)
        finally:
            self.is_over = True


class Mute:
    """Says nothing for ever."""

    name = "mute"

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        await asyncio.Event().wait()
        yield TextPiece(text="never")


class Cut:
    """Ends without an answer."""

    name = "cut"

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        yield TextPiece(text="and then")


class Watching:
    """Stops when told."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    async def wait_for_stop(self) -> None:
        await self.told.wait()

    def checkpoint(self, done: float, doing: str) -> None:
        raise WorkStopped("enough")


def metered(model: Any, clock: Clock, **limits: Any) -> MeteredModel:
    return MeteredModel(model=model, allowance=Allowance(**limits), clock=clock, question=QUESTION)


async def test_a_run_that_stops_ends_the_stream_and_no_further_piece_is_made(clock: Clock) -> None:
    model, watch = Endless(), Watching()
    work = asyncio.ensure_future(unless_stopped(metered(model, clock).whole(PROMPT), watch))  # type: ignore[arg-type]
    await model.said.wait()
    watch.told.set()
    with pytest.raises(WorkStopped):
        await work
    assert model.is_over
    made = model.pieces
    for _ in range(50):
        await asyncio.sleep(0)
    assert model.pieces == made


async def test_a_cancelled_run_ends_the_stream_too(clock: Clock) -> None:
    model = Endless()
    work = asyncio.ensure_future(unless_stopped(metered(model, clock).whole(PROMPT), Watching()))  # type: ignore[arg-type]
    await model.said.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert model.is_over


async def test_a_model_that_forgets_its_deadline_is_left(clock: Clock) -> None:
    with pytest.raises(LanguageModelTimedOut):
        await metered(Mute(), clock, answer_s=-1.99).whole(PROMPT)


async def test_a_stream_without_an_end_is_no_answer(clock: Clock) -> None:
    with pytest.raises(LanguageModelTruncated):
        await metered(Cut(), clock).whole(PROMPT)


async def test_prompts_say_whose_they_are_and_how_long_they_may_take(clock: Clock) -> None:
    asked: list[Prompt] = []

    class Kept:
        name = "kept"

        async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
            asked.append(prompt)
            yield Answer(text="ok", usage=Usage(output_tokens=1), model="kept", finish_reason="stop")

    spoken = metered(Kept(), clock, seconds=12.0)
    await spoken.whole(PROMPT)
    assert (asked[0].owner_id, asked[0].run_id, asked[0].deadline_s) == (UserId(1), RunId("run-1"), 12.0)
    assert spoken.usage.output_tokens == 1


@pytest.mark.parametrize(
    ("pieces", "whole", "rest"),
    [
        (["One. Two! ", "Three"], ["One.", " Two!"], " Three"),
        (["It is $0.", "21, e.g. so. ", "End."], ["It is $0.21, e.g. so."], " End."),
        (["1. Cache.\n", "2. Batch.\n\n", "Then"], ["1. Cache.", "\n2. Batch."], "\n\nThen"),
        (["A line\nand"], ["A line\n"], "and"),
        (["x" * SENTENCE_MAX, "yz"], ["x" * SENTENCE_MAX], "yz"),
    ],
)
def test_text_is_cut_where_sentences_end(pieces: list[str], whole: list[str], rest: str) -> None:
    cut = Sentences()
    assert [sentence for piece in pieces for sentence in cut.take(piece)] == whole
    assert cut.rest() == rest
    assert cut.rest() == ""
