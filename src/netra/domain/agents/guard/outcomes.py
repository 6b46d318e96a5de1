"""Decide whether a number is of the outcome that its sentence names, or of the opposite outcome."""

import re
from typing import Final

from netra.domain.agents.guard.concepts import OUTCOMES, concepts_in, says
from netra.domain.agents.guard.facts import Fact, names_of
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.placement import Spot

_OUTCOME_CHANGES: Final = {"fail": "waste", "repeat": "exact_duplicates"}
_BUSIEST: Final = re.compile(r"\b(?:busiest|peak) (?:second|minute|hour)\b", re.IGNORECASE)
_CLAUSE: Final = re.compile(r"[,;:()]\s")
_SIDES: Final = (
    ("fail", "succeed"),
    ("repeat", "unrepeated"),
    ("batch", "cannot_wait"),
    ("over_limit", "within_limit"),
)
_OPPOSITES: Final = frozenset(negative for _, negative in _SIDES)
_DISTANCE_AFTER: Final = re.compile(
    r"\s*(?:of (?:headroom|room|margin)|(?:\w+ )?(?:above|over|below|under|past|beyond|inside|within"
    r"|short of)\s(?:its|the|their|your"
    r"|that|this)\s(?:\w+ )?(?:limit|target|slo|objective|threshold)s?\b|to spare|too slow"
    r"|(?:faster|quicker|shorter|less)\b.{0,30}\b(?:to|before it|until it) (?:keep|meet|hold|stay|reach"
    r"|get|respect)|times (?:its|the) limit)",
    re.IGNORECASE,
)
_DISTANCE_BEFORE: Final = re.compile(
    r"\b(?:limit|target|slo|objective|threshold|it|this)s?\b(?: \w+)?(?: is)?(?: \w+)? by (?:about "
    r"|around |roughly |nearly "
    r"|almost |some |only |just )?$|\bover(?:shoots|runs)? (?:\w+ ){0,3}by $",
    re.IGNORECASE,
)
_TO_MEET: Final = re.compile(
    r"\bto (?:keep|meet|hold|stay|get|respect)\b.{0,20}\blimit\b.*\b(?:would|must|has|have|needs?)\b"
    r"|\b(?:would|must|has|have|needs?)\b.*\bto (?:keep|meet|hold|stay|get|respect)\b.{0,20}\blimit\b",
    re.IGNORECASE,
)


def has_outcome(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    """Return whether a count of failed or repeated calls is one, or the whole of which they are a part."""
    if fact.kind is NumberKind.CALLS and _BUSIEST.search(spot.segment) and "peak" not in fact.needs:
        return False
    if fact.kind not in (NumberKind.CALLS, NumberKind.SHARE):
        return True
    return _has_side(fact, spot) and (not _OPPOSITES.isdisjoint(fact.needs) or _is_counted(fact, spot))


def _is_counted(fact: Fact, spot: Spot) -> bool:
    """Return whether the sentence names the outcome that the fact counts, or no outcome."""
    outcomes: set[str] = {name for name in OUTCOMES if name in concepts_in(spot.segment)}
    if not outcomes:
        return True
    if any(need in OUTCOMES for need in fact.needs):
        return not outcomes.isdisjoint(fact.needs)
    changes = {name.text for name in names_of(fact.rows) if name.kind is NameKind.CHANGE}
    if changes:
        return not changes.isdisjoint(_OUTCOME_CHANGES[outcome] for outcome in outcomes)
    return fact.kind is NumberKind.CALLS and spot.says_whole


def _has_side(fact: Fact, spot: Spot) -> bool:
    """Return whether the calls of one side of an outcome are not stated as those of the other."""
    clause = f"{re.split(_CLAUSE, spot.before)[-1]} {re.split(_CLAUSE, spot.after)[0]}"
    for positive, negative in _SIDES:
        if negative in fact.needs:
            return says(clause, negative)
        if positive in fact.needs and says(clause, negative):
            return negative == "succeed" and says(clause, positive)
    return True


def has_distance(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    """Return whether a distance from a limit is stated as one, and nothing else is."""
    is_distance = "over_by" in fact.needs or "under_by" in fact.needs
    if fact.kind not in (NumberKind.TIME, NumberKind.SHARE, NumberKind.FACTOR):
        return True
    stated = (
        _DISTANCE_AFTER.match(spot.after)
        or _DISTANCE_BEFORE.search(spot.before)
        or _TO_MEET.search(spot.sentence)
    )
    return is_distance == (stated is not None)
