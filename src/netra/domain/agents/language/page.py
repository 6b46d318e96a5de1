"""Hold one attempt at an answer: its sentences with their slots filled, and what in them does not hold."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import Refusal, refusals
from netra.domain.agents.language.foreign_guard import foreign_faults
from netra.domain.agents.language.masks import Json
from netra.domain.agents.language.prompts import INSTRUCTIONS
from netra.domain.agents.language.prose import TEXT_MAX, faults_in
from netra.domain.agents.language.slots import SLOT, FilledText, fill
from netra.domain.agents.language.tongues import Tongue, is_english

_NAME_MAX: Final = 32  # longest rejected number in characters that is quoted
_HIDDEN: Final = {"name": "a name", "date": "a date", "verdict": "a verdict", "number": "a number"}
_BRACKETS: Final = re.compile(r"\[\[|\]\]")


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer may be made of."""

    payload: Json
    facts: Facts
    known: str  # the payload as the model saw it
    tongue: Tongue


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A whole attempt: as the model wrote it, as a reader would see it, and what does not hold."""

    raw: str
    text: str
    refused: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class Page:
    """The sentences of one attempt, and the pieces of them that fail the checks."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._raw = ""
        self._text = ""
        self._refused: list[str] = []
        self._faults: list[str] = []
        self._is_english = True
        self.shown = 0  # characters shown so far

    def accepts(self, sentence: str) -> str | None:
        """Return the sentence with its slots filled; None if it, or one before it, fails the checks."""
        material = self._material
        filled = fill(sentence, material.payload, tongue=material.tongue)
        is_foreign = material.tongue is not Tongue.ENGLISH and _is_foreign(sentence)
        if not is_foreign and material.tongue is not Tongue.ENGLISH:
            filled = fill(sentence, material.payload, tongue=Tongue.ENGLISH)
        self._refused += self._refusals(filled, is_foreign=is_foreign)
        self._faults += self._faults_in(filled.text, is_foreign=is_foreign)
        self._is_english = self._is_english and not is_foreign
        self._raw += sentence
        self._text += filled.text
        holds = not self._refused and not self._faults and len(self._text) <= TEXT_MAX
        return filled.text if sentence and holds else None

    def draft(self) -> Draft:
        """Return the whole attempt, checked again for faults that span sentences."""
        faults = [*self._faults, *self._faults_in(self._text, is_foreign=not self._is_english)]
        if not self._text.strip():
            faults.append("empty")
        if len(self._text) > TEXT_MAX:
            faults.append("length")
        refused = self._refused
        if not refused and self._is_english:
            refused = [_nameable(one) for one in refusals(self._text, self._material.facts)]
        return Draft(
            raw=self._raw,
            text=self._text,
            refused=tuple(dict.fromkeys(refused)),
            faults=tuple(dict.fromkeys(faults)),
        )

    def _refusals(self, filled: FilledText, *, is_foreign: bool) -> Iterator[str]:
        if filled.unknown or _BRACKETS.search(SLOT.sub("", filled.text)):
            yield "an unknown slot"
        elif is_foreign:
            tongue, names = self._material.tongue, self._material.facts.names
            yield from ("a claim without a slot" for _ in foreign_faults(filled, tongue=tongue, names=names))
        else:
            yield from map(_nameable, refusals(filled.text, self._material.facts, before=self._text))

    def _faults_in(self, text: str, *, is_foreign: bool) -> list[str]:
        found = faults_in(text, instructions=INSTRUCTIONS, payload=self._material.known)
        return [fault for fault in found if fault != "language" or not is_foreign]


def _is_foreign(sentence: str) -> bool:
    return bool(sentence.strip()) and not is_english(SLOT.sub("", sentence))


def _nameable(refusal: Refusal) -> str:
    """Return a rejected number as written; other pieces are replaced, since they may contain anything."""
    is_plain = refusal.what == "number" and len(refusal.text) <= _NAME_MAX
    return refusal.text if is_plain else _HIDDEN[refusal.what]
