"""Recognise the ratio of two rows: "chat costs 2.0 times as much as search"."""

import re
from typing import Final

from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts, Measure
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.placement import Spot

_MEASURES: Final[tuple[tuple[Measure, re.Pattern[str]], ...]] = (
    ("latency", re.compile(r"\b(?:slow|latenc\w+|long|time)\b", re.IGNORECASE)),
    ("input_tokens", re.compile(r"\b(?:input|prompt) tokens?\b", re.IGNORECASE)),
    ("output_tokens", re.compile(r"\boutput tokens?\b", re.IGNORECASE)),
    ("calls", re.compile(r"\b(?:calls|requests)\b", re.IGNORECASE)),
    ("usd", re.compile(r"\b(?:costs?|spends?|expensive|dear|pric[ei]y|money)\b", re.IGNORECASE)),
)
_AS_MUCH: Final = re.compile(
    r"\s*(?:as \w+(?: \w+){0,3}? as|what|(?:the )?(?:cost|price|money|calls|requests|(?:in|out)put tokens) of"
    r"|(?:more )?than)\b",
    re.IGNORECASE,
)
_SAVES: Final = re.compile(r"\b(?:sav\w+|bring\w*|worth|gains?)\b", re.IGNORECASE)


def is_ratio(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether the number is the ratio of the row before it to the row after it."""
    if number.kind is not NumberKind.FACTOR or _AS_MUCH.match(spot.after) is None:
        return False
    saved = _saved(known, spot)
    if saved is not None:
        return number.low <= saved <= number.high
    measure: Measure | None = next((name for name, words in _MEASURES if words.search(spot.sentence)), None)
    if measure is None:
        return False
    before = [mention for mention in spot.mentions if mention.end <= len(spot.before)]
    after = [mention for mention in spot.mentions if mention.start >= len(spot.sentence) - len(spot.after)]
    for table in known.ranked(measure):
        ones = [table[name.text] for one in before[-1:] for name in one.names if name.text in table]
        others = [table[name.text] for one in after[:1] for name in one.names if name.text in table]
        if ones and others and others[0] > 0:
            return number.low <= ones[0] / others[0] <= number.high
    return False


def _saved(known: KnownVerdicts, spot: Spot) -> float | None:
    """Return how many times as much the change before the number saves as the one after it."""
    changes = [mention for mention in spot.mentions if mention.of_kind(NameKind.CHANGE)]
    if len(changes) != 2 or not _SAVES.search(spot.sentence):
        return None
    sums = [
        sum(
            change.usd
            for change in known.recommendations
            if any(name.text == change.kind for name in mention.of_kind(NameKind.CHANGE))
        )
        for mention in changes
    ]
    return sums[0] / sums[1] if sums[1] > 0 else None
