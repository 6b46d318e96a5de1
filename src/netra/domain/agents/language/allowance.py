"""Bound how often and how long one run may call a language model.

The adapter around the model bounds tokens and money. A run that exceeds a bound continues without
the model.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec

from netra.domain.agents.model import Question
from netra.ports.clock import Clock
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelFailed,
    LanguageModelOverBudget,
    LanguageModelTimedOut,
    LanguageModelTruncated,
    Prompt,
    TextPiece,
    Usage,
)


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds on one run's use of a language model."""

    calls: int = (
        8  # prompts of a run: one reads the question, one per round of look-ups, two write the answer
    )
    seconds: float = 60.0  # total time of a run's prompts; well below the run's deadline
    answer_tokens: int = 1_500  # output tokens of one prompt
    answer_s: float = 30.0  # seconds of one prompt, including queueing and retries


DEFAULT_ALLOWANCE: Final = Allowance()
_LATE_S: Final = 2.0  # grace period in seconds after a prompt's own deadline


class MeteredModel:
    """A language model with one run's bounds; counts the usage."""

    def __init__(
        self, *, model: LanguageModel, allowance: Allowance, clock: Clock, question: Question
    ) -> None:
        self._model = model
        self._allowance = allowance
        self._clock = clock
        self._question = question
        self._began_s = clock.monotonic_s()
        self._asked = 0
        self.usage = Usage()

    @property
    def model(self) -> str:
        """Return the model's name."""
        return self._model.name

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Stream as the port does, within the remaining allowance; failed prompts count too.

        Raises `LanguageModelFailed` and no other error of the model.
        """
        within_s = self._room_s()
        self._asked += 1
        bounded = msgspec.structs.replace(
            prompt,
            max_output_tokens=self._allowance.answer_tokens,
            deadline_s=within_s,
            owner_id=self._question.owner_id,
            run_id=self._question.run_id,
        )
        is_whole = False
        ends_s = self._clock.monotonic_s() + within_s + _LATE_S
        try:
            async with aclosing(self._model.ask(bounded)) as pieces:
                while (piece := await self._next(pieces, ends_s=ends_s)) is not None:
                    if isinstance(piece, Answer):
                        is_whole = True
                        self.usage = self.usage.plus(piece.usage)
                    yield piece
        except LanguageModelFailed as error:
            self.usage = self.usage.plus(error.usage)
            raise
        if not is_whole:
            raise LanguageModelTruncated("The language model's stream ended without an answer.")

    async def whole(self, prompt: Prompt) -> Answer:
        """Return the complete answer. Raises `LanguageModelFailed`."""
        answers = [piece async for piece in self.ask(prompt) if isinstance(piece, Answer)]
        return answers[-1]

    async def _next(
        self, pieces: AsyncGenerator[TextPiece | Answer], *, ends_s: float
    ) -> TextPiece | Answer | None:
        """Return the next piece, None at the end. Raises `LanguageModelTimedOut` at `ends_s`."""
        try:
            async with asyncio.timeout(max(0.0, ends_s - self._clock.monotonic_s())):
                return await anext(pieces, None)
        except TimeoutError as error:
            raise LanguageModelTimedOut("The language model went on past its deadline.") from error

    def _room_s(self) -> float:
        """Return the seconds left for the next prompt. Raises `LanguageModelOverBudget` without any."""
        left_s = self._allowance.seconds - (self._clock.monotonic_s() - self._began_s)
        if self._asked >= self._allowance.calls:
            raise LanguageModelOverBudget(f"The run has asked the language model {self._asked} times.")
        if left_s <= 0:
            raise LanguageModelOverBudget("The run has used up its time with the language model.")
        return min(left_s, self._allowance.answer_s)
