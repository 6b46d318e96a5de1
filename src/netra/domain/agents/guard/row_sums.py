"""Recognise the sum of rows that a sentence lists: "chat and search together cost $5"."""

import re
from collections.abc import Sequence
from typing import Final

from netra.domain.agents.guard.facts import Fact
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.placement import Spot

_KINDS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_ADDITIVE: Final = {
    NumberKind.USD: "usd_in_window",
    NumberKind.CALLS: "requests",
    NumberKind.SHARE: "share of",
}


_THAN: Final = re.compile(
    r"\s?(?:calls |tokens |requests |over the log |in the log )?(?P<way>more|less|fewer)\b.{0,30}?\bthan\b",
    re.IGNORECASE,
)


_GAP: Final = re.compile(r"\b(?:difference|gap)\b.{0,20}\bbetween\b", re.IGNORECASE)


def is_sum(number: StatedNumber, facts: Sequence[Fact], spot: Spot) -> bool:
    """Return whether the number is the sum of what the rows listed with it have each."""
    field = _ADDITIVE.get(number.kind)
    if field is None or number.period or number.way:
        return False
    for kind in _KINDS:
        listed = [mention.of_kind(kind) for mention in spot.rows if mention.of_kind(kind)]
        if len(listed) < 2:
            continue
        values = [
            next(
                (fact.value for fact in facts if _is_row_of(fact, field, number) and fact.rows[-1] == names),
                None,
            )
            for names in listed
        ]
        known = [value for value in values if value is not None]
        if len(known) == len(values) and number.low <= sum(known) <= number.high:
            return True
    return False


def is_difference(number: StatedNumber, facts: Sequence[Fact], spot: Spot) -> bool:
    """Return whether the number is the difference of two rows: "chat costs $5 more than search"."""
    field = _ADDITIVE.get(number.kind)
    match = _THAN.match(spot.after)
    is_gap = _GAP.search(spot.before) is not None
    if field is None or (match is None and not is_gap) or number.period:
        return False
    before = [mention for mention in spot.mentions if mention.end <= len(spot.before)]
    after = [mention for mention in spot.mentions if mention.start >= len(spot.sentence) - len(spot.after)]
    for kind in _KINDS:
        near = before[-2:] if is_gap else (*before[-1:], *after[:1])
        pair = [one.of_kind(kind) for one in near if one.of_kind(kind)]
        values = [
            next(
                (fact.value for fact in facts if _is_row_of(fact, field, number) and fact.rows[-1] == names),
                None,
            )
            for names in pair
        ]
        if len(values) == 2 and values[0] is not None and values[1] is not None:
            more = values[0] - values[1]
            if match is None:
                more = abs(more)
            elif match["way"].lower() != "more":
                more = -more
            return number.low <= more <= number.high
    return False


def _is_row_of(fact: Fact, field: str, number: StatedNumber) -> bool:
    return fact.kind is number.kind and field in fact.path and bool(fact.rows)
