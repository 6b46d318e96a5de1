"""Put the numbers, names and dates of a text into the guard's terms: what each counts, and what it claims.

`numbers.reader` reads the numbers; here each gets its kind, its interval of rounding, and the claims of the
words around it: its period, its direction, and whether it is a wish.
"""

import enum
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from netra.domain.agents.guard import claim_context
from netra.domain.agents.guard.averages import is_unit_of_average, unit_of_average
from netra.domain.agents.guard.list_numbers import numbered
from netra.domain.agents.guard.nouns import noun_around, nouns_of_ratio
from netra.domain.agents.guard.percentile_phrases import percentile_phrases
from netra.domain.agents.guard.ratios import RATIO_SLACK, Ratio, ratios_in
from netra.domain.agents.guard.versions_and_dates import Label, labels_in
from netra.domain.agents.numbers.digits import Convention
from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.numbers.reader import read_numbers
from netra.domain.agents.numbers.spelled import GLYPHS
from netra.domain.agents.question.mentions import blanked


class NumberKind(enum.StrEnum):
    """The kind of thing that a number counts; each kind has one scale."""

    USD = "usd"
    FOREIGN = "foreign"  # money in another currency than US dollars
    SHARE = "share"  # 0.2 for "20 %"
    FACTOR = "factor"
    TIME = "time"  # seconds
    GIB = "gib"
    TOKENS = "tokens"
    CALLS = "calls"
    GPUS = "gpus"
    REPLICAS = "replicas"
    COUNT = "count"  # of other things, or of an unstated one
    ANY = "any"  # a number of the payload without a stated kind


class StatedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number stated by a text."""

    text: str
    value: float
    kind: NumberKind
    low: float  # smallest and, next, largest value that rounds to the number; nan if it has no certain value
    high: float
    period: str = ""  # "month" of "$5 a month"
    sign: str = ""  # the sign as written
    way: str = ""  # "down" of "$5 less", "up" of "$5 more"
    is_wish: bool = False  # stated as a target or a limit
    words: tuple[str, ...] = ()  # stems of the following words
    start: int = 0  # its place in `Figures.plain`
    end: int = 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All checkable statements of a text."""

    numbers: tuple[StatedNumber, ...]
    labels: tuple[Label, ...]
    plain: str = ""  # the text without emphasis and with digits as 0-9; positions refer to it


_KINDS: Final[Mapping[Unit, tuple[NumberKind, float]]] = {
    Unit.SHARE: (NumberKind.SHARE, 1.0),
    Unit.FACTOR: (NumberKind.FACTOR, 1.0),
    Unit.MS: (NumberKind.TIME, 0.001),
    Unit.GIB: (NumberKind.GIB, 1.0),
}
"""The kind of each unit that has a kind of its own, and what one of the unit is on its scale."""
_NOUNS: Final[Mapping[str, NumberKind]] = {
    "token": NumberKind.TOKENS,
    **dict.fromkeys(
        ("call", "request", "query", "event", "row", "answer", "response", "prompt"), NumberKind.CALLS
    ),
    "gpu": NumberKind.GPUS,
    "replica": NumberKind.REPLICAS,
}
_TIMES_CALLED: Final = re.compile(
    r"\b(?:called|used|invoked|requested|ran|runs?|queried|triggered|calls)\b[^.;]{0,24}$",
    re.IGNORECASE,
)
_AS_OFTEN: Final = re.compile(r"\s(?:as|more|less)\b", re.IGNORECASE)
_OF_A_DOLLAR: Final = re.compile(
    r"\b(?:of|in|from|out of) (?:every|each|a) dollar\b[^.;0-9$]*#|#\s(?:of|in|on|out of) (?:every|each|a"
    r"|the) dollar\b",
    re.IGNORECASE,
)
_WISH_WINDOW: Final = 400  # characters before a number in which its sentence may speak of a target
_WIDE: Final = 200  # characters before it that may hold the noun it counts
_BEFORE: Final = 60  # characters before a number that may qualify it
_AFTER: Final = 80  # characters after it
_PLAIN_SLACK: Final = {NumberKind.SHARE: 0.01, NumberKind.FACTOR: 0.05}
"""How far a share or a factor in words may be off: half a percent, and a twentieth of the present."""
_SOME: Final = re.compile(r"\bsome\s*$", re.IGNORECASE)  # before a number it says "about"
_HOUR_S: Final = 3_600.0
_ADVERB: Final = re.compile(r"twice|thrice", re.IGNORECASE)
_COUNTED_TWICE: Final = re.compile(
    r"\b(?:count|sav|bill|charg|ask|pay|paid|sen[dt]|answer|measur|check)\w*\b[^.;,]{0,20}$", re.IGNORECASE
)
_LEVEL: Final = re.compile(
    r"(?<![\w.])(?P<level>(?:80|90)\s?(?:%|percent|per cent))[\s-](?:confidence )?(?:interval|range)",
    re.IGNORECASE,
)  # the levels of the result's intervals
_HALVES: Final = re.compile(r"halv\w+", re.IGNORECASE)
_VERB_SLACK: Final = 0.02  # how far a share may be off that "halves" states
_SPAN_SLACK: Final = 0.05  # share by which "one day" may be off, and other long times in words
_ORDINAL: Final = re.compile(r"(?<![\w.])[0-9]{1,2}(?:st|nd|rd|th)\b(?!\s?percentile)", re.IGNORECASE)
_EMPHASIS: Final = re.compile(r"[*_]{2,3}|(?<!\w)[*_](?=[\w$])|(?<=\w)[*_](?!\w)|`")
_A_UNIT: Final = re.compile(r"(?:an?|sub)[\s-]?(?:second|minute|hour)", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[0-9][0-9.,]*[a-z]?\b|[0-9]+", re.IGNORECASE)


def figures(text: str, *, due: int = 1) -> Figures:
    """Return the statements of `text`; a numbered list in it may continue at item `due`.

    >>> [(n.value, n.kind.value, n.period) for n in figures("saves $1.2k a month, 12.5 % of gpt-4o").numbers]
    [(1200.0, 'usd', 'month'), (0.125, 'share', '')]
    >>> [label.text for label in figures("12.5 % of gpt-4o since 2026-11-20").labels]
    ['gpt-4o', '2026-11-20']
    """
    plain = _EMPHASIS.sub("", normal(text))
    labels = labels_in(plain)
    rest = blanked(plain, [(label.start, label.end) for label in labels])
    rest = blanked(rest, [match.span() for match in _ORDINAL.finditer(rest)])
    rest = blanked(rest, [(match.start("n"), match.end()) for match, _ in numbered(rest, due)])
    rest = blanked(rest, [(start, end) for _, start, end in percentile_phrases(rest)])
    rest = blanked(rest, [match.span("level") for match in _LEVEL.finditer(rest)])
    ratios = tuple(_ratio(rest, found) for found in ratios_in(rest))
    rest = blanked(rest, [(ratio.start, ratio.end) for ratio in ratios])
    read = read_numbers(rest, convention=Convention.POINT, is_blanked=True)
    certain = [number for number in read if not number.doubt or number.is_spelled]
    labels += _unreadable(blanked(rest, [(number.start, number.end) for number in certain]))
    numbers = sorted((*ratios, *_stated(rest, certain)), key=_start)
    return Figures(numbers=tuple(numbers), labels=tuple(sorted(labels, key=_start)), plain=plain)


def normal(text: str) -> str:
    """Return `text` with the digits of every script as 0-9.

    >>> normal("２７ ٪, ٣ of ½")
    '27 ٪, 3 of ½'
    """
    if text.isascii():
        return text
    parts = re.split(f"([{GLYPHS}])", text)
    composed = "".join(one if one in GLYPHS else unicodedata.normalize("NFKC", one) for one in parts)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in composed)


def _stated(text: str, numbers: Iterable[Number]) -> Iterator[StatedNumber]:
    for number in numbers:
        if number.unit is Unit.PERCENTILE or _A_UNIT.fullmatch(number.text):
            continue
        for one in number.ends or (number,):
            stated = _in_terms(text, one, whole=number)
            if stated is not None:
                yield stated


def _in_terms(text: str, number: Number, *, whole: Number) -> StatedNumber | None:
    """Return a number, or an end of the range `whole`; None for a pronoun: "one of them"."""
    start, end = number.start, _end(number)
    before, after = text[max(0, start - _BEFORE) : start], text[_end(whole) : _end(whole) + _AFTER]
    wide = text[max(0, start - _WIDE) : start]
    words = claim_context.words(after) if number.unit in (Unit.BARE, Unit.COUNT) else ()
    kind, scale = _kind_of(number, before=wide, after=after, words=words)
    if number.text.lower().startswith("one") and number.value == 1 and kind is NumberKind.COUNT:
        return None
    if _ADVERB.fullmatch(number.text.strip()) and _COUNTED_TWICE.search(before):
        return None  # "no call is counted twice"
    if _is_one_call(number, before=before, after=after):
        return None
    value = number.value * scale
    is_uncertain = bool(number.doubt) and _SOME.search(before) is None
    low, high = math.nan, math.nan
    if not is_uncertain:
        low, high = _interval(number, value, kind=kind, scale=scale, before=before)
    return StatedNumber(
        text=text[start:end].strip(),
        value=math.nan if is_uncertain else value,
        kind=kind,
        low=low,
        high=high,
        words=words,
        sign=number.sign,
        period=claim_context.period(before, after) or _average(kind, before, after),
        way=claim_context.way(before, after),
        is_wish=claim_context.is_wish(text[max(0, start - _WISH_WINDOW) : start], after),
        start=start,
        end=end,
    )


def _average(kind: NumberKind, before: str, after: str) -> str:
    """Return what money or tokens are an average of; empty for other numbers."""
    return unit_of_average(before, after) if kind in (NumberKind.USD, NumberKind.TOKENS) else ""


def _is_one_call(number: Number, *, before: str, after: str) -> bool:
    """Return whether the number is the unit of an average: "one call costs", "per thousand calls"."""
    if not number.text.lower().startswith(("one", "1", "thousand", "million", "a thousand", "a million")):
        return False
    return is_unit_of_average(number.text, before=before, after=after)


def _end(number: Number) -> int:
    """Return where a number ends with its unit; a counted thing is no unit."""
    return number.amount_end if number.unit is Unit.COUNT else number.unit_end


def _kind_of(number: Number, *, before: str, after: str, words: tuple[str, ...]) -> tuple[NumberKind, float]:
    """Return what a number counts, by its unit or the words around it, and the unit's scale."""
    if number.unit is Unit.MONEY:
        if number.is_usd and _OF_A_DOLLAR.search(f"{before}#{after}"):
            return NumberKind.SHARE, 1.0  # "48 cents of every dollar"
        return (NumberKind.USD if number.is_usd else NumberKind.FOREIGN), 1.0
    if number.unit is Unit.FACTOR and _TIMES_CALLED.search(before) and not _AS_OFTEN.match(after):
        return NumberKind.CALLS, 1.0  # "called 5 times"
    if number.unit in _KINDS:
        return _KINDS[number.unit]
    stated = next((word for word in words if word in _NOUNS), number.noun)
    noun = stated or noun_around(before, after)
    return _NOUNS.get(noun, NumberKind.COUNT), 1.0


def _interval(
    number: Number, value: float, *, kind: NumberKind, scale: float, before: str
) -> tuple[float, float]:
    """Return the interval of values that the number stands for."""
    if number.step > 0:
        return claim_context.slack(
            value, step=number.step * scale, written=number.scale * scale, before=before
        )
    plain = _PLAIN_SLACK.get(kind, 1e-9 * abs(value))
    if _HALVES.fullmatch(number.text.strip()):
        plain = _VERB_SLACK
    if kind is NumberKind.TIME and value >= _HOUR_S:
        plain = _SPAN_SLACK * value
    return claim_context.slack_in_words(value, before=before, plain=plain)


def _ratio(text: str, found: Ratio) -> StatedNumber:
    before, after = text[max(0, found.start - _BEFORE) : found.start], text[found.end : found.end + _AFTER]
    plain = RATIO_SLACK * found.value
    low, high = claim_context.slack_in_words(found.value, before=before, plain=plain)
    return StatedNumber(
        text=found.text,
        value=found.value,
        kind=NumberKind.SHARE,
        low=low,
        high=high,
        way=claim_context.way(before, after),
        words=nouns_of_ratio(found.text + after[:10]),
        start=found.start,
        end=found.end,
    )


def _unreadable(text: str) -> tuple[Label, ...]:
    """Return the digits with no certain value as names: they stand only where the payload has them too."""
    return tuple(
        Label(text=match[0], key=("", match[0].lower()), start=match.start(), end=match.end())
        for match in _DIGITS.finditer(text)
    )


def _start(one: StatedNumber | Label) -> int:
    return one.start
