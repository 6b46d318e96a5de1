"""Match a stated number with the facts: value, unit, period, sign, and then row and measure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from netra.domain.agents.guard.concepts import (
    METRICS,
    OUTCOMES,
    concepts_in,
    content_of,
    percentiles_in,
    population_after,
)
from netra.domain.agents.guard.facts import Fact, NamedLabel
from netra.domain.agents.guard.naming import Mention, Name, NameKind
from netra.domain.agents.guard.placement import Spot
from netra.domain.agents.guard.row_sums import is_sum
from netra.domain.agents.guard.stated_numbers import NumberKind, StatedNumber
from netra.domain.agents.guard.versions_and_dates import Label, is_known

_COUNTS: Final = frozenset(
    {
        NumberKind.COUNT,
        NumberKind.CALLS,
        NumberKind.TOKENS,
        NumberKind.GPUS,
        NumberKind.REPLICAS,
        NumberKind.FACTOR,
    }
)
_OUTCOME_CHANGES: Final = {"fail": "waste", "repeat": "exact_duplicates"}
_OF_LOG: Final = re.compile(r"\b(?:over|in|of) (?:the|your|this) (?:whole )?(?:log|window)\b|\blog['’]s\b", re.IGNORECASE)
_SUMMED: Final = frozenset({NumberKind.USD, NumberKind.CALLS, NumberKind.TOKENS})
_SOFT: Final = frozenset({NameKind.CHANGE, NameKind.PROVIDER, NameKind.GPU})  # may stand by facts of other rows


def is_held(number: StatedNumber, facts: Sequence[Fact], spot: Spot, *, earlier: str = "") -> bool:
    """Return whether a fact bears out the number as it is stated."""
    near = [fact for fact in facts if number.low <= fact.value <= number.high and has_unit(number, fact)]
    near = [fact for fact in near if number.is_wish or not fact.is_wish]
    if number.way and not number.sign:
        ways = {fact.way for fact in near if is_of_row(fact, spot) and is_of_measure(number, fact, spot, earlier)}
        near = [
            fact
            for fact in near
            if fact.way == number.way or fact.value == 0 or (fact.way == "" and ways == {""} and not fact.has_way)
        ]
    if any(is_of_row(fact, spot) and is_of_measure(number, fact, spot, earlier) for fact in near):
        return True
    return is_sum(number, facts, spot)


def is_label_held(label: Label, known: Iterable[NamedLabel], spot: Spot) -> bool:
    """Return whether the payload has the name, or the date for a row that the sentence names."""
    held = [one for one in known if is_known(label, (one.label,))]
    if not label.is_date:
        return bool(held)
    return any(_is_of_rows(one.rows, one.around, spot) for one in held)


def has_unit(number: StatedNumber, fact: Fact) -> bool:
    """Return whether unit, period and sign of the number are those of the fact."""
    return _is_of_kind(number, fact) and _has_period(number, fact) and _has_sign(number, fact)


def is_of_row(fact: Fact, spot: Spot) -> bool:
    """Return whether the rows that the number is stated of are those of the fact."""
    if not spot.rows and spot.says_total and fact.kind in _SUMMED:
        return not _names(fact.rows)
    if fact.kind is NumberKind.USD and fact.way and not fact.rows and not spot.says_whole:
        changes = [one for one in spot.rows if one.of_kind(NameKind.CHANGE) or one.of_kind(NameKind.RECOMMENDATION)]
        if changes and not spot.says_total:
            return False  # the plan's saving is not that of one change
    return _is_of_rows(fact.rows, fact.around, spot)


def is_of_measure(number: StatedNumber, fact: Fact, spot: Spot, earlier: str = "") -> bool:
    """Return whether the words around the number name the measure of the fact, and no other."""
    if fact.is_share_of_row and (not spot.rows or not population_after(spot.after)):
        return False
    words = concepts_in(spot.segment)
    around = concepts_in(f"{earlier} {spot.sentence}")
    if fact.content is not None:
        return _shares_content(fact, spot, earlier) and _has_population(number, fact, spot)
    is_bare = not around and not content_of(spot.sentence)
    if not is_bare and any(need not in around for need in fact.needs):
        return False
    metrics = {name for name in METRICS if name in words}
    if metrics and "latency" in fact.needs and not metrics.intersection(fact.needs):
        return False
    if metrics and fact.kind is NumberKind.TIME and not metrics.intersection(fact.needs):
        return False
    outcomes = {name for name in OUTCOMES if name in words}
    if outcomes and fact.kind in (NumberKind.CALLS, NumberKind.SHARE) and not _has_outcome(fact, outcomes, spot):
        return False
    if fact.period and not fact.is_of_log and not number.period and _OF_LOG.search(spot.segment):
        return False
    percentiles = percentiles_in(spot.segment)
    if fact.percentile and percentiles and fact.percentile not in percentiles:
        return False
    return _has_population(number, fact, spot)


def _has_outcome(fact: Fact, outcomes: set[str], spot: Spot) -> bool:
    """Return whether a count of failed or repeated calls is one, or the whole of which they are a part."""
    if any(need in OUTCOMES for need in fact.needs):
        return not outcomes.isdisjoint(fact.needs)
    changes = {name.text for name in _names(fact.rows) if name.kind is NameKind.CHANGE}
    if changes:
        return not changes.isdisjoint(_OUTCOME_CHANGES[outcome] for outcome in outcomes)
    return fact.kind is NumberKind.CALLS and spot.says_whole


def _has_population(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    if number.kind is not NumberKind.SHARE:
        return True
    stated = population_after(spot.after)
    if not stated or stated == fact.population:
        return True
    return bool(fact.population) and (fact.population in stated or (fact.population, stated) == ("answer", "call"))


def _shares_content(fact: Fact, spot: Spot, earlier: str) -> bool:
    content = fact.content or frozenset()
    shared = content & (content_of(spot.sentence) | content_of(earlier))
    if len(shared) >= fact.content_min:
        return True
    changes = {name for mention in spot.rows for name in mention.of_kind(NameKind.CHANGE)}
    return fact.content_min <= 1 and not changes.isdisjoint(_names(fact.rows))


def _is_of_rows(rows: tuple[frozenset[Name], ...], around: frozenset[Name], spot: Spot) -> bool:
    """Return whether every row named with the number is a row of the fact."""
    if not spot.rows:
        return True
    if spot.says_whole and not rows:
        return True
    fits = [_is_row(mention, rows, around) for mention in spot.rows]
    return any(fits) if spot.is_carried else all(fits)


def _is_row(mention: Mention, rows: tuple[frozenset[Name], ...], around: frozenset[Name]) -> bool:
    """Return whether a mention names the innermost row that has a name of its class."""
    for kind in {name.kind for name in mention.names}:
        named = mention.of_kind(kind)
        level = next((row for row in reversed(rows) if any(name.kind is kind for name in row)), None)
        if level is not None:
            if not named.isdisjoint(level):
                return True
        elif kind in _SOFT or not named.isdisjoint(around):
            return True
    return False


def _names(rows: tuple[frozenset[Name], ...]) -> frozenset[Name]:
    return frozenset(name for row in rows for name in row)


def _is_of_kind(number: StatedNumber, fact: Fact) -> bool:
    if fact.kind is NumberKind.ANY:
        return True
    if number.kind is fact.kind and number.kind is not NumberKind.COUNT:
        return True
    if number.kind in _COUNTS and number.value < 1 and fact.kind is NumberKind.SHARE:
        return "." in number.text  # "0.043 of the answers"
    if number.kind is not NumberKind.COUNT:
        return fact.kind is NumberKind.COUNT and not fact.words.isdisjoint(number.words)
    return fact.kind in _COUNTS and (not number.words or not fact.words.isdisjoint(number.words))


def _has_period(number: StatedNumber, fact: Fact) -> bool:
    return number.period in ("", fact.period) or fact.kind is NumberKind.ANY


def _has_sign(number: StatedNumber, fact: Fact) -> bool:
    if number.sign == "-" and number.way == "down" and fact.way == "up":
        return True  # "-5 % less": the sign repeats the direction
    return number.sign in ("", *fact.signs) or number.value == 0
