"""Find numbers with a unit in a text: money, shares, factors, times, memory, rates.

The target modules decide what a number is a target of. The search is linear in the text: every
repetition is bounded, and a match cannot start inside a number.
"""

import enum
import re
from collections.abc import Iterator
from typing import Final

import msgspec


class Unit(enum.StrEnum):
    """The thing that a quantity counts; each unit has one scale."""

    USD = "usd"
    FOREIGN = "foreign"  # money in another currency than US dollars
    SHARE = "share"  # 0.2 for "20 %"
    FACTOR = "factor"  # 2.0 for "2x"
    MS = "ms"
    GIB = "gib"
    TOKENS_PER_S = "tokens_per_s"
    OTHER = "other"  # units without a target: days, requests, GPUs
    BARE = "bare"  # no unit


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A number in the text and its position; `lowers` is True for "-20 %" and "halve"."""

    unit: Unit
    value: float
    start: int
    end: int
    text: str
    lowers: bool | None = None


_ONE_TO_TEN: Final = "one two three four five six seven eight nine ten"
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_DIGITS: Final = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![0-9])|[0-9]{1,12}(?![0-9]))(?:\.[0-9]{1,6}(?![0-9]))?(?![,.]?[0-9])"
)
_SPELT: Final = {
    **dict(zip(_ONE_TO_TEN.split(), range(1, 11), strict=True)),
    **dict(zip(_TENS.split(), range(20, 100, 10), strict=True)),
    "fifteen": 15,
}
_NUMBER: Final = re.compile(
    rf"(?:(?<=sub-)|(?<![\w.])(?<!\w[-–]))(?:(?P<digits>{_DIGITS})|(?P<spelt>{'|'.join(_SPELT)})\b)",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    r"(?P<way>(?<!\w)[-−+])?(?P<sign>us\$|\$|[€£¥]|\b(?:usd|eur|gbp|chf))?\s?$", re.IGNORECASE
)
_FACTOR_OF: Final = re.compile(r"\bfactor (?:of )?(?:about )?$", re.IGNORECASE)
_RANGE: Final = re.compile(rf"(?:-|\s?–\s?|\sto\s|\sor\s)(?P<last>{_DIGITS})", re.IGNORECASE)
_MAGNITUDE: Final = re.compile(r"\s?(?P<word>k|m|mn|thousand|million)\b", re.IGNORECASE)
_MAGNITUDES: Final = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6}

_UNITS: Final = (
    (Unit.SHARE, 0.01, "percent|per cent|pct|percentage points?"),
    (Unit.FACTOR, 1.0, "x|times|fold"),
    (Unit.TOKENS_PER_S, 1.0, r"tokens?/s|tokens?/sec|tokens? (?:per|a) second|tok/s|tps"),
    (Unit.MS, 1.0, "ms|msecs?|millis|milliseconds?"),
    (Unit.MS, 1_000.0, "s|secs?|seconds?"),
    (Unit.MS, 60_000.0, "min|mins|minutes?"),
    (Unit.MS, 3_600_000.0, "h|hrs?|hours?"),
    (Unit.GIB, 1.0, "gb|gib|gigabytes?|gigs?"),  # vendors label GPU memory in GB but it is GiB
    (Unit.USD, 1.0, "usd|us dollars?|dollars?|bucks"),
    (Unit.FOREIGN, 1.0, "eur|euros?|gbp|pounds?|jpy|yen|chf|francs?"),
    (Unit.OTHER, 1.0, "days?|weeks?|months?|years?|(?:[a-z]+ ){0,1}tokens?|requests?|calls?|rps|qps|rpm|tpm"),
    (Unit.OTHER, 1.0, "users?|gpus?|replicas?|events?|rows?|nodes?|models?|features?|tools?|functions?"),
)
_UNIT: Final = re.compile(
    r"\s?%|\s?×|\s?\$|\s?[€£¥]|[\s-]?(?:"
    + "|".join(f"(?P<u{i}>{words})" for i, (_, _, words) in enumerate(_UNITS))
    + r")(?!\w)",
    re.IGNORECASE,
)
_SYMBOLS: Final = {"%": (Unit.SHARE, 0.01), "×": (Unit.FACTOR, 1.0), "$": (Unit.USD, 1.0)}

_IDIOMS: Final = (
    (Unit.MS, 500.0, None, "half a second"),
    (Unit.MS, 30_000.0, None, "half a minute"),
    (Unit.SHARE, 0.5, False, "half as (?:much|many)(?= (?:[a-z]+ ){0,3}again)|half again as (?:much|many)"),
    (Unit.SHARE, 0.5, True, "half|halves?|halved|halving"),
    (Unit.SHARE, 1 / 3, None, "(?:a|one) third"),
    (Unit.SHARE, 0.25, None, "(?:a|one) quarter"),
    (Unit.SHARE, 0.2, None, "(?:a|one) fifth"),
    (Unit.SHARE, 0.1, None, "(?:a|one) tenth"),
    (Unit.FACTOR, 2.0, False, "twice|double[sd]?|doubling|twofold"),
    (Unit.FACTOR, 3.0, False, "thrice|triple[sd]?|tripling|threefold"),
    (Unit.FACTOR, 4.0, False, "quadruple[sd]?|fourfold"),
    (Unit.FACTOR, 10.0, False, "tenfold|an order of magnitude"),
)
_IDIOM: Final = re.compile(
    r"\b(?:" + "|".join(f"(?P<i{i}>{words})" for i, (_, _, _, words) in enumerate(_IDIOMS)) + r")\b(?!-)",
    re.IGNORECASE,
)

_ANY_NUMBER: Final = re.compile(
    rf"[0-9]|\b(?:{'|'.join([*_SPELT, *(words for _, _, _, words in _IDIOMS)])})\b", re.IGNORECASE
)  # skips the slower patterns for most texts


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of `text` in order; a range yields the less demanding bound.

    >>> [(q.unit.value, q.value) for q in quantities("20 % cheaper, $5k a month, within 0.5 s")]
    [('share', 0.2), ('usd', 5000.0), ('ms', 500.0)]
    """
    if _ANY_NUMBER.search(text) is None:
        return ()
    found = [*_numbers(text), *_idioms(text)]
    return tuple(sorted(found, key=lambda quantity: quantity.start))


def _numbers(text: str) -> Iterator[Quantity]:
    taken_to = 0
    for match in _NUMBER.finditer(text):
        if match.start() < taken_to:
            continue
        quantity = _quantity(text, match)
        taken_to = quantity.end
        if match["spelt"] is None or quantity.unit is not Unit.BARE:  # "which one" is a pronoun
            yield quantity


def _quantity(text: str, match: re.Match[str]) -> Quantity:
    before = _BEFORE.search(text[max(0, match.start() - 5) : match.start()])
    sign = before["sign"] if before else None
    way = before["way"] if before else None
    value = float(_SPELT[match["spelt"].lower()]) if match["spelt"] else _value(match["digits"])
    last, end = _range_end(text, match.end())
    factor, end = _magnitude(text, end, is_money=sign is not None)
    unit, scale, end = _unit(text, end, sign)
    if unit is Unit.BARE and _FACTOR_OF.search(text[max(0, match.start() - 20) : match.start()]):
        unit = Unit.FACTOR
    start = match.start() - (len(before[0].lstrip()) if before else 0)
    bounds = [bound * factor * scale for bound in (value, value if last is None else last)]
    return Quantity(
        unit=unit,
        value=bounds[1] if unit in (Unit.MS, Unit.USD) else bounds[0],
        start=start,
        end=end,
        text=text[start:end],
        lowers=None if way is None else way != "+",
    )


def _value(digits: str) -> float:
    return float(digits.replace(",", ""))


def _range_end(text: str, at: int) -> tuple[float | None, int]:
    match = _RANGE.match(text, at)
    return (None, at) if match is None else (_value(match["last"]), match.end())


def _magnitude(text: str, at: int, *, is_money: bool) -> tuple[float, int]:
    match = _MAGNITUDE.match(text, at)
    if match is None or (match["word"].lower() == "m" and not is_money):
        return 1.0, at
    return _MAGNITUDES[match["word"].lower()], match.end()


def _unit(text: str, at: int, sign: str | None) -> tuple[Unit, float, int]:
    """Return the unit, the factor to its scale and its end; a currency sign before the number decides."""
    if sign is not None:
        return (Unit.USD if sign.lower() in ("$", "us$", "usd") else Unit.FOREIGN), 1.0, at
    match = _UNIT.match(text, at)
    if match is None:
        return Unit.BARE, 1.0, at
    if match.lastgroup is None:
        unit, scale = _SYMBOLS.get(match[0].strip(), (Unit.FOREIGN, 1.0))
    else:
        unit, scale, _ = _UNITS[int(match.lastgroup[1:])]
    return unit, scale, match.end()


def _idioms(text: str) -> Iterator[Quantity]:
    for match in _IDIOM.finditer(text):
        unit, value, lowers, _ = _IDIOMS[int((match.lastgroup or "i0")[1:])]
        yield Quantity(
            unit=unit, value=value, start=match.start(), end=match.end(), text=match[0], lowers=lowers
        )
