"""Find the features that each number applies to, wherever they stand in its sentence."""

import re
from collections.abc import Sequence
from typing import Final

from netra.domain.agents.numbers.lexicon import CARDINALS
from netra.domain.agents.question.attributes import Attribute, assigned, carried_over
from netra.domain.agents.question.clauses import place
from netra.domain.agents.question.limits import is_duration
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.number_context import NumberContext, Numbers

_ITS: Final = re.compile(
    r"\b(?:its|their|it|them|there|this (?:feature|tool|one)|that (?:feature|tool|one))\b", re.IGNORECASE
)
_PAIR: Final = re.compile(r"\s*(?:→|-+>|=>|(?:down )?to(?: under| below| at most| about)?)\s*", re.IGNORECASE)
_ELIDED: Final = re.compile(
    r"^\W*(?:also |then |yet )?(?:must|should|may|can|could|has to|have to|needs? to|be|get|is|are|to"
    r"|will)\b",
    re.IGNORECASE,
)
_TOPIC: Final = re.compile(r"^\W*(?:for|in|on|with|as for|regarding|about)?\W*(?:the |our )?$", re.IGNORECASE)
_TOPIC_END: Final = re.compile(r"\s*(?:calls|feature|tool)?\s*[,:–—-]")
_FOR_NAME: Final = re.compile(
    r"\s*(?:for|on|in) (?:the |our )?(?P<name>[A-Za-z][\w-]{0,40})(?!\w)", re.IGNORECASE
)
_OF_ALL: Final = re.compile(
    r"\b(?:overall|everything|everywhere|everyone|in general|generally|globally|all (?:calls|requests"
    r"|features|the others?|others?)"
    r"|every (?:feature|call|request)|the rest|elsewhere|the others?|anything else|across the board)\b",
    re.IGNORECASE,
)
_RESPECTIVELY: Final = re.compile(r"\b(?:respectively|in (?:that|this) order)\b", re.IGNORECASE)
_PERCENTILE: Final = re.compile(r"p[0-9]+", re.IGNORECASE)
_GRAMMAR: Final = """
    all any each every everything everyone most some users user us me total production prod average general
    p99 p95 it them this that these those calls requests latency the a an my both less more their generating
    generation answers answer responses response interactive short long other others online real traffic worst
    something anything someone somebody anyone anybody everybody whole full entire complete single given
    which at first our one end order case every-one place half two three time times practice fact principle
"""
_NO_PART: Final = frozenset((*_GRAMMAR.split(), *CARDINALS))


def parts_of(text: str, numbers: Numbers, parts: Sequence[Mention]) -> list[tuple[str, ...]]:
    """Return the names of the features that each number applies to; empty for all calls."""
    found = [Attribute(value=part.name, start=part.start, end=part.end) for part in parts]
    own = assigned(numbers.heads, numbers.clauses, found)
    names = [tuple(dict.fromkeys(one.value for one in attributes)) for attributes in own]
    for at, head in enumerate(numbers.heads):
        if not names[at]:
            names[at] = _inherited(text, numbers, parts, names, at)
        if is_duration(head.quantity):
            is_near = any(head.clause.start <= one.start < head.clause.end for one in own[at])
            names[at] = names[at] if is_near else _named_after(head) or names[at]
            carried = None if names[at] else carried_over(numbers.heads, numbers.clauses, found, at)
            if carried is not None and not _OF_ALL.search(head.whole_sentence):
                names[at] = (carried.value,)
    _spread_back(numbers, parts, names)
    _in_order(text, numbers, parts, names)
    return names


def _in_order(text: str, numbers: Numbers, parts: Sequence[Mention], names: list[tuple[str, ...]]) -> None:
    """Give the listed features their numbers one by one: "A and B in 4 s and 7 s respectively"."""
    match = _RESPECTIVELY.search(text)
    if match is None:
        return
    sentence = numbers.clauses[place(numbers.clauses, match.start())].sentence
    heads = [at for at, head in enumerate(numbers.heads) if head.clause.sentence == sentence]
    listed = [
        part for part in parts if numbers.clauses[place(numbers.clauses, part.start)].sentence == sentence
    ]
    if len(heads) == len(listed):
        for at, part in zip(heads, listed, strict=True):
            names[at] = (part.name,)


def _inherited(
    text: str, numbers: Numbers, parts: Sequence[Mention], names: Sequence[tuple[str, ...]], at: int
) -> tuple[str, ...]:
    """Return the features that a pronoun or the topic of the sentence stands for."""
    head = numbers.heads[at]
    earlier = [part for part in parts if part.end <= head.quantity.start]
    if earlier and _ITS.search(head.clause.text) and not _is_dummy(head):
        return (earlier[-1].name,)
    before = text[numbers.heads[at - 1].quantity.end : head.quantity.start] if at else ""
    if at and _PAIR.fullmatch(before):
        return names[at - 1]
    is_bare = head.clause.text.strip(" .,;!?").lower() == head.quantity.text.strip().lower()
    if at and is_bare and numbers.heads[at - 1].clause.sentence == head.clause.sentence:
        return names[at - 1]
    if at and _ELIDED.match(head.clause.text) and _is_subject(numbers, parts, names[at - 1], at - 1):
        return names[at - 1]
    if at and names[at - 1] and numbers.heads[at - 1].clause.sentence == head.clause.sentence:
        is_limit = is_duration(head.quantity) and is_duration(numbers.heads[at - 1].quantity)
        is_limit = is_limit and not _OF_ALL.search(head.clause.text)
        topic = [part for part in parts if part.name == names[at - 1][0] and part.start < head.quantity.start]
        if topic and _is_topic(text, numbers, topic[-1], is_limit=is_limit):
            return names[at - 1]
    return ()


def _is_subject(numbers: Numbers, parts: Sequence[Mention], names: Sequence[str], before: int) -> bool:
    """Return whether the features of the number before are the subject of its clause."""
    head, follows = numbers.heads[before], numbers.heads[before + 1]
    return head.clause.sentence == follows.clause.sentence and any(
        part.name in names and head.clause.start <= part.start < head.quantity.start for part in parts
    )


def _is_dummy(head: NumberContext) -> bool:
    """Return whether “it” is the subject of the whole question: "make it 20 % cheaper"."""
    return (
        re.search(
            r"\bits\b|\btheir\b|\bthis |\bthat |\bthere\b|it (?:must|has|should|needs)",
            head.clause.text,
            re.IGNORECASE,
        )
        is None
    )


def _is_topic(text: str, numbers: Numbers, part: Mention, *, is_limit: bool) -> bool:
    """Return whether the name opens its sentence as its topic: "for search: 1 s, 20 % cheaper".

    A name that opens a sentence of limits (`is_limit`) is the topic of all of them.
    """
    clause = numbers.clauses[place(numbers.clauses, part.start)]
    begin = min(one.start for one in numbers.clauses if one.sentence == clause.sentence)
    if _TOPIC.match(text[begin : part.start]) is None:
        return False
    return is_limit or _TOPIC_END.match(text, part.end) is not None


def _named_after(head: NumberContext) -> tuple[str, ...]:
    """Return "invoices" of "500 ms for invoices", for a name that the log lacks."""
    match = _FOR_NAME.match(head.after)
    if match is None or match["name"].lower() in _NO_PART or _PERCENTILE.fullmatch(match["name"]):
        return ()
    return (match["name"],)


def _spread_back(numbers: Numbers, parts: Sequence[Mention], names: list[tuple[str, ...]]) -> None:
    """Give the features after the last limit of a sentence to the limits before it: "1 s and 50 ms for X"."""
    for at in range(len(names) - 1, 0, -1):
        head, before = numbers.heads[at], numbers.heads[at - 1]
        is_same = head.clause.sentence == before.clause.sentence
        is_after = any(part.start >= head.quantity.end and part.name in names[at] for part in parts)
        both = is_duration(head.quantity) and is_duration(before.quantity)
        if names[at] and not names[at - 1] and is_same and both and is_after:
            names[at - 1] = names[at]
