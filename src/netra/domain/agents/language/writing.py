"""Write the answer with a language model; each sentence is checked before it is shown, with one repair.

A sentence with a number that is not in the payload is never shown. The next attempt, or the result,
replaces the sentences shown before it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.agents.guard.facts import joined
from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.guard.sentences import Sentences
from netra.domain.agents.language.allowance import MeteredModel
from netra.domain.agents.language.briefing import as_data
from netra.domain.agents.language.masks import Json, Mask
from netra.domain.agents.language.page import Draft, Material, Page
from netra.domain.agents.language.prompts import (
    USE_SLOTS,
    USE_TOOLS,
    WRITE_ANSWER,
    WRITE_IN,
    data,
    repair,
    system,
)
from netra.domain.agents.language.slots import slots_in
from netra.domain.agents.language.tongues import Tongue
from netra.domain.agents.language.tools import CALLS_MAX, LookUpResult, LookUpTools, look_up, tools
from netra.domain.agents.model import Watch
from netra.ports.language_model import (
    Answer,
    LanguageModelFailed,
    LanguageModelMalformed,
    Prompt,
    PromptMessage,
    ToolCall,
)

ROUNDS_MAX: Final = 3  # most rounds of tool calls
_NAMED_MAX: Final = 12  # most rejected pieces named in a repair prompt and in the result
_SLOTS_MAX: Final = 40  # most slots listed for the model; others are paths that it can read in the data


class WritingTask(msgspec.Struct, frozen=True, kw_only=True):
    """The data for the answer and the tools the model may call."""

    payload: Json
    question: Mapping[str, object]  # the message and the earlier conversation; empty if they may not be sent
    mask: Mask
    tongue: Tongue = Tongue.ENGLISH  # of the answer
    lookups: LookUpTools | None = None


class WrittenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The checked text, or None and the reason."""

    text: str | None
    reason: str | None = None
    repairs: int = 0
    refused: tuple[str, ...] = ()  # numbers, names and dates that are not in the payload
    faults: tuple[str, ...] = ()  # other reasons why a text was rejected
    looks: tuple[LookUpResult, ...] = ()


class AnswerWriter:
    """Writes one answer; lives as long as the run."""

    def __init__(self, task: WritingTask, *, metered: MeteredModel, watch: Watch) -> None:
        self._task = task
        self._metered = metered
        self._watch = watch
        self._material = Material(
            payload=task.payload,
            facts=facts_of(task.payload),
            known=as_data(task.payload),
            tongue=task.tongue,
        )
        self._looks: list[LookUpResult] = []
        self._refused: list[str] = []
        self._faults: list[str] = []
        self._attempt = 0
        self._repairs = 0

    async def write(self) -> WrittenAnswer:
        """Return the text, or the reason for the fallback. Raises what `watch` raises."""
        try:
            text, reason = await self._text(), None
        except LanguageModelFailed as error:
            text, reason = None, error.reason
        if text is None and reason is None:
            reason = "unverified"
        return WrittenAnswer(
            text=None if text is None else self._task.mask.show(text),
            reason=reason,
            repairs=self._repairs,
            refused=tuple(dict.fromkeys(self._refused))[:_NAMED_MAX],
            faults=tuple(dict.fromkeys(self._faults)),
            looks=tuple(self._looks),
        )

    async def _text(self) -> str | None:
        """Return the first text that passes the checks; None if the repaired text fails too."""
        messages = self._opening()
        rounds = 0
        while True:
            draft = await self._draft(messages, may_look=rounds < ROUNDS_MAX)
            if isinstance(draft, tuple):
                rounds += 1
                messages += await self._looked(draft)
                continue
            if not draft.refused and not draft.faults:
                return draft.text.strip()
            self._refused += draft.refused
            self._faults += draft.faults
            if self._repairs:
                return None
            self._repairs = 1
            messages += repair(draft.raw, [*self._refused[:_NAMED_MAX], *self._faults])

    def _opening(self) -> list[PromptMessage]:
        rules = [WRITE_ANSWER, USE_SLOTS]
        if self._task.tongue is not Tongue.ENGLISH:
            rules.append(WRITE_IN[self._task.tongue])
        if self._task.lookups is not None:
            rules.append(USE_TOOLS)
        slots = slots_in(self._task.payload, most=_SLOTS_MAX)
        return [system(*rules), data(**self._task.question, slots=slots, result=self._task.payload)]

    async def _draft(
        self, messages: Sequence[PromptMessage], *, may_look: bool
    ) -> Draft | tuple[ToolCall, ...]:
        """Return one completion, or its calls; its sentences are shown until one fails the checks."""
        offered = tools() if may_look and self._task.lookups is not None else ()
        cut, page, calls = Sentences(), Page(self._material), tuple[ToolCall, ...]()
        self._attempt += 1
        async for piece in self._metered.ask(Prompt(messages=tuple(messages), tools=offered)):
            if isinstance(piece, Answer):
                calls = piece.tool_calls
                continue
            for sentence in cut.take(piece.text):
                await self._show(page, sentence)
        if calls and not offered:
            raise LanguageModelMalformed("The language model called a tool that it was not offered.")
        if calls:
            return calls
        await self._show(page, cut.rest())
        return page.draft()

    async def _show(self, page: Page, sentence: str) -> None:
        accepted = page.accepts(sentence)
        if accepted is not None:
            text = self._task.mask.show(accepted)
            await self._watch.emit_text(text, attempt=self._attempt, at=page.shown)
            page.shown += len(text)

    async def _looked(self, calls: tuple[ToolCall, ...]) -> list[PromptMessage]:
        """Run the tool calls and return their messages; their results become facts the text may state."""
        answers = [PromptMessage(role="assistant", text="", tool_calls=calls)]
        for call in calls:
            found = await self._look(call)
            self._looks.append(found)
            shown = self._task.mask.hide(found.result) if found.outcome == "done" else {"error": found.why}
            self._material = msgspec.structs.replace(
                self._material,
                facts=joined(self._material.facts, facts_of(shown)),
                known=self._material.known + as_data(shown),
            )
            text = data(found=shown).text
            answers.append(PromptMessage(role="tool", text=text, tool_call_id=call.call_id))
        return answers

    async def _look(self, call: ToolCall) -> LookUpResult:
        if self._task.lookups is None or len(self._looks) >= CALLS_MAX:
            return LookUpResult(tool="?", outcome="too_many", why="No more may be looked up.")
        return await look_up(call, self._task.lookups)
