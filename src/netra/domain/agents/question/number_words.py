"""Find numbers written in words: "twenty-five", "half", "twice", "a third", "dozens".

Returns positions and values; `stated_numbers` finds what they count.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec


class SpelledNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number in words; nan if vague, as "hundreds"."""

    text: str
    value: float
    start: int
    end: int
    is_share: bool = False
    is_factor: bool = False
    is_pronoun: bool = False  # "one", which may be a pronoun


_ONES: Final = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_SMALL: Final = _ONES.split()
_DECADES: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS: Final = _DECADES.split()
_VALUES: Final = {
    **{word: float(value) for value, word in enumerate(_SMALL)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, 2)},
}
_TIMES: Final = {"dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PARTS: Final = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100,
}  # fmt: skip
_ONE: Final = rf"(?:{'|'.join([*_VALUES, *_TIMES])})"
_CARDINAL: Final = rf"(?:an?\s(?={'|'.join(_TIMES)}))?{_ONE}(?:(?:[\s-]and[\s-]|[\s-]){_ONE})*"
_PART: Final = rf"(?:{'|'.join(_PARTS)})"
_SPELT: Final = re.compile(
    rf"(?<![\w-])(?:"
    rf"(?P<top>an?|{'|'.join(_SMALL[1:11])})[\s-](?P<part>{_PART})s?(?![\w-])"
    r"|(?P<numerator>[0-9]{1,3})⁄(?P<denominator>[0-9]{1,4})"
    r"|(?P<half>half|halves|halved?|halving)(?![\w-])"
    r"|(?P<twice>twice|doubl(?:e(?![- ]check)|es|ed|ing)|twofold)(?![\w])"
    r"|(?P<thrice>thrice|tripl(?:e|es|ed|ing)|threefold)(?!\w)"
    r"|(?P<fourfold>quadrupl(?:e|es|ed|ing)|fourfold)(?!\w)"
    r"|(?P<tenfold>tenfold|an order of magnitude)(?!\w)"
    r"|(?P<vague>(?:tens|dozens|hundreds|thousands|millions|billions)(?= of\b)|a couple)(?!\w)"
    rf"|(?P<cardinal>{_CARDINAL})(?![\w])(?!-(?:{'|'.join(_VALUES)}))"
    r")",
    re.IGNORECASE,
)
_ANY: Final = re.compile(
    rf"\b(?:{'|'.join([*_VALUES, *_TIMES, *_PARTS])}|hal[fv]|twi|doubl|trip|thri|quadr"
    r"|\w+fold|magnitude|tens|couple)|⁄",
    re.IGNORECASE,
)
_FACTORS: Final = {"twice": 2.0, "thrice": 3.0, "fourfold": 4.0, "tenfold": 10.0}
_OF_TIME: Final = re.compile(r"\s(?:an?|of an?)\s(?=second|minute|hour|day|week|month|year)", re.IGNORECASE)


def numbers(text: str) -> Iterator[SpelledNumber]:
    """Yield the numbers in words, in order.

    >>> [(n.text, n.value) for n in numbers("twenty-five of two hundred, a third, twice")]
    [('twenty-five', 25.0), ('two hundred', 200.0), ('a third', 0.3333333333333333), ('twice', 2.0)]
    """
    if _ANY.search(text) is None:
        return
    for match in _SPELT.finditer(text):
        value, is_share = (
            _value(match),
            match["cardinal"] is None and match.lastgroup not in (*_FACTORS, "vague"),
        )
        yield SpelledNumber(
            text=match[0],
            value=value,
            start=match.start(),
            end=match.end(),
            is_share=is_share and _OF_TIME.match(text, match.end()) is None,
            is_factor=match.lastgroup in _FACTORS,
            is_pronoun=match[0].lower() == "one",
        )


def unit(after: str, units: Sequence[str]) -> tuple[int, int] | None:
    """Return the index of the unit that starts the text, and its end; None if there is no unit.

    >>> unit(" percent of it", ["ms", "percent"])
    (1, 8)
    """
    opening = _OF_TIME.match(after)
    start = 0 if opening is None else opening.end()
    for place, words in enumerate(units):
        match = re.match(rf"[\s-]?(?:{words})(?!\w)", after[start:], re.IGNORECASE)
        if match is not None:
            return place, start + match.end()
    return None


def _value(match: re.Match[str]) -> float:
    if match["part"]:
        top = 1.0 if match["top"].lower() in ("a", "an") else _VALUES[match["top"].lower()]
        return top / _PARTS[match["part"].lower()]
    if match["numerator"]:
        return float(match["numerator"]) / max(float(match["denominator"]), 1e-9)
    if match["half"]:
        return 0.5
    if match["vague"]:
        return math.nan
    return _FACTORS[match.lastgroup or ""] if match["cardinal"] is None else _cardinal(match["cardinal"])


def _cardinal(text: str) -> float:
    """Return the value of "two hundred and five": 205."""
    total, open_ = 0.0, 0.0
    for word in re.findall("[a-z]+", text.lower()):
        if word in _VALUES:
            open_ += _VALUES[word]
        elif word == "hundred":
            open_ = max(open_, 1.0) * 100.0
        elif word in _TIMES:
            total, open_ = total + max(open_, 1.0) * _TIMES[word], 0.0
    return total + open_
