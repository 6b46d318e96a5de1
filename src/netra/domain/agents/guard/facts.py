"""Define a fact of a payload: a number with its row, its measure, unit, period, sign and population."""

import re

import msgspec

from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
from netra.domain.agents.guard.naming import Name, NameIndex
from netra.domain.agents.guard.versions_and_dates import Label

Rows = tuple[frozenset[Name], ...]
"""The names of a fact's rows, outermost first."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the payload, in the scale of its kind; the other fields are as in `StatedNumber`."""

    value: float
    kind: NumberKind
    period: str = ""
    signs: str = ""  # signs with which the number may be written
    way: str = ""
    words: frozenset[str] = frozenset()
    is_wish: bool = False  # the number is a target of the user
    path: str = ""  # its place in the payload, for people
    rows: Rows = ()
    around: frozenset[Name] = frozenset()  # names in the sentences of the row
    needs: tuple[str, ...] = ()  # measures of which the sentence must have a word
    percentile: str = ""
    population: str = ""  # what a share is a share of
    has_way: bool = False  # a number without direction may not be stated as a saving or a loss
    is_of_log: bool = False  # also the log's own sum, as no month is known
    content: frozenset[str] | None = None  # of the payload's sentence, if the number stands in one
    content_min: int = 0  # stems of `content` that a sentence must share
    is_rate: bool = False  # derived: stands only with its period
    is_rest: bool = False  # of all rows but its own: "apart from chat"
    is_count: bool = False  # the number of rows, which is of no row
    is_share_of_row: bool = False  # derived: stands only where the sentence names the row


class NamedLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A name or a date of the payload, with the rows it belongs to."""

    label: Label
    rows: Rows = ()
    around: frozenset[Name] = frozenset()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All facts of a payload."""

    numbers: tuple[Fact, ...]
    dated: tuple[NamedLabel, ...]
    names: NameIndex
    verdicts: KnownVerdicts = KnownVerdicts()
    vocabulary: frozenset[str] = frozenset()  # the words of all strings and keys
    prose: str = ""  # all strings in lower case, one a line
    squeezed: str = ""  # the same without separators, in which all spellings of a name are alike
    stems: frozenset[str] = frozenset()  # of all sentences
    contents: tuple[frozenset[str], ...] = ()  # of each sentence of the payload


def names_of(rows: Rows) -> frozenset[Name]:
    """Return the names of all rows of a fact."""
    return frozenset(name for row in rows for name in row)


def joined(facts: Facts, others: Facts) -> Facts:
    """Return the facts of a result and of what was looked up besides; the result alone judges."""
    return Facts(
        numbers=(*facts.numbers, *others.numbers),
        dated=(*facts.dated, *others.dated),
        names=NameIndex((*facts.names.names, *others.names.names)),
        verdicts=facts.verdicts,
        vocabulary=facts.vocabulary | others.vocabulary,
        prose=f"{facts.prose}\n{others.prose}",
        squeezed=f"{facts.squeezed}\n{others.squeezed}",
        stems=facts.stems | others.stems,
        contents=(*facts.contents, *others.contents),
    )


def squeezed(text: str) -> str:
    """Return a text without separators within its lines.

    >>> squeezed("Claude Sonnet-4.5")
    'claudesonnet45'
    """
    return re.sub(r"[^\w\n]|_", "", text.lower())
