"""Recognise what two rows differ by, or their ratio: "chat costs $5 more than search", "twice as much as"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
from netra.domain.agents.guard.naming import Mention
from netra.domain.agents.guard.placement import Spot
from netra.domain.agents.guard.row_tables import measures_in, tables_of, value_in

_MORE: Final = (
    r"more|longer|slower|dearer|costlier|pricier|higher|above|larger|greater|bigger|ahead|extra|additional"
    r"|exceed\w*|outspen\w+|beats?|leads?|tops|outnumber\w*|outweigh\w*|outsav\w*|over"
)
_LESS: Final = (
    r"less|fewer|shorter|faster|quicker|cheaper|lower|below|under|behind|smaller|trail\w*|lag\w*|undercut\w*"
)
_COMPARED: Final = re.compile(rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS}))\b", re.IGNORECASE)
_GAP: Final = re.compile(r"\b(?:difference|gap|apart|differ\w*|separat\w+|distance|between)\b", re.IGNORECASE)
_REFERENCE: Final = re.compile(
    r"\b(?:than|compared (?:with|to)|against|versus|vs\.?|relative to|next to|as|of|what|for|times|over|below"
    r"|above|ahead|behind|outspen\w+|beats?|exceed\w*|trail\w*|lag\w*|tops|outnumber\w*|undercut\w*"
    r"|outsav\w*)"
    r"\s+(?:(?:the|that|those|it|is|does|of|for|in|by|on|at|with|from|behind|a|an|one|typical|median|average"
    r"|calls?|costs?|p99|p50|latency|tokens?|spend|bill)\s+){0,4}[\"'`“]?$",
    re.IGNORECASE,
)
_RATIO: Final = re.compile(
    r"\s*(?:(?:slow|long|expensive|dear|high|large|big|busy|often|much|many)er\b|as|what|the|that|those"
    r"|more|less|longer|slower|faster|quicker|cheaper|dearer|higher|lower|larger"
    r"|bigger|greater|costlier|pricier|fewer|of)\b",
    re.IGNORECASE,
)
_INVERSE: Final = re.compile(
    r"\s*(?:faster|quicker|cheaper|less|lower|smaller|fewer|shorter)\b", re.IGNORECASE
)
_ADDED: Final = re.compile(rf"\s*(?:{_MORE})\b", re.IGNORECASE)
_MEASURES: Final = {
    NumberKind.USD: ("usd",),
    NumberKind.CALLS: ("calls",),
    NumberKind.TOKENS: ("input_tokens", "output_tokens", "tokens"),
    NumberKind.TIME: ("latency_p50", "latency_p99"),
    NumberKind.COUNT: ("calls",),
}
_PRONOUN: Final = re.compile(r"\b(?:it|its|they|the former)\b", re.IGNORECASE)
_SAVINGS: Final = ("saving", "saving_in_window")


def is_of_pair(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number is the difference or the ratio of two rows that the sentence compares."""
    return any(number.low <= value <= number.high for value in _values(number, known, spot))


def _values(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> Iterator[float]:
    """Yield the values that the comparison allows."""
    for measure in _measures(number, spot):
        if number.period not in (("", "month") if measure == "saving" else ("",)):
            continue
        for table in tables_of(known, measure):
            known_rows = [one for one in spot.mentions if value_in(table, one) is not None]
            pair = _pair(known_rows, spot)
            if pair is None:
                continue
            subject, reference = (value_in(table, one) or 0.0 for one in pair)
            yield from _compared(number, subject, reference, spot)


def _measures(number: StatedNumber, spot: Spot) -> Sequence[str]:
    """Return the measures that the number can be of, by its kind and the words of the sentence."""
    named = measures_in(f"{spot.segment}") or measures_in(spot.sentence)
    of_kind = _MEASURES.get(number.kind)
    if any(one.endswith(" a call") for one in named):
        return named
    if of_kind is None:
        return (
            (*named, *_SAVINGS)
            if re.search(r"\bsav|\bworth|\bbring", spot.sentence, re.IGNORECASE)
            else named
        )
    if number.kind is NumberKind.USD:
        return ("usd", *_SAVINGS)
    if number.kind is NumberKind.COUNT and "calls" not in named:
        return ()
    chosen = tuple(measure for measure in of_kind if measure in named)
    return chosen or (of_kind if number.kind is not NumberKind.TOKENS else ("tokens",))


def _compared(number: StatedNumber, subject: float, reference: float, spot: Spot) -> Iterator[float]:
    if number.kind is NumberKind.FACTOR:
        if reference > 0 and subject > 0 and _RATIO.match(spot.after):
            is_inverse = _INVERSE.match(spot.after) is not None
            yield reference / subject if is_inverse else subject / reference
        return
    if number.kind is NumberKind.CALLS and re.search(
        r"\bfor (?:every|each) (?:call|request)\b", spot.before, re.IGNORECASE
    ):
        if subject > 0:
            yield reference / subject
        return
    if number.kind is NumberKind.SHARE:
        yield from _shares(subject, reference, spot)
        return
    match = _direction(spot)
    if match is None:
        if _GAP.search(spot.sentence):
            yield abs(subject - reference)
        return
    yield subject - reference if match["more"] else reference - subject


def _shares(subject: float, reference: float, spot: Spot) -> Iterator[float]:
    """Yield "27 % more than" and "half as much as"."""
    if reference <= 0:
        return
    if re.match(
        r"\s*(?:as (?:much|many|long|often|high|big|large|slow|expensive|dear|fast)|(?:of )?what|(?:of "
        r")?the|(?:of )?th(?:at|ose) of)\b",
        spot.after,
        re.IGNORECASE,
    ):
        yield subject / reference
    elif _ADDED.match(spot.after):
        yield subject / reference - 1
    elif _INVERSE.match(spot.after):
        yield 1 - subject / reference


def _direction(spot: Spot) -> re.Match[str] | None:
    """Return the comparison nearest to the number: after it within its clause, else before it."""
    after = re.split(r"[,;:()]\s|[0-9]", spot.after)[0]
    before = re.split(r"[;:()]\s|[0-9]", spot.before)[-1]
    found = _COMPARED.search(re.sub(r"\bover the (?:log|window|limit)\b", "", after))
    return found or next(iter(reversed(list(_COMPARED.finditer(before)))), None)


def _pair(rows: Sequence[Mention], spot: Spot) -> tuple[Mention, Mention] | None:
    """Return the row that is compared, and the one that it is compared with."""
    at = len(spot.before)
    by_nearness = sorted(rows, key=lambda one: (abs(one.start - at), one.start))
    other = next((one for one in by_nearness if one.names != by_nearness[0].names), None)
    if other is None:
        return None
    first, second = sorted((by_nearness[0], other), key=lambda one: one.start)
    marked = [one for one in (first, second) if _REFERENCE.search(spot.sentence[: one.start])]
    if len(marked) == 1:
        return (second, first) if marked[0] is first else (first, second)
    is_each = re.search(r"\bfor (?:every|each) (?:call|request)\b", spot.before, re.IGNORECASE) is not None
    is_told = is_each or _GAP.search(spot.sentence) or (second.end <= at and _PRONOUN.search(spot.segment))
    return (first, second) if len(marked) == 2 or is_told else None
