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
_HEADING: Final = (":", "—", "–", "-", "=")


def is_bare_cut(context: NumberContext, mark: Mark) -> bool:
    """Return whether the share has no object of its own, and only another clause names a speed by `mark`."""
    clause = context.clause
    if context.quantity.unit is not Unit.SHARE or mark.subject not in _SPEEDS:
        return False
    if clause.start <= mark.start < clause.start + len(clause.text) or clause.joint.strip() in _HEADING:
        return False
    if _ELIDED.match(clause.text) or _POINTS_BACK.search(clause.text):
        return False
    is_less = _CUT.search(context.before) is not None or _OFF.match(context.after) is not None
    return is_less or context.quantity.sign == "-"
