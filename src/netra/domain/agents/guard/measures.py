"""Decide whether the words around a number name the measure of a fact, and no other."""

import re
from collections.abc import Callable
from typing import Final

from netra.domain.agents.guard.concepts import (
    METRICS,
    concepts_in,
    content_of,
    percentiles_in,
    population_after,
    says,
)
from netra.domain.agents.guard.facts import Fact, names_of
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.outcomes import has_distance, has_outcome
from netra.domain.agents.guard.placement import Spot
from netra.domain.agents.guard.verdict_words import NO_EVALUATION

HARD: Final = frozenset({NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL})
CHANGES: Final = frozenset({NameKind.CHANGE, NameKind.RECOMMENDATION})
_OF_LOG: Final = re.compile(
    r"\b(?:over|in|of) (?:the|your|this) (?:whole )?(?:log|window)\b|\blog['’]s\b", re.IGNORECASE
)
_TODAY: Final = re.compile(r"\b(?:today|now|currently|at present|right now)\b", re.IGNORECASE)
_CLAUSE: Final = r"[,;:()]\s"
_INPUT: Final = re.compile(r"\b(?:input|prompts?|incoming|sent|reads?)\b", re.IGNORECASE)
_OUTPUT: Final = re.compile(
    r"\b(?:output|completions?|generated|written|writes?|answers?|produced)\b", re.IGNORECASE
)
_OF_THEM: Final = re.compile(
    r"\s*of (?:them|these|those|it|all|everything|the (?:log|total|whole|lot))\b", re.IGNORECASE
)
_COUNTED: Final = frozenset({"call", "request", "token", "money"})
_OF_BILL: Final = re.compile(
    r"\b(?:of|off|from|to) (?:the|your|our|today['’]s) (?:\w+ )?(?:bill|spend|costs?)\b", re.IGNORECASE
)
_REMAINS: Final = re.compile(
    r"\b(?:remain(?:s|ing)?|(?:is|are|would be) left|still (?:pay|cost)\w*|(?:pay|paying) still)\b",
    re.IGNORECASE,
)
_WORST: Final = re.compile(
    r"\b(?:worst|at the very least|pessimistic\w*|low end|lower (?:end|bound))\b", re.IGNORECASE
)
_BEST: Final = re.compile(r"\b(?:best|optimistic\w*|high end|upper (?:end|bound))\b", re.IGNORECASE)
_OF_TODAY: Final = re.compile(
    r"\b(?:today['’]s|current|present)\s+(?:bill of |cost of )?(?:about |some "
    r")?$",
    re.IGNORECASE,
)
_COST: Final = re.compile(r"\b(?:costs?|pay\w*|spend\w*|charg\w+|bill)\b", re.IGNORECASE)


def is_of_measure(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    """Return whether the words around the number name the measure of the fact, and no other."""
    checks = _OF_SENTENCE if fact.content is not None else _OF_FIELD
    return all(check(number, fact, spot) for check in checks)


def _names_its_row(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    """Return whether a fact of one row is stated where that row is named, here or in the sentence before."""
    if fact.is_rest or fact.is_count:
        return True
    if fact.is_share_of_row:
        is_named = any(not mention.names.isdisjoint(fact.rows[-1]) for mention in spot.rows)
        is_counted = (
            population_after(spot.after) != ""
            or _OF_THEM.match(spot.after)
            or bool(_COUNTED.intersection(number.words))
        )
        return is_named and (bool(is_counted) or spot.before.endswith("("))
    kinds = {name.kind for name in fact.rows[-1]} if fact.rows else set[NameKind]()
    is_of_one_row = not kinds.isdisjoint(HARD) and kinds.isdisjoint(CHANGES)
    if not is_of_one_row or not names_of(fact.rows).isdisjoint(spot.earlier_names):
        return True
    return any(name.kind in HARD for mention in spot.rows for name in mention.names)


def _has_words(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    """Return whether the sentence has a word of each measure; a saving may also be named by its change."""
    around = concepts_in(f"{spot.earlier} {spot.sentence}")
    if not around and not content_of(spot.sentence):
        return True  # nothing but a number
    missing = [need for need in fact.needs if need not in around]
    return not missing or (missing in (["saving"], ["loss"]) and _names_its_change(fact, spot))


def _names_its_change(fact: Fact, spot: Spot) -> bool:
    kinds = {*CHANGES, NameKind.MODEL}
    changes = {name for name in names_of(fact.rows) if name.kind in kinds}
    is_named = any(not mention.names.isdisjoint(changes) for mention in spot.rows)
    return is_named and _COST.search(_OF_BILL.sub("", spot.segment)) is None


def _has_metric(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    metrics = {name for name in METRICS if name in concepts_in(spot.segment)}
    is_time = fact.kind is NumberKind.TIME or "latency" in fact.needs
    return not metrics or not is_time or not metrics.isdisjoint(fact.needs)


def _has_side(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    """Return whether a sum of input and output tokens is stated of both."""
    if fact.kind is not NumberKind.TOKENS or "all_tokens" not in fact.needs:
        return True
    near = f"{re.split(_CLAUSE, spot.before)[-1]} {number.text} {re.split(_CLAUSE, spot.after)[0]}"
    return (_INPUT.search(near) is None) == (_OUTPUT.search(near) is None)


def _has_time(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    """Return whether a planned sum is not stated of today, nor a month's of the log."""
    if "if_pass" in fact.needs and NO_EVALUATION.search(spot.sentence):
        return False
    if "saving" in fact.needs and _REMAINS.search(spot.segment):
        return False
    if "planned" in fact.needs and _OF_TODAY.search(spot.before):
        return False
    if "planned" in fact.needs and _TODAY.search(spot.segment) and not says(spot.segment, "plan"):
        return False
    is_monthly = fact.period != "" and not fact.is_of_log and not number.period
    return not is_monthly or _OF_LOG.search(spot.segment) is None


def _has_percentile(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    percentiles = percentiles_in(spot.segment)
    return not fact.percentile or not percentiles or fact.percentile in percentiles


def _has_end(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    """Return whether an end of an interval is not stated as the other: "at worst" is the low one."""
    if fact.path.endswith("savings.high"):
        return _WORST.search(spot.segment) is None
    return not fact.path.endswith("savings.low") or _BEST.search(spot.segment) is None


def _has_population(number: StatedNumber, fact: Fact, spot: Spot) -> bool:
    if number.kind is not NumberKind.SHARE:
        return True
    stated = population_after(spot.after) or next(iter(number.words), "")
    if fact.population == "saving":
        return stated == "saving"
    if not stated or stated == fact.population:
        return True
    is_call = (fact.population, stated) == ("answer", "call")
    return bool(fact.population) and (fact.population in stated or is_call)


def _shares_content(number: StatedNumber, fact: Fact, spot: Spot) -> bool:  # noqa: ARG001
    """Return whether the sentence is about what the payload's own sentence is about."""
    shared = (fact.content or frozenset()) & (content_of(spot.sentence) | content_of(spot.earlier))
    if len(shared) >= fact.content_min:
        return True
    changes = {name for mention in spot.rows for name in mention.of_kind(NameKind.CHANGE)}
    return fact.content_min <= 1 and not changes.isdisjoint(names_of(fact.rows))


_OF_SENTENCE: Final[tuple[Callable[[StatedNumber, Fact, Spot], bool], ...]] = (
    _names_its_row,
    _shares_content,
    _has_population,
)
_OF_FIELD: Final[tuple[Callable[[StatedNumber, Fact, Spot], bool], ...]] = (
    _names_its_row,
    _has_words,
    _has_metric,
    _has_side,
    has_outcome,
    has_distance,
    _has_time,
    _has_percentile,
    _has_end,
    _has_population,
)
