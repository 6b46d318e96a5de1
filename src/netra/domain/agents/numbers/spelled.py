"""Read numbers in words: "twenty-five", "two and a half", "a third", "3/4", "twice", "halve"."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import CARDINALS, FACTORS, GROUPS, HALVE, PARTS


class Spelled(msgspec.Struct, frozen=True, kw_only=True):
    """A number in words or as a fraction; a part ("a third") is a share unless a unit follows."""

    value: float
    start: int
    end: int
    is_part: bool = False
    is_factor: bool = False
    lowers: bool | None = None
    is_digits: bool = False
    is_vague: bool = False


GLYPHS: Final = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
"""The fractions that are one character."""
_ONE: Final = rf"(?:{'|'.join([*CARDINALS, *GROUPS])})"
_CARDINAL: Final = rf"(?:an?[\s-](?=(?:{'|'.join(GROUPS)})\b))?\b{_ONE}(?:(?:[\s-]and[\s-]|[\s-]){_ONE}\b)*"
_PART: Final = rf"(?:{'|'.join(PARTS)})s?"
_TOPS: Final = "|".join([*CARDINALS][1:20])
_DIGIT: Final = rf"(?:{'|'.join([*CARDINALS][:10])})"
_OF_GROUP: Final = rf"(?:[\s-]of)?[\s-]an?[\s-](?:{'|'.join(GROUPS)})\b"
_FACTOR: Final = "|".join(f"(?P<f{value}>{words})" for value, words in FACTORS.items())
_SPELLED: Final = re.compile(
    rf"(?<![\w-])(?<![0-9] )(?:"
    rf"(?P<mixed>(?:{_CARDINAL}|[0-9]{{1,3}})\s+and\s+(?:a|one)[\s-](?P<mixed_part>{_PART}))"
    rf"|(?P<decimal>(?:{_CARDINAL}|[0-9]{{1,6}}) point (?:{_DIGIT}\b)(?:[\s-]{_DIGIT}\b)*)"
    r"|(?<![0-9][km] )(?<!thousand )(?<!grand )(?<!dollars )(?<!usd )"  # "$30k a quarter" is a sum
    rf"(?P<top>an?|{_TOPS})[\s-](?:(?:good|full|whole|solid|further|whopping|mere|nice"
    rf"|clear)[\s-])?(?P<part>{_PART})(?P<group>{_OF_GROUP})?"
    rf"|(?P<half>half)(?P<half_group>{_OF_GROUP})?"
    r"|(?:(?P<ones>[0-9]{1,3})\s)?(?P<over>[0-9]{1,3})\s?[/⁄]\s?(?P<under>[0-9]{1,3})(?:rds?"
    r"|ths?)?(?![\w/⁄.,]?[0-9])"
    rf"|(?P<glyph>[0-9]{{0,3}}[{GLYPHS}])"
    rf"|(?P<vague>(?:tens|{'s|'.join(GROUPS)}s)(?= of\b)|a couple(?! (?:of )?(?:{'|'.join(GROUPS)})\b))"
    rf"|(?P<halve>{HALVE})"
    rf"|(?:{_FACTOR})(?![- ]check)"
    rf"|(?P<cardinal>{_CARDINAL})"
    r")(?!\w)(?!-(?:check|edged))",
    re.IGNORECASE,
)
_ANY: Final = re.compile(
    rf"{'|'.join([*CARDINALS, *GROUPS, *PARTS])}|hal[fv]|twi|doubl|trip|treb|thri|quadr|quintu|fold|magnitude"
    rf"|tens|couple|[{GLYPHS}⁄/]",
    re.IGNORECASE,
)  # skips the slow pattern for most texts


def spelled_numbers(text: str) -> Iterator[Spelled]:
    """Yield the numbers in words of `text`, and its fractions, in order.

    >>> [round(n.value, 3) for n in spelled_numbers("twenty five, two thirds, 3/4, one and a half, twice")]
    [25.0, 0.667, 0.75, 1.5, 2.0]
    """
    if _ANY.search(text) is None:
        return
    for match in _SPELLED.finditer(text):
        found = _read(match)
        if found is not None:
            yield found


def _read(match: re.Match[str]) -> Spelled | None:
    start, end = match.span()
    if match["part"] or match["half"]:
        return _part_of(match)
    if match["over"]:
        return _fraction(match)
    if match["vague"]:
        word = match["vague"].lower().removesuffix("s")
        return Spelled(value=GROUPS.get(word, 2.0), start=start, end=end, is_vague=True)
    whole = _whole(match)
    return _sign_or_verb(match) if whole is None else Spelled(value=whole, start=start, end=end)


def _whole(match: re.Match[str]) -> float | None:
    """Return the number that is no part: "two and a half", "one point five", "twenty-five"."""
    if match["mixed"]:
        return _mixed(match)
    if match["decimal"]:
        return _decimal(match["decimal"])
    return _cardinal(match["cardinal"]) if match["cardinal"] else None


def _mixed(match: re.Match[str]) -> float:
    whole, _ = re.split(r"\s+and\s+(?=(?:a|one)\b)", match["mixed"], maxsplit=1, flags=re.IGNORECASE)
    return (float(whole) if whole.isdecimal() else _cardinal(whole)) + _part(match["mixed_part"])


def _decimal(text: str) -> float:
    """Return the value of "one point two five": 1.25."""
    whole, _, part = text.lower().partition(" point ")
    digits = "".join(f"{CARDINALS[word]:.0f}" for word in re.findall("[a-z]+", part))
    return (float(whole) if whole.isdecimal() else _cardinal(whole)) + float(f"0.{digits}")


def _sign_or_verb(match: re.Match[str]) -> Spelled:
    """Return the number of "¾", "halve" or "double"."""
    start, end = match.span()
    if match["glyph"]:
        ones, value = match["glyph"][:-1], unicodedata.numeric(match["glyph"][-1])
        return Spelled(value=float(ones or 0) + value, start=start, end=end, is_part=not ones, is_digits=True)
    if match["halve"]:
        return Spelled(value=0.5, start=start, end=end, is_part=True, lowers=True)
    factor = float((match.lastgroup or "f1")[1:])
    return Spelled(value=factor, start=start, end=end, is_factor=True, lowers=False)


def _part_of(match: re.Match[str]) -> Spelled:
    top = (match["top"] or "a").lower()
    share = (1.0 if top in ("a", "an") else CARDINALS[top]) * _part(match["part"] or "half")
    group = match["group"] or match["half_group"]
    if group is None:
        return Spelled(value=share, start=match.start(), end=match.end(), is_part=True)
    return Spelled(
        value=share * GROUPS[re.split(r"[\s-]", group.lower())[-1]], start=match.start(), end=match.end()
    )


def _fraction(match: re.Match[str]) -> Spelled | None:
    ones, over, under = (float(match[name] or 0) for name in ("ones", "over", "under"))
    if not 0 < over < under:
        return None
    return Spelled(
        value=ones + over / under, start=match.start(), end=match.end(), is_part=not ones, is_digits=True
    )


def _part(word: str) -> float:
    lower = word.lower()
    return 1 / PARTS[lower if lower in PARTS else lower.removesuffix("s")]


def _cardinal(text: str) -> float:
    """Return the value of "two hundred and five": 205."""
    total, open_ = 0.0, 0.0
    for word in re.findall("[a-z]+", text.lower()):
        if word in CARDINALS:
            open_ += CARDINALS[word]
        elif word in ("hundred", "dozen"):
            open_ = max(open_, 1.0) * GROUPS[word]
        elif word in GROUPS:
            total, open_ = total + max(open_, 1.0) * GROUPS[word], 0.0
    return total + open_
