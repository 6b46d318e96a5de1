"""Write the answer with a language model; each sentence is checked before it is shown, with one repair.

A sentence with a number that is not in the payload is never shown. The next attempt, or the result,
replaces the sentences shown before it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.agents.guard.guard import unsupported_by
from netra.domain.agents.guard.payload_facts import Facts, facts_of
from netra.domain.agents.guard.stated_numbers import due_after, figures
from netra.domain.agents.language.allowance import MeteredModel
from netra.domain.agents.language.briefing import as_data
from netra.domain.agents.language.masks import Json, Mask
from netra.domain.agents.language.prompts import INSTRUCTIONS, USE_TOOLS, WRITE_ANSWER, data, repair, system
from netra.domain.agents.language.prose import TEXT_MAX, faults_in
from netra.domain.agents.language.sentences import Sentences
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
_NAME_MAX: Final = 32  # longest rejected piece in characters that is quoted


class WritingTask(msgspec.Struct, frozen=True, kw_only=True):
    """The data for the answer and the tools the model may call."""

    payload: Json
    question: Mapping[str, Any]  # the message and the earlier conversation; empty if they may not be sent
    mask: Mask
    lookups: LookUpTools | None = None


class WrittenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The checked text, or None and the reason."""

    text: str | None
    reason: str | None = None
    repairs: int = 0
    refused: tuple[str, ...] = ()  # numbers, names and dates that are not in the payload
    faults: tuple[str, ...] = ()  # other reasons why a text was rejected
    looks: tuple[LookUpResult, ...] = ()


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    refused: tuple[str, ...]
    faults: tuple[str, ...]
    calls: tuple[ToolCall, ...]


class AnswerWriter:
    """Writes one answer; lives as long as the run."""

    def __init__(self, task: WritingTask, *, metered: MeteredModel, watch: Watch) -> None:
        self._task = task
        self._metered = metered
        self._watch = watch
        self._facts = facts_of(task.payload)
        self._known = as_data(task.payload)
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
            if draft.calls:
                rounds += 1
                messages += await self._looked(draft)
                continue
            if not draft.refused and not draft.faults:
                return draft.text.strip()
            self._refused += [_nameable(piece) for piece in draft.refused]
            self._faults += draft.faults
            if self._repairs:
                return None
            self._repairs = 1
            messages += repair(draft.text, [*self._refused[:_NAMED_MAX], *self._faults])

    def _opening(self) -> list[PromptMessage]:
        rules = (WRITE_ANSWER,) if self._task.lookups is None else (WRITE_ANSWER, USE_TOOLS)
        return [system(*rules), data(**self._task.question, result=self._task.payload)]

    async def _draft(self, messages: Sequence[PromptMessage], *, may_look: bool) -> _Draft:
        """Return one completion; its sentences are shown until one fails the checks."""
        offered = tools() if may_look and self._task.lookups is not None else ()
        cut, page, calls = Sentences(), _Page(self._facts, self._known), tuple[ToolCall, ...]()
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
            return _Draft(text="", refused=(), faults=(), calls=calls)
        await self._show(page, cut.rest())
        return page.draft()

    async def _show(self, page: "_Page", sentence: str) -> None:
        if page.accepts(sentence):
            text = self._task.mask.show(sentence)
            await self._watch.emit_text(text, attempt=self._attempt, at=page.shown)
            page.shown += len(text)

    async def _looked(self, draft: _Draft) -> list[PromptMessage]:
        """Run the tool calls and return their messages; their results become facts the text may state."""
        answers = [PromptMessage(role="assistant", text="", tool_calls=draft.calls)]
        for call in draft.calls:
            found = await self._look(call)
            self._looks.append(found)
            shown = self._task.mask.hide(found.result) if found.outcome == "done" else {"error": found.why}
            self._known += as_data(shown)
            held = facts_of(shown)
            self._facts = Facts(
                numbers=(*self._facts.numbers, *held.numbers), labels=(*self._facts.labels, *held.labels)
            )
            text = data(found=shown).text
            answers.append(PromptMessage(role="tool", text=text, tool_call_id=call.call_id))
        return answers

    async def _look(self, call: ToolCall) -> LookUpResult:
        if self._task.lookups is None or len(self._looks) >= CALLS_MAX:
            return LookUpResult(tool="?", outcome="too_many", why="No more may be looked up.")
        return await look_up(call, self._task.lookups)


class _Page:
    """The sentences of one attempt, and the pieces of them that fail the checks."""

    def __init__(self, facts: Facts, known: str) -> None:
        self._facts = facts
        self._known = known
        self._text = ""
        self._refused: list[str] = []
        self._faults: list[str] = []
        self._due = 1  # number of the next list item
        self.shown = 0  # characters shown so far

    def accepts(self, sentence: str) -> bool:
        """Return whether the sentence may be shown: it and all before it pass the checks."""
        self._text += sentence
        self._refused += unsupported_by(sentence, self._facts, due=self._due)
        self._due = due_after(sentence, due=self._due)
        self._faults += faults_in(sentence, instructions=INSTRUCTIONS, payload=self._known)
        return sentence != "" and not self._refused and not self._faults and len(self._text) <= TEXT_MAX

    def draft(self) -> _Draft:
        """Return the whole text, checked again for faults that span sentences."""
        faults = [*self._faults, *faults_in(self._text, instructions=INSTRUCTIONS, payload=self._known)]
        if not self._text.strip():
            faults.append("empty")
        if len(self._text) > TEXT_MAX:
            faults.append("length")
        refused = self._refused or unsupported_by(self._text, self._facts)
        return _Draft(
            text=self._text,
            refused=tuple(dict.fromkeys(refused)),
            faults=tuple(dict.fromkeys(faults)),
            calls=(),
        )


def _nameable(piece: str) -> str:
    """Return a rejected number as written; other pieces are replaced, since they may contain anything."""
    read = figures(piece)
    if len(piece) <= _NAME_MAX and read.numbers and not read.labels:
        return piece
    return "a date" if any(label.is_date for label in read.labels) else "a name"
