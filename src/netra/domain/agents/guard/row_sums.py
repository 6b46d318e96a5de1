"""Recognise the sum of rows that a sentence lists: "chat and search together cost $5"."""

import re
from collections.abc import Sequence
from typing import Final

from netra.domain.agents.guard.facts import Fact
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
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


_ONE_BY_ONE: Final = re.compile(
    r"\b(?:one by one|separately|individually|each (?:alone|by itself|on its own)|added up|adding up"
    r"|summed)\b",
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


def is_added_up(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number is what the named changes save, each counted alone, where the text"
    " says so."""
    if number.kind is not NumberKind.USD or number.way == "up" or not _ONE_BY_ONE.search(spot.sentence):
        return False
    kinds = {name.text for mention in spot.mentions for name in mention.of_kind(NameKind.CHANGE)}
    named = [change for change in known.recommendations if change.kind in kinds]
    if len(kinds) < 2 or {change.kind for change in named} != kinds or number.period not in ("", "month"):
        return False
    sums = [change.savings.usd_per_month for change in named]
    known_sums = [one for one in sums if one is not None]
    return len(known_sums) == len(named) and number.low <= sum(known_sums) <= number.high


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
