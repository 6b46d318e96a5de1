"""Drop the goals that a later part of the question corrects: "500 ms, sorry, 700 ms"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.phrases import CLASSES
from netra.domain.agents.question.readings import Fact, Reading, Retracted, StatedTarget

_STRONG: Final = re.compile(
    r"\b(?:sorry|scratch that|strike that|no wait|wait,? no|wrong (?:one|feature|model|name|tool|number"
    r"|metric)|i mean(?:t)?"
    r"|make that|correction|oops|or rather|my (?:mistake|bad)|typo|erratum|misspoke|i take (?:it|that) "
    r"back|on second thoughts?"
    r"|actually|no,)(?!\w)",
    re.IGNORECASE,
)
_ADDS: Final = re.compile(
    r"\b(?:also|too|as well|plus|additionally|both|on top|another|add)\b", re.IGNORECASE
)
_ADDS_WITHIN: Final = 16  # characters after a name that are searched for “too”
_KINDS: Final = (
    ("saving_share", "speedup", "traffic_growth"),
    ("ttft", "tpot", "latency"),
    ("budget_usd_per_month", "saving_usd_per_month"),
)  # a correction may exchange the goals of one row: "20 % cheaper. Sorry, I meant faster"


def without_corrected_names(mentions: Sequence[Mention], text: str) -> tuple[Mention, ...]:
    """Return the names of one kind without those that a later one corrects: "X. Sorry, wrong one: Y".

    >>> named = [Mention(name="X", start=0, end=1), Mention(name="Y", start=10, end=11)]
    >>> [one.name for one in without_corrected_names(named, "X - sorry, Y")]
    ['Y']
    """
    ordered = sorted(mentions, key=lambda one: one.start)
    last = 0
    for at in range(1, len(ordered)):
        between = text[ordered[at - 1].end : ordered[at].start]
        after = text[ordered[at].end : ordered[at].end + _ADDS_WITHIN]
        is_plain = not any(char.isdigit() for char in between)
        if is_plain and _STRONG.search(between) and not _ADDS.search(f"{between} {after}"):
            last = at
    return tuple(one for one in mentions if one.start >= ordered[last].start) if ordered else ()


def without_corrected(readings: Sequence[Reading], text: str) -> tuple[Reading, ...]:
    """Return the readings with each corrected goal as retracted."""
    marks = [match.start() for match in CLASSES["correction"].finditer(text)]
    found = list(readings)
    for at, later in enumerate(found):
        if not isinstance(later, StatedTarget):
            continue
        earlier = _corrected(found[:at], later, marks, text)
        if earlier is not None:
            place, wrong = earlier
            found[at] = msgspec.structs.replace(later, parts=later.parts or wrong.parts)
            found[place] = Retracted(text=wrong.text, start=wrong.start, target=wrong)
    return tuple(found)


def without_stated(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings with a goal as a fact where only a later, different one is asked for.

    “TTFT 3 s right now, want 1 s” states the first and asks for the second.
    """
    found = list(readings)
    for at, earlier in enumerate(found):
        if not isinstance(earlier, StatedTarget) or earlier.is_asked:
            continue
        for later in found[at + 1 :]:
            if isinstance(later, StatedTarget) and later.is_asked and _is_other_value(earlier, later):
                found[at] = Fact(text=earlier.text, start=earlier.start, target=earlier)
                break
    return tuple(found)


def _is_other_value(earlier: StatedTarget, later: StatedTarget) -> bool:
    if earlier.field != later.field or earlier.value == later.value:
        return False
    is_same_part = not later.parts or earlier.parts == later.parts
    return is_same_part and (
        None in (later.percentile, earlier.percentile) or later.percentile == earlier.percentile
    )


def _corrected(
    before: Sequence[Reading], later: StatedTarget, marks: Sequence[int], text: str
) -> tuple[int, StatedTarget] | None:
    """Return the goal that `later` corrects, and its place."""
    for at in range(len(before) - 1, -1, -1):
        one = before[at]
        if not isinstance(one, StatedTarget):
            continue
        if one.field != later.field:
            if at == len(before) - 1 and _is_exchanged(one, later, text):
                return at, one
            continue
        is_other = bool(one.parts and later.parts) and one.parts != later.parts
        if not is_other and any(one.end <= mark <= later.start for mark in marks):
            return at, one
    return None


def _is_exchanged(earlier: StatedTarget, later: StatedTarget, text: str) -> bool:
    """Return whether a correction stands between two goals of one kind: "20 % cheaper. Sorry, faster"."""
    between = text[earlier.end : later.start]
    is_kind = any(earlier.field in kind and later.field in kind for kind in _KINDS)
    return is_kind and _STRONG.search(between) is not None and _ADDS.search(between) is None
