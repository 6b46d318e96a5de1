"""Drop the goals that a later part of the question corrects: "500 ms, sorry, 700 ms"."""

from collections.abc import Sequence

import msgspec

from netra.domain.agents.question.phrases import CLASSES
from netra.domain.agents.question.readings import Reading, Retracted, StatedTarget


def without_corrected(readings: Sequence[Reading], text: str) -> tuple[Reading, ...]:
    """Return the readings with each corrected goal as retracted."""
    marks = [match.start() for match in CLASSES["correction"].finditer(text)]
    found = list(readings)
    for at, later in enumerate(found):
        if not isinstance(later, StatedTarget):
            continue
        earlier = _corrected(found[:at], later, marks)
        if earlier is not None:
            place, wrong = earlier
            found[at] = msgspec.structs.replace(later, parts=later.parts or wrong.parts)
            found[place] = Retracted(text=wrong.text, start=wrong.start, target=wrong)
    return tuple(found)


def correction_marks(text: str) -> tuple[int, ...]:
    """Return the positions of the words that announce a correction."""
    return tuple(match.start() for match in CLASSES["correction"].finditer(text))


def _corrected(
    before: Sequence[Reading], later: StatedTarget, marks: Sequence[int]
) -> tuple[int, StatedTarget] | None:
    """Return the goal that `later` corrects, and its place."""
    for at in range(len(before) - 1, -1, -1):
        one = before[at]
        if not isinstance(one, StatedTarget) or one.field != later.field:
            continue
        is_other = bool(one.parts and later.parts) and one.parts != later.parts
        if not is_other and any(one.end <= mark <= later.start for mark in marks):
            return at, one
    return None
