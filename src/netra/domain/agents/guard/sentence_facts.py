"""Read the facts in a payload's own sentences, each with the rows and the words it stands among.

Sentences of advice ("judge 1,068 answers: that shows the accept rate to 3 points at 95 %") are not findings:
their numbers may be repeated only in nearly the same words.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from netra.domain.agents.guard.concepts import content_of, percentiles_in, population_after
from netra.domain.agents.guard.facts import Fact, NamedLabel, Rows
from netra.domain.agents.guard.figures import Figures, NumberKind, figures
from netra.domain.agents.guard.naming import Name, NameIndex
from netra.domain.agents.guard.placement import SentencePlan, pieces_of

_ADVICE: Final = frozenset(
    {
        *("assumptions", "how_to_verify", "verify", "steps", "risk", "roll_back", "formula", "interval"),
        *("reason", "would_add", "notes", "cached_part", "bill_usd_per_month_basis", "missing"),
    }
)  # fields that instruct or explain
_OF_USER: Final = frozenset({"unread", "constraints"})  # fields that quote the user
_SHARED_MIN: Final = 2  # stems shared with a sentence of advice before its number may be stated
_SHARED_PART: Final = 0.3  # and the part of its stems


def facts_in_sentences(
    text: str, *, key: str, rows: Rows, around: frozenset[Name], names: NameIndex, path: str
) -> Iterator[Fact | NamedLabel]:
    """Yield the numbers, names and dates of a string in the payload."""
    stated = _figures(text)
    if not stated.numbers and not stated.labels:
        return
    for piece in pieces_of(stated.plain):
        end = piece.start + len(piece.text)
        numbers = [one for one in stated.numbers if piece.start <= one.start < end]
        spans = [(one.start - piece.start, one.end - piece.start) for one in numbers]
        plan = SentencePlan(piece.text, spans, names=names)
        for number, (start, stop) in zip(numbers, spans, strict=True):
            spot = plan.spot(start, stop)
            named = frozenset(name for mention in spot.rows for name in mention.names)
            content = content_of(piece.text)
            wanted = max(_SHARED_MIN, math.ceil(_SHARED_PART * len(content))) if key in _ADVICE else 1
            population = population_after(spot.after) if number.kind is NumberKind.SHARE else ""
            percentiles = percentiles_in(spot.segment)
            yield Fact(
                value=number.value,
                kind=number.kind,
                period=number.period,
                signs=number.sign,
                way={"-": "down", "+": "up"}.get(number.sign, number.way),
                words=frozenset(number.words),
                path=f"{path}: {piece.text.strip()}",
                rows=(*rows, named) if named else rows,
                around=around,
                percentile=next(iter(percentiles)) if len(percentiles) == 1 else "",
                population=population,
                is_wish=key in _OF_USER,
                content=None if key in _OF_USER else content,
                content_min=min(wanted, len(content)),
            )
        for label in stated.labels:
            if piece.start <= label.start < end:
                spot = plan.spot(label.start - piece.start, min(label.end - piece.start, len(piece.text)))
                named = frozenset(name for mention in spot.rows for name in mention.names)
                yield NamedLabel(label=label, rows=(*rows, named) if named else rows, around=around)


@lru_cache(maxsize=1_024)
def _figures(text: str) -> Figures:
    return figures(text)
