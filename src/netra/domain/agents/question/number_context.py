"""Put each number of a message into context: the subject it is about and the names it applies to."""

import re
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.clauses import Clause, Mark, Subject, clauses, place
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.quantities import Quantity, quantities

NUMBERS_MAX: Final = 100  # most numbers read from a message; bounds the quadratic comparison
_OF_WHAT_STANDS_BEFORE: Final = re.compile(
    r"\b(?:by|to|is|are|of|under|below|within|than|most)\s+(?:about |around |roughly |up to |at least "
    r"|at most )?$",
    re.IGNORECASE,
)
_COMPARES: Final = re.compile(r"\s*(?:higher|lower|more|less|fewer|extra|additional)\b", re.IGNORECASE)
_ALONE: Final = re.compile(
    r"(?:\b(?:the|our|my|and|for|feature|function|tool)\b|[\s\"'`]|\N{OBJECT REPLACEMENT CHARACTER})*",
    re.IGNORECASE,
)
_AGAINST_ORDER: Final = 60  # penalty in characters for a word on the wrong side of "by"


class NumberContext(msgspec.Struct, frozen=True, kw_only=True):
    """A number and the context that decides its meaning."""

    quantity: Quantity
    clause: Clause
    others: tuple[Quantity, ...]  # the other numbers of the message
    # other clauses of the sentence: those before the number first, nearest first
    sentence: tuple[Clause, ...]
    parts: tuple[Mention, ...]  # features, functions and tools named in the message

    @property
    def before(self) -> str:
        """Return the clause's text between the previous number and this one."""
        begin = max((q.end for q in self.others if q.end <= self.quantity.start), default=0)
        return self._text(max(begin, self.clause.start), self.quantity.start)

    @property
    def after(self) -> str:
        """Return the clause's text between this number and the next."""
        end = min((q.start for q in self.others if q.start >= self.quantity.end), default=self.clause.end)
        return self._text(self.quantity.end, min(end, self.clause.end))

    @property
    def around(self) -> str:
        """Return the clause's text around the number."""
        return f"{self.before} {self.after}"

    def has_number(self, clause: Clause) -> bool:
        """Return whether `clause` contains any number."""
        return any(clause.start <= q.start < clause.end for q in (self.quantity, *self.others))

    def _text(self, start: int, end: int) -> str:
        return self.clause.text[max(0, start - self.clause.start) : max(0, end - self.clause.start)]


def number_contexts(text: str, parts: Sequence[Mention]) -> tuple[NumberContext, ...]:
    """Return the first `NUMBERS_MAX` numbers of `text` with their context."""
    numbers = quantities(text)[:NUMBERS_MAX]
    if not numbers:
        return ()
    cut = clauses(text)
    found: list[NumberContext] = []
    for number, quantity in enumerate(numbers):
        at = place(cut, quantity)
        found.append(
            NumberContext(
                quantity=quantity,
                clause=cut[at],
                others=(*numbers[:number], *numbers[number + 1 :]),
                sentence=_sentence(cut, at),
                parts=tuple(parts),
            )
        )
    return tuple(found)


def mark_of(context: NumberContext, among: Collection[Subject]) -> Mark | None:
    """Return the nearest word that names the number's subject: in its clause, else in its sentence."""
    begin, end = context.clause.start, context.clause.end
    here = [mark for mark in context.clause.marks if mark.subject in among and begin <= mark.start < end]
    if here:
        backwards = _OF_WHAT_STANDS_BEFORE.search(context.before) and not _COMPARES.match(context.after)
        return min(here, key=lambda mark: _distance(mark, context.quantity, backwards=bool(backwards)))
    for clause in context.sentence:
        near = [mark for mark in clause.marks if mark.subject in among]
        if near and not context.has_number(clause):
            return near[-1] if clause.start < begin else near[0]
    return None


def subjects_of(context: NumberContext, among: Collection[Subject]) -> tuple[Mark, ...]:
    """Return the number's subjects: that of `mark_of`, and both for "cost and latency by 20 %"."""
    mark = mark_of(context, among)
    if mark is None:
        return ()
    found = [mark]
    opens = context.clause.text[: max(0, mark.start - context.clause.start)].strip().lower()
    if mark.end <= context.quantity.start and opens in ("", "the", "our", "my"):
        for clause in context.sentence:
            listed = [other for other in clause.marks if other.subject in among]
            if clause.end > context.clause.start or context.has_number(clause) or not listed:
                break
            if clause.text[listed[-1].end - clause.start :].strip() or listed[-1].subject is mark.subject:
                break
            found.append(listed[-1])
    return tuple(found)


def parts_near(context: NumberContext) -> tuple[Mention, ...]:
    """Return the names in the nearest clause of the sentence that has no number."""
    for clause in context.sentence:
        named = _inside(context, clause)
        if named and not context.has_number(clause):
            return named
    return ()


def parts_here(context: NumberContext) -> tuple[Mention, ...]:
    """Return the names in the number's own clause, with the names listed before it."""
    here = _inside(context, context.clause)
    if not here:
        return ()
    own = here[0]
    if len(here) > 1 and "for" not in context.around.lower().split():
        here = (min(here, key=lambda part: abs(part.start - context.quantity.start)),)
    listed = [
        part
        for clause in context.sentence
        if not context.has_number(clause)
        for part in _inside(context, clause)
        if _is_only(clause, part) or _continues(context, clause, part, own)
    ]
    return (*here, *listed)


def _sentence(cut: Sequence[Clause], at: int) -> tuple[Clause, ...]:
    same = [(i, clause) for i, clause in enumerate(cut) if clause.sentence == cut[at].sentence]
    before = [clause for i, clause in same if i < at]
    return (*reversed(before), *(clause for i, clause in same if i > at))


def _distance(mark: Mark, quantity: Quantity, *, backwards: bool) -> int:
    if mark.end <= quantity.start:
        return quantity.start - mark.end
    return mark.start - quantity.end + (_AGAINST_ORDER if backwards else 0)


def _inside(context: NumberContext, clause: Clause) -> tuple[Mention, ...]:
    return tuple(part for part in context.parts if clause.start <= part.start < clause.end)


def _is_only(clause: Clause, part: Mention) -> bool:
    """Return whether the clause contains only the name, as in "for search and chat"."""
    rest = clause.text[: part.start - clause.start] + clause.text[part.end - clause.start :]
    return _ALONE.fullmatch(rest) is not None


def _continues(context: NumberContext, clause: Clause, part: Mention, own: Mention) -> bool:
    """Return whether a list of names runs across the two clauses: "search and chat in 1 s"."""
    is_last = not clause.text[part.end - clause.start :].strip(" \"'`")
    begins = not context.clause.text[: own.start - context.clause.start].strip(" \"'`")
    return is_last and begins and clause.end <= context.clause.start
