"""Define a sentence under judgement: its names, its negations, and the payload's own prose."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.known_verdicts import Change, KnownVerdicts
from netra.domain.agents.guard.naming import Mention, Name, NameKind
from netra.domain.agents.guard.verdict_words import CONTRACTED, HEDGE, NEGATION

_QUOTED_MIN: Final = 18  # shortest quotation of the payload in characters
_SPACES: Final = re.compile(r"\s+")
_NEIGHBOURS: Final = 16  # characters on either side of a verdict that must be quoted with it
_NEAR: Final = 40  # characters before a verdict in which a negation turns it


class FalseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Words that judge wrongly, and what holds."""

    text: str
    truth: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence and what it is judged by."""

    sentence: str
    facts: Facts
    mentions: tuple[Mention, ...]
    earlier: str

    @property
    def known(self) -> KnownVerdicts:
        """What the payload judges."""
        return self.facts.verdicts

    @property
    def is_hedged(self) -> bool:
        """Whether the sentence states a possibility or a condition."""
        return HEDGE.search(self.sentence) is not None

    def is_negated(self, start: int, end: int) -> bool:
        """Return whether a negation stands shortly before the words, or directly after them."""
        before = re.split(r"[,;:()]", self.sentence[max(0, start - _NEAR) : start])[-1]
        after = self.sentence[end : end + 6]
        found = [*NEGATION.finditer(before), *CONTRACTED.finditer(before)]
        return len(found) % 2 == 1 or re.match(r"\s(?:not|no)\b", after) is not None

    def is_quoted(self, text: str) -> bool:
        """Return whether the payload itself has these words."""
        plain = _SPACES.sub(" ", text).strip().rstrip(".").lower()
        return len(plain) >= _QUOTED_MIN and plain in self.facts.prose

    def is_context_quoted(self, text: str) -> bool:
        """Return whether the payload has these words among the same neighbours."""
        at = self.sentence.find(text)
        left = self.sentence.rfind(" ", 0, max(0, at - _NEIGHBOURS)) + 1
        right = self.sentence.find(" ", at + len(text) + _NEIGHBOURS)
        return self.is_quoted(self.sentence[left : right if right > 0 else None])

    def names(self, kind: NameKind) -> tuple[Name, ...]:
        """Return the names of a class in the order of the sentence."""
        return tuple(name for mention in self.mentions for name in sorted(mention.of_kind(kind), key=_text))

    def changes(self, mentions: tuple[Mention, ...] | None = None) -> Iterator[Change]:
        """Yield the recommendations that the sentence names, by their change, id or model."""
        named = [name for mention in (mentions or self.mentions) for name in mention.names]
        kinds = {name.text for name in named if name.kind is NameKind.CHANGE}
        ids = {name.text for name in named if name.kind is NameKind.RECOMMENDATION}
        models = {name.text for name in named if name.kind is NameKind.MODEL}
        for change in self.known.recommendations:
            if (
                change.id in ids
                or change.kind in kinds
                or (change.kind == "right_sizing" and change.model in models)
            ):
                yield change

    def around(self, start: int, end: int) -> str:
        """Return the words as a person reads them."""
        return self.sentence[start:end].strip()


def _text(name: Name) -> str:
    return name.text
