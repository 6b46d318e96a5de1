"""Put each number of a message into context: its clause, the subject it is about, the text around it."""

import re
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.digits import Convention
from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.numbers.reader import read_numbers
from netra.domain.agents.question.clauses import Clause, Mark, Subject, clauses, place
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.number_units import (
    as_percentile,
    in_list,
    is_no_goal,
    with_ratios,
    with_unit_before,
    with_unit_of,
)
from netra.domain.agents.question.topics import is_kept

NUMBERS_MAX: Final = 100  # most numbers read from a message; bounds the quadratic comparison
_OF_WHAT_STANDS_BEFORE: Final = re.compile(
    r"\b(?:by|to|is|are|of|under|below|within|than|most)\s+(?:about |around |roughly |up to |at least "
    r"|at most )?$",
    re.IGNORECASE,
)
_COMPARES: Final = re.compile(r"\s*(?:higher|lower|more|less|fewer|extra|additional)\b", re.IGNORECASE)
_COMPARATIVE: Final = re.compile(
    r"cheaper|dearer|pricier|faster|quicker|speedier|snappi?er|slower|sooner|expensive|snappy"
    r"|fast|quick|speedy|responsive|costly|costlier|swifter|zippier|nimbler",
    re.IGNORECASE,
)
_TO_COMPARATIVE: Final = re.compile(
    r"\s*-?(?:(?:as|more|less|much|or so|at least|even|about) )*", re.IGNORECASE
)
_OF_THE: Final = re.compile(
    r"\s*(?:of\s)?(?:the|our|its|my|their|today's|current|this|that)\s(?:\w+\s)?", re.IGNORECASE
)
_FEW_WORDS: Final = 2  # most words besides a number in a sentence that takes its subject from the one before
_AGAINST_ORDER: Final = 60  # penalty in characters for a word on the wrong side of "by"


class NumberContext(msgspec.Struct, frozen=True, kw_only=True):
    """A number and the context that decides its meaning."""

    quantity: Number
    clause: Clause
    others: tuple[Number, ...]  # the other numbers of the message that may set a goal
    # other clauses of the sentence: those before the number first, nearest first
    sentence: tuple[Clause, ...]
    parts: tuple[Mention, ...]  # features, functions and tools named in the message
    carried: tuple[Mark, ...] = ()  # marks of the sentence before, if this one has nothing but the number

    @property
    def before(self) -> str:
        """Return the clause's text between the previous number and this one."""
        begin = max((q.end for q in self.others if q.end <= self.quantity.start), default=0)
        return self._text(max(begin, self.clause.start), self.quantity.start)

    @property
    def lead(self) -> str:
        """Return the clause's text before the number, with the numbers in it."""
        return self._text(self.clause.start, self.quantity.start)

    @property
    def after(self) -> str:
        """Return the clause's text between this number and the next."""
        end = min((q.start for q in self.others if q.start >= self.quantity.end), default=self.clause.end)
        return self._text(self.quantity.end, min(end, self.clause.end))

    @property
    def around(self) -> str:
        """Return the clause's text around the number."""
        return f"{self.before} {self.after}"

    @property
    def whole_sentence(self) -> str:
        """Return the text of the number's sentence, its clauses in order."""
        ordered = sorted((*self.sentence, self.clause), key=lambda clause: clause.start)
        return " ".join(clause.text for clause in ordered)

    def has_number(self, clause: Clause) -> bool:
        """Return whether `clause` contains any number."""
        return any(clause.start <= q.start < clause.end for q in (self.quantity, *self.others))

    def _text(self, start: int, end: int) -> str:
        return self.clause.text[max(0, start - self.clause.start) : max(0, end - self.clause.start)]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a message that may set goals, in context, and the percentiles."""

    heads: tuple[NumberContext, ...]
    percentiles: tuple[Number, ...]
    clauses: tuple[Clause, ...]


def number_contexts(text: str, parts: Sequence[Mention], *, convention: Convention | None = None) -> Numbers:
    """Return the first `NUMBERS_MAX` numbers of `text` with their context."""
    read = with_ratios(text, read_numbers(text, convention=convention))
    named = [with_unit_before(text, n) for n in read if not is_no_goal(text, n)][:NUMBERS_MAX]
    found = [with_unit_of(text, named[:at], in_list(text, n, named[at + 1 :])) for at, n in enumerate(named)]
    cut = clauses(text)
    numbers = [as_percentile(text, number, found, cut) for number in found]
    heads = [number for number in numbers if number.unit is not Unit.PERCENTILE]
    contexts = [
        NumberContext(
            quantity=number,
            clause=cut[place(cut, number.start)],
            others=(*heads[:at], *heads[at + 1 :]),
            sentence=_sentence(cut, place(cut, number.start)),
            parts=tuple(parts),
            carried=_carried(cut, place(cut, number.start), heads, number),
        )
        for at, number in enumerate(heads)
    ]
    percentiles = tuple(number for number in numbers if number.unit is Unit.PERCENTILE)
    return Numbers(heads=tuple(contexts), percentiles=percentiles, clauses=cut)


def mark_of(context: NumberContext, among: Collection[Subject]) -> Mark | None:
    """Return the nearest word that names the number's subject: in its clause, else in its sentence."""
    begin, end = context.clause.start, context.clause.end
    here = [mark for mark in context.clause.marks if mark.subject in among and begin <= mark.start < end]
    compared = next(
        (mark for mark in here if _is_compared_by(context, mark) or _is_whole_of(context, mark)), None
    )
    if compared is not None:
        return compared
    here = [mark for mark in here if not mark.is_weak] or here
    if here:
        backwards = _OF_WHAT_STANDS_BEFORE.search(context.before) and not _COMPARES.match(context.after)
        if _COMPARES.match(context.after):
            here = [mark for mark in here if mark.start >= context.quantity.end] or here
        return min(here, key=lambda mark: _distance(mark, context.quantity, backwards=bool(backwards)))
    for clause in context.sentence:
        near = [mark for mark in clause.marks if mark.subject in among]
        if is_kept(clause.text):
            continue  # "keep latency where it is and cut 20 %" is about the bill
        if near and not context.has_number(clause):
            return near[-1] if clause.start < begin else near[0]
    return None


def _is_compared_by(context: NumberContext, mark: Mark) -> bool:
    """Return whether the mark is the comparative that the number measures: "1.4x faster", "30 % cheaper"."""
    if _COMPARATIVE.fullmatch(mark.text) is None or mark.start < context.quantity.end:
        return False
    return (
        _TO_COMPARATIVE.fullmatch(
            context.clause.text[
                context.quantity.end - context.clause.start : mark.start - context.clause.start
            ]
        )
        is not None
    )


def _is_whole_of(context: NumberContext, mark: Mark) -> bool:
    """Return whether the mark is the whole of which the number is a part: "half the price"."""
    if mark.start < context.quantity.end or mark.is_weak:
        return False
    begin = context.clause.start
    return (
        _OF_THE.fullmatch(context.clause.text[context.quantity.end - begin : mark.start - begin]) is not None
    )


def subjects_of(context: NumberContext, among: Collection[Subject]) -> tuple[Mark, ...]:
    """Return the number's subjects: that of `mark_of`, and both for "cost and latency by 20 %"."""
    mark = mark_of(context, among)
    if mark is None:
        return ()
    found = [mark]
    opens = context.clause.text[: max(0, mark.start - context.clause.start)].strip().lower()
    is_listed = context.clause.joint.strip().lower() in ("and", ",", ", and", "plus", "&", "")
    if is_listed and mark.end <= context.quantity.start and opens in ("", "the", "our", "my"):
        for clause in context.sentence:
            listed = [other for other in clause.marks if other.subject in among]
            if clause.end > context.clause.start or context.has_number(clause) or not listed:
                break
            if clause.text[listed[-1].end - clause.start :].strip() or listed[-1].subject is mark.subject:
                break
            found.append(listed[-1])
    return tuple(found)


def _carried(cut: Sequence[Clause], at: int, heads: Sequence[Number], number: Number) -> tuple[Mark, ...]:
    """Return the marks of the sentence before a number that stands alone: "Faster, please. 1.5x."."""
    own = [clause for clause in cut if clause.sentence == cut[at].sentence]
    words = "".join(clause.text for clause in own).replace(number.text, "")
    before = max(
        (clause.sentence for clause in cut if clause.sentence < cut[at].sentence and clause.text.strip()),
        default=-1,
    )
    earlier = [clause for clause in cut if clause.sentence == before]
    if len(re.findall(r"[^\W\d_]{2,}", words)) > _FEW_WORDS:
        return ()
    if any(clause.start <= head.start < clause.end for clause in earlier for head in heads):
        return ()
    return tuple(mark for clause in earlier for mark in clause.marks)


def _sentence(cut: Sequence[Clause], at: int) -> tuple[Clause, ...]:
    same = [(i, clause) for i, clause in enumerate(cut) if clause.sentence == cut[at].sentence]
    before = [clause for i, clause in same if i < at]
    return (*reversed(before), *(clause for i, clause in same if i > at))


def _distance(mark: Mark, quantity: Number, *, backwards: bool) -> int:
    if mark.end <= quantity.start:
        return quantity.start - mark.end
    return mark.start - quantity.end + (_AGAINST_ORDER if backwards else 0)
