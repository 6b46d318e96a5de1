"""Give each number the words that qualify it: metric, percentile, feature, wherever they stand."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import msgspec

from netra.domain.agents.question.clauses import Clause, place
from netra.domain.agents.question.number_context import NumberContext

Value = TypeVar("Value")


class Attribute(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """A word that qualifies a number, and its position."""

    value: Value
    start: int
    end: int


NO_CLAUSE: Final = -1


def assigned(
    heads: Sequence[NumberContext], cut: Sequence[Clause], found: Sequence[Attribute[Value]]
) -> list[list[Attribute[Value]]]:
    """Return the attributes of each number.

    Those of its own clause come first. An attribute in a clause without a number qualifies the next number
    of the sentence if that has no attribute, else the one before.
    """
    own: list[list[Attribute[Value]]] = [[] for _ in heads]
    loose: list[Attribute[Value]] = []
    by_clause = [place(cut, head.quantity.start) for head in heads]
    for at in range(len(cut)):
        mine = [attribute for attribute in found if place(cut, attribute.start) == at]
        here = [head for head, clause in enumerate(by_clause) if clause == at]
        if not here:
            loose += mine
        else:
            _share(heads, here, mine, own)
    direct = [bool(attributes) for attributes in own]
    for attribute in loose:
        taker = _taker(heads, cut, attribute, direct)
        if taker is not None:
            own[taker].append(attribute)
    return own


def carried_over(
    heads: Sequence[NumberContext], cut: Sequence[Clause], found: Sequence[Attribute[Value]], at: int
) -> Attribute[Value] | None:
    """Return the only attribute of the sentence before a number; None if that sentence has a number.

    “TTFT on X is bad. It must be below 700 ms.” limits TTFT on X.
    """
    sentence = heads[at].clause.sentence
    sentences = [cut[place(cut, one.start)].sentence for one in found]
    before = max(
        (clause.sentence for clause in cut if clause.sentence < sentence and clause.text.strip()), default=-1
    )
    if sentence in sentences or any(head.clause.sentence == before for head in heads):
        return None
    held = [one for one, of in zip(found, sentences, strict=True) if of == before]
    return held[-1] if len({one.value for one in held}) == 1 else None


def _share(
    heads: Sequence[NumberContext],
    here: Sequence[int],
    mine: Sequence[Attribute[Value]],
    own: list[list[Attribute[Value]]],
) -> None:
    """Share the attributes of a clause among its numbers: before each number, or after each."""
    if not mine:
        return
    leads = mine[0].start < heads[here[0]].quantity.start
    for attribute in mine:
        after = [head for head in here if heads[head].quantity.start >= attribute.end]
        before = [head for head in here if heads[head].quantity.end <= attribute.start]
        if leads:
            own[after[0] if after else here[-1]].append(attribute)
        else:
            own[before[-1] if before else here[0]].append(attribute)


def _taker(
    heads: Sequence[NumberContext], cut: Sequence[Clause], attribute: Attribute[Value], direct: Sequence[bool]
) -> int | None:
    """Return the number that an attribute of another clause qualifies; None without one."""
    sentence = cut[place(cut, attribute.start)].sentence
    same = [at for at, head in enumerate(heads) if head.clause.sentence == sentence]
    after = [at for at in same if heads[at].quantity.start >= attribute.end]
    before = [at for at in same if heads[at].quantity.end <= attribute.start]
    if after and not direct[after[0]]:
        return after[0]
    if before and not direct[before[-1]]:
        return before[-1]
    return None
