"""Recognise the rows of a rank: "the three cheapest features add up to $11.35", "the two busiest tools"."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from netra.domain.agents.guard.concepts import population_after
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts, Measure
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.placement import Spot
from netra.domain.agents.numbers.lexicon import CARDINALS

_RANK: Final = re.compile(
    r"\b(?:(?P<top>top|first) )?(?P<count>two|three|four|five|six|[2-6]) (?:(?P<low>cheapest|least "
    r"expensive|smallest)"
    r" |(?P<high>most expensive|dearest|costliest|priciest|biggest|largest) |(?P<busy>busiest|most used) "
    r"|(?P<slow>slowest) |(?P<fast>fastest|quickest) )?(?P<kind>feature|model|tool|template)s\b",
    re.IGNORECASE,
)
_SUMS: Final[Mapping[NumberKind, Measure]] = {NumberKind.USD: "usd", NumberKind.CALLS: "calls"}
_OF_SHARES: Final[Mapping[str, Measure]] = {
    "money": "usd",
    "call": "calls",
    "input token": "input_tokens",
    "output token": "output_tokens",
}
_TOGETHER: Final = re.compile(
    r"\b(?:add(?:s|ed|ing)? up|together|in total|in all|combined|sum|between them|account\w* for|make up)\b",
    re.IGNORECASE,
)


def is_of_rank(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number counts the rows of a rank, or is the sum of what they have.

    Where the sentence names rows of that class, they must be those of the rank.
    """
    match = _RANK.search(spot.sentence)
    if match is None or not any(match[name] for name in ("top", "low", "high", "busy", "slow", "fast")):
        return False
    kind = NameKind(match["kind"].lower())
    count = int(match["count"]) if match["count"].isdecimal() else int(CARDINALS[match["count"].lower()])
    table = _table(known, kind, _measure(match))
    named = {name.text for mention in spot.mentions for name in mention.of_kind(kind)}
    ranked = sorted(table, key=lambda name: table[name], reverse=not (match["low"] or match["fast"]))[:count]
    if len(ranked) < count or (named and named != set(ranked)):
        return False
    if len(spot.before) == match.start("count"):
        return True
    is_share = number.kind is NumberKind.SHARE
    field = _OF_SHARES.get(population_after(spot.after)) if is_share else _SUMS.get(number.kind)
    if field is None or number.period or number.way == "down" or not _TOGETHER.search(spot.sentence):
        return False
    sums = _table(known, kind, field)
    total = sum(sums.values()) if is_share else 1.0
    value = sum(sums[name] for name in ranked if name in sums)
    return total > 0 and number.low <= value / total <= number.high


def _measure(match: re.Match[str]) -> Measure:
    if match["slow"] or match["fast"]:
        return "latency"
    return "calls" if match["busy"] else "usd"


def _table(known: KnownVerdicts, kind: NameKind, measure: Measure) -> Mapping[str, float]:
    """Return the values of the rows of one class; latencies are known by feature."""
    tables: Sequence[Mapping[str, float]] = known.ranked(measure)
    order = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
    place = order.index(kind)
    return tables[place] if place < len(tables) else {}
