"""Recognise a share cut off the bill although another clause speaks of speed: "20 % off, and faster"."""

import re
from typing import Final

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.question.clauses import Mark, Subject
from netra.domain.agents.question.number_context import NumberContext

_SPEEDS: Final = (Subject.RATE, Subject.TIME, Subject.FIRST_TOKEN, Subject.PER_TOKEN)
_CUT: Final = re.compile(
    r"\b(?:cut|minus|save|trim|shave|slash|knock(?: off)?|take off|down(?: by)?|reduce by|cut(?: back)? by) "
    r"(?:about |around |roughly |another |at least |some |just |only )*$",
    re.IGNORECASE,
)
_OFF: Final = re.compile(
    r"\s?(?:less|off|down|lower|cut)\b\W*(?:please|overall|in total)?\W*$", re.IGNORECASE
)
_ELIDED: Final = re.compile(
    r"^\W*(?:also |then |yet )?(?:must|should|may|can|could|shall|will|has to|have to|needs? to|ought to|to"
    r"|be|is|are|goes?|drops?|falls?)\b",
    re.IGNORECASE,
)  # the subject of the clause before goes on: "TTFT is high and should go down 20 %"
_POINTS_BACK: Final = re.compile(
    r"\b(?:it|its|that|this|these|those|them|they|which|both|each)\b", re.IGNORECASE
)
_WISH: Final = re.compile(
    r"\b(?:lower|less|sooner|faster|quicker|snappier|slow|slower|too|down|reduc\w*|cut|improv\w*|better|bad|halve"
    r"|shorten|shorter)\b",
    re.IGNORECASE,
)
_ADDS_A_SIZE: Final = re.compile(
    r"\W*(?:(?:by|at least|about|around|roughly|say|maybe|ideally|minus|down)\W*)*[0-9.,]+\s?(?:%|percent)?"
    r"\s?(?:less|lower|down)?\W*(?:please)?\W*$",
    re.IGNORECASE,
)
_HEADING: Final = (":", "—", "–", "-", "=")


def is_bare_cut(context: NumberContext, mark: Mark) -> bool:
    """Return whether the share has no object of its own, and only another clause names a speed by `mark`."""
    return _has_no_object(context, mark) and not _is_after_a_wish(context, mark)


def is_unclear_cut(context: NumberContext, mark: Mark) -> bool:
    """Return whether the share may be one of the bill or of a time: "it is too slow, we need 30 % less".

    “lower latency, at least 20 % less” is clear: it only adds a size to the wish before.
    """
    is_unclear = _has_no_object(context, mark) and _is_after_a_wish(context, mark)
    return is_unclear and _ADDS_A_SIZE.match(context.clause.text) is None


def is_cut(context: NumberContext) -> bool:
    """Return whether the share itself is a cut: "cut 20 %", "20 % off", "-20 %"."""
    is_less = _CUT.search(context.before) is not None or _OFF.match(context.after) is not None
    return context.quantity.unit is Unit.SHARE and (is_less or context.quantity.sign == "-")


def _has_no_object(context: NumberContext, mark: Mark) -> bool:
    clause = context.clause
    if mark.subject not in _SPEEDS or not is_cut(context) or clause.joint.strip() in _HEADING:
        return False
    if clause.start <= mark.start < clause.start + len(clause.text):
        return False
    return _ELIDED.match(clause.text) is None and _POINTS_BACK.search(clause.text) is None


def _is_after_a_wish(context: NumberContext, mark: Mark) -> bool:
    """Return whether a comma joins the share to a wish for speed, or to a complaint about it."""
    before = next((one for one in context.sentence if one.start < context.clause.start), None)
    if before is None or context.clause.joint.strip() != "," or not before.start <= mark.start < before.end:
        return False
    return _WISH.search(before.text) is not None
