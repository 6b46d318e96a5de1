"""Decide what a number without a goal is: a continued fact, context, a word of counting; quote its clause."""

import re
from typing import Final

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.question.moods import is_asked
from netra.domain.agents.question.number_context import NumberContext
from netra.domain.agents.question.readings import Reading, Unread
from netra.domain.agents.question.strays import STRAY

_AROUND: Final = re.compile(r"\W*(?:only |about |around |roughly )?", re.IGNORECASE)
_OF_A_WHOLE: Final = re.compile(
    r"\S+ ?(?:%|percent)? of (?:the |our |all |its |their )?\w+(?: \w+)?\W*", re.IGNORECASE
)
_VERBAL: Final = re.compile(
    r"\b(?:is|are|be|will|would|should|must|can|could|may|make|makes|keep|get|want|need|cut|save|saves"
    r"|find|cheaper|faster|quicker|slower"
    r"|less|more|off|lower|reduce|below|under|within|budget|limit|target|goal|max|grow\w*|halve\w*"
    r"|double\w*|twice|half|now|then|help|aim)\b"
    r"|[<>≤≥?]",
    re.IGNORECASE,
)
_AT_A_TIME: Final = re.compile(
    r"\s*(?:after(?:wards)?|later|since(?: then)?|then|before|earlier|last (?:week|month|year))\W*"
    r"(?:(?:the|that|this|our) \w+\W*)?$",
    re.IGNORECASE,
)
_LEAD: Final = re.compile(
    r"^(?:[\s,;:.–—-]+|(?:and|but|so|then|while|because|with|when|if)\b\s*)+", re.IGNORECASE
)
_STOPS: Final = re.compile(r"[,.;:!?](?=\s|$)|\n|\s[–—-]\s")
COUNTED: Final = re.compile(
    r"\b(?:per|each|every|top|last|first|these|the)\s*$|\b(?:cost|price|bill) (?:of|for)\s*$", re.IGNORECASE
)


def continues_a_fact(context: NumberContext, sentence: int) -> bool:
    """Return whether the number only continues the fact of `sentence`: "was 2 s before and 3 s after"."""
    if context.clause.sentence != sentence:
        return False
    clause = context.clause.text
    is_listed = context.clause.joint.strip().lower() in ("and", ", and", "plus")
    is_plain = _OF_A_WHOLE.fullmatch(clause.strip()) or _VERBAL.search(clause) is None
    if is_listed and is_plain and not is_asked(context):
        return True
    return _AROUND.fullmatch(context.before) is not None and _AT_A_TIME.match(context.after) is not None


def is_context(context: NumberContext) -> bool:
    """Return whether a number without a target is context, such as “a cache TTL of 300 s”."""
    number = context.quantity
    if number.unit is Unit.COUNT:
        return not is_counting(context)
    return number.unit in (Unit.MS, Unit.SHARE, Unit.FACTOR, Unit.BARE)


def is_counting(context: NumberContext) -> bool:
    """Return whether the number only counts what the words list: "the top 5 calls", "two teams"."""
    number = context.quantity
    is_thing = number.noun == "thing" or COUNTED.search(context.before) is not None
    return number.unit is Unit.COUNT and is_thing


def unexplained(context: NumberContext, quote: str) -> list[Reading]:
    """Return a number without any reading as unread, so that no number is lost, but no word of counting."""
    if is_counting(context):
        return []
    return [Unread(text=quote, why=STRAY, start=context.quantity.start)]


def clause_of(context: NumberContext, quotes: str) -> str:
    """Return the number's clause as written, from comma to comma."""
    number, narrow = context.quantity, context.clause
    begin = max((match.end() for match in _STOPS.finditer(quotes, 0, number.start)), default=0)
    stop = _STOPS.search(quotes, number.end)
    end = len(quotes) if stop is None else stop.start()
    if any(
        begin <= other.start < end and not narrow.start <= other.start < narrow.end
        for other in context.others
    ):
        begin, end = narrow.start, narrow.end
    clause = quotes[begin:end]
    return " ".join(_LEAD.sub("", clause.strip(" \t\n,;:.–—-()?!")).split())
