"""Join the two ends of a range, "20-30 %", and share the unit of "from 8 to 5 s"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import MAGNITUDES, Unit
from netra.domain.agents.numbers.model import Number

_DASH: Final = re.compile(r"\s?(?:-|–|—|\.\.)\s?", re.IGNORECASE)
_TO: Final = re.compile(r"\s?(?:to|or|through|bis|oder|ou|à)\s(?:maybe |even |about )?", re.IGNORECASE)
_AND: Final = re.compile(r"\s(?:and|und|et|y)\s", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\b(?:between|zwischen|entre)\s(?:about |roughly )?$", re.IGNORECASE)
_FROM: Final = re.compile(r"\b(?:from|von|de|desde)\s(?:about |around |roughly )?$", re.IGNORECASE)
_MAGNITUDE: Final = re.compile(rf"[0-9]\s?(?:{'|'.join(MAGNITUDES)})\b", re.IGNORECASE)
_LOOK_BACK: Final = 24  # characters before a number that are searched for "from" or "between"


def joined(text: str, numbers: Sequence[Number]) -> tuple[Number, ...]:
    """Return the numbers with each range as one, and with units that stand at the second end only."""
    found: list[Number] = []
    for one in numbers:
        number = one
        last = found[-1] if found else None
        if last is None or last.high is not None:
            found.append(number)
            continue
        number = _in_money(text, last, number)
        shared = _shared(text, last, number)
        if shared is None:
            found.append(number)
            continue
        found.pop()
        is_from = _FROM.search(text[max(0, last.start - _LOOK_BACK) : last.start]) is not None
        found += (shared, number) if is_from else (_range(text, shared, number),)
    return tuple(found)


def _in_money(text: str, first: Number, second: Number) -> Number:
    """Return the second end of "$3-5k" as money."""
    between = text[first.end : second.start]
    if first.unit is not Unit.MONEY or second.unit is not Unit.BARE or _DASH.fullmatch(between) is None:
        return second
    return msgspec.structs.replace(second, unit=Unit.MONEY, currency=first.currency)


def _shared(text: str, first: Number, second: Number) -> Number | None:
    """Return the first end with the unit of the second; None if the two are no ends of a range."""
    between = text[first.end : second.start]
    is_bare = first.unit is Unit.BARE
    if not (is_bare or first.unit is second.unit) or Unit.PERCENTILE in (first.unit, second.unit):
        return None
    if first.currency and first.currency != second.currency:
        return None
    if second.unit is Unit.BARE or first.is_spelled != second.is_spelled:
        return None
    has_between = _BETWEEN.search(text[max(0, first.start - _LOOK_BACK) : first.start]) is not None
    is_joined = _DASH.fullmatch(between) or (has_between and _AND.fullmatch(between))
    may_join_by_to = is_bare or first.unit is Unit.MONEY
    if not is_joined and not (may_join_by_to and _TO.fullmatch(between)):
        return None
    return _with_unit(first, second)


def _with_unit(first: Number, second: Number) -> Number:
    """Return `first` in the unit of `second`, and in its magnitude where only that makes a range."""
    if first.unit is not Unit.BARE and first.unit is not Unit.MONEY:
        return first
    scale = 1.0 if _MAGNITUDE.search(first.text) else second.scale
    return msgspec.structs.replace(
        first,
        unit=second.unit,
        value=round(first.value * scale, 9),
        step=first.step * scale,
        scale=first.scale * scale,
        currency=second.currency,
        noun=second.noun,
        period=second.period or first.period,
        per=second.per,
    )


def _range(text: str, first: Number, second: Number) -> Number:
    low, high = sorted((first.value, second.value))
    return msgspec.structs.replace(
        second,
        text=text[first.start : second.end],
        start=first.start,
        value=low,
        high=high,
        sign=first.sign,
        lowers=first.lowers,
        doubt=first.doubt or second.doubt,
        ends=(first, second),
    )
