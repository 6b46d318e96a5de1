"""Recognise the sum of rows that a sentence lists: "chat and search together cost $5"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.guard.concepts import population_after
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
from netra.domain.agents.guard.naming import Mention, NameKind
from netra.domain.agents.guard.placement import Spot, runs_of
from netra.domain.agents.guard.row_tables import measures_in, tables_of, value_in

_MEASURES: Final = {
    NumberKind.USD: ("usd",),
    NumberKind.CALLS: ("calls",),
    NumberKind.TOKENS: ("input_tokens", "output_tokens", "tokens"),
}
_POPULATIONS: Final = {
    "money": ("usd",),
    "call": ("calls",),
    "input token": ("input_tokens",),
    "output token": ("output_tokens",),
    "token": ("tokens", "input_tokens"),
    "": ("usd", "calls"),
}
_TOGETHER: Final = re.compile(
    r"\b(?:together|combined|between them|both|jointly|add(?:s|ed|ing)? up|sum|in total|in all|total|taken"
    r" together|the (?:two|three|four)|these (?:two|three|four)|make up|account for)\b",
    re.IGNORECASE,
)
_ONE_BY_ONE: Final = re.compile(
    r"\b(?:one by one|separately|individually|each (?:alone|by itself|on its own)|added up|adding up"
    r"|summed)\b",
    re.IGNORECASE,
)


def is_sum(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number is the sum of what the rows listed with it have each, or its share."""
    if number.period or number.way:
        return False
    return any(number.low <= value <= number.high for value in _sums(number, known, spot))


def _sums(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> Iterator[float]:
    measures = _measures(number, spot)
    for listed in _lists(spot):
        for measure in measures:
            for table in tables_of(known, measure):
                values = [value_in(table, one) for one in listed]
                held = [value for value in values if value is not None]
                total = sum(table.values())
                if len(held) == len(listed) and total > 0:
                    yield sum(held) / total if number.kind is NumberKind.SHARE else sum(held)


def _lists(spot: Spot) -> Sequence[Sequence[Mention]]:
    """Return the lists of rows that the number may be the sum of."""
    if len(spot.rows) > 1:
        return _by_kind(spot.rows)
    if _TOGETHER.search(spot.sentence) is None:
        return ()
    return [run for runs in runs_of(spot.sentence, spot.mentions) for run in _by_kind(runs)]


def _by_kind(mentions: Sequence[Mention]) -> Sequence[Sequence[Mention]]:
    kinds = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
    lists = [[one for one in mentions if one.of_kind(kind)] for kind in kinds]
    return [one for one in lists if len(one) > 1]


def _measures(number: StatedNumber, spot: Spot) -> Sequence[str]:
    if number.kind is NumberKind.SHARE:
        return _POPULATIONS.get(population_after(spot.after), ())
    chosen = _MEASURES.get(number.kind, ())
    named = measures_in(f"{number.text} {' '.join(number.words)}s {spot.segment}")
    return tuple(measure for measure in chosen if measure in named) or chosen[:1]


def is_added_up(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number is what the named changes save one by one, where the text says so."""
    if number.kind is not NumberKind.USD or number.way == "up" or not _ONE_BY_ONE.search(spot.sentence):
        return False
    kinds = {name.text for mention in spot.mentions for name in mention.of_kind(NameKind.CHANGE)}
    named = [change for change in known.recommendations if change.kind in kinds]
    if not kinds:
        named = [change for change in known.recommendations if change.savings.applied_as is not None]
        kinds = {change.kind for change in named}
    if len(kinds) < 2 or {change.kind for change in named} != kinds or number.period not in ("", "month"):
        return False
    sums = [change.savings.usd_per_month for change in named]
    known_sums = [one for one in sums if one is not None]
    return len(known_sums) == len(named) and number.low <= sum(known_sums) <= number.high
