"""Extract the numbers, names and dates that a text states, for the guard to check.

A number carries its unit, its interval of rounding, and the claims of the words around it: its period
and its direction.
"""

import enum
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from netra.domain.agents.guard import claim_context
from netra.domain.agents.guard.list_numbers import numbered
from netra.domain.agents.guard.percentile_phrases import percentile_phrases
from netra.domain.agents.guard.ratios import RATIO_SLACK, Ratio, ratios_in
from netra.domain.agents.guard.versions_and_dates import Label, labels_in
from netra.domain.agents.question import number_words
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
    low: float  # smallest and, next, largest value that rounds to the number
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


_MAGNITUDES: Final[Mapping[str, float]] = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
}
_UNITS: Final[tuple[tuple[NumberKind, float, str], ...]] = (
    (NumberKind.SHARE, 0.01, r"%|percent(?:age)?(?: points?)?|per cent|pct|points"),
    (NumberKind.SHARE, 0.0001, r"basis points?|bps"),
    (NumberKind.FACTOR, 1.0, r"x|×|times|fold"),
    (NumberKind.TIME, 0.001, r"ms|msecs?|millis(?:econds?)?|milliseconds?"),
    (NumberKind.TIME, 1e-6, r"µs|μs|microseconds?"),
    (NumberKind.TIME, 1.0, r"s|secs?|seconds?"),
    (NumberKind.TIME, 60.0, r"mins?|minutes?"),
    (NumberKind.TIME, 3_600.0, r"h|hrs?|hours?"),
    (NumberKind.TIME, 86_400.0, r"d|days?"),
    (NumberKind.TIME, 604_800.0, r"weeks?"),
    (NumberKind.TIME, 2_629_800.0, r"months?"),
    (NumberKind.TIME, 31_557_600.0, r"years?"),
    (NumberKind.GIB, 1.0, r"gib|gb|gigabytes?"),
    (NumberKind.GIB, 1 / 1_024, r"mib|mb|megabytes?"),
    (NumberKind.GIB, 1_024.0, r"tib|tb|terabytes?"),
    (NumberKind.USD, 1.0, r"usd|us dollars?|dollars?|bucks"),
    (NumberKind.USD, 0.01, r"cents?"),
    (NumberKind.FOREIGN, 1.0, r"€|£|¥|eur|euros?|gbp|pounds?|jpy|yen|chf|francs?"),
)
_NOUNS: Final[Mapping[str, NumberKind]] = {
    "token": NumberKind.TOKENS,
    **dict.fromkeys(
        ("call", "request", "query", "event", "row", "answer", "response", "prompt"), NumberKind.CALLS
    ),
    "gpu": NumberKind.GPUS,
    "replica": NumberKind.REPLICAS,
}
_NUMBER: Final = re.compile(
    r"(?<![\w.,⁄])(?P<before>[-−+–]\s?)?(?P<sign>(?:us)?\$|€|£|¥|(?:usd|eur|gbp)\s)?(?P<inside>[-−+])?"
    r"(?![0-9]+⁄)(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
    r"|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]{1,3})?|\.[0-9]+)"
    r"(?:[\s-]?(?P<magnitude>thousand|million|billion|k|mn?|bn?)(?![\w]))?"
    r"(?:[\s-]?(?:" + "|".join(f"(?P<u{i}>{words})" for i, (_, _, words) in enumerate(_UNITS)) + r")(?!\w))?",
    re.IGNORECASE,
)
_TIMES_CALLED: Final = re.compile(
    r"\b(?:called|used|invoked|requested|ran|runs?|queried|triggered|calls)\b[^.;]{0,24}$",
    re.IGNORECASE,
)
_OF_COUNTED: Final = re.compile(
    r"\bof (?:the |your |all |these |input |output )*(?P<noun>calls|requests|tokens|answers"
    r"|prompts),?\s*$",
    re.IGNORECASE,
)
_WISH_WINDOW: Final = 400  # characters before a number in which its sentence may speak of a target
_RANGE: Final = re.compile(r"\s?(?:-|–|—|to|through)\s?$|\s(?:and|or)\s$", re.IGNORECASE)
_ORDINAL: Final = re.compile(r"(?<![\w.])[0-9]{1,2}(?:st|nd|rd|th)\b", re.IGNORECASE)
_EMPHASIS: Final = re.compile(r"[*_]{2,3}|(?<!\w)[*_](?=[\w$])|(?<=\w)[*_](?!\w)|`")


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
    rest = _ORDINAL.sub(lambda match: " " * len(match[0]), rest)
    rest = blanked(rest, [(match.start("n"), match.end()) for match, _ in numbered(rest, due)])
    rest = blanked(rest, [(start, end) for _, start, end in percentile_phrases(rest)])
    ratios = tuple(_ratio(rest, found) for found in ratios_in(rest))
    rest = blanked(rest, [(ratio.start, ratio.end) for ratio in ratios])
    spans = [match.span() for match in _NUMBER.finditer(rest)]
    numbers = [*ratios, *_digits(rest), *_spelt(blanked(rest, spans))]
    return Figures(numbers=tuple(numbers), labels=labels, plain=plain)


def normal(text: str) -> str:
    """Return `text` with the digits of every script as 0-9, and ½ as 1⁄2.

    >>> normal("２７ ٪, ٣ of ½")
    '27 ٪, 3 of 1⁄2'
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in composed)


def _digits(text: str) -> Iterator[StatedNumber]:
    matches = list(_NUMBER.finditer(text))
    for at, match in enumerate(matches):
        follows = matches[at + 1] if at + 1 < len(matches) else None
        leads = matches[at - 1] if at else None
        yield _stated(text, match, follows=follows, leads=leads)


def _stated(
    text: str, match: re.Match[str], *, follows: re.Match[str] | None, leads: re.Match[str] | None
) -> StatedNumber:
    """Return one number; both ends of a range get the unit written at either end."""
    whole = match
    is_range = match["sign"] is None and _unit(match) is None
    if is_range and follows is not None and _joins(text, match, follows):
        whole = follows
    elif is_range and leads is not None and _joins(text, leads, match):
        whole = leads
    digits = match["digits"].replace(",", "")
    magnitude = match["magnitude"] or (whole["magnitude"] if whole is follows else None)
    times = _MAGNITUDES[magnitude.lower()] if magnitude else 1.0
    unit = _unit(whole)
    before, after = text[max(0, match.start() - 60) : match.start()], text[whole.end() : whole.end() + 80]
    words = claim_context.words(after) if unit is None and not whole["sign"] else ()
    kind, scale = _kind_of(whole, before=before, words=words)
    value = float(digits) * times * scale
    low, high = claim_context.slack(digits, value, step=times * scale, before=before)
    mark = (match["before"] or match["inside"] or "").strip()
    is_dash = mark == "–" or (mark == "-" and leads is not None and leads.end() == match.start())
    sign = "" if is_dash else mark.replace("−", "-")
    return StatedNumber(
        text=match[0].strip(),
        value=value,
        kind=kind,
        low=low,
        high=high,
        words=words,
        sign=sign,
        period=claim_context.period(before, after),
        way=claim_context.way(before, after),
        is_wish=claim_context.is_wish(text[max(0, match.start() - _WISH_WINDOW) : match.start()], after),
        start=match.start(),
        end=match.end(),
    )


def _kind_of(whole: re.Match[str], *, before: str, words: tuple[str, ...]) -> tuple[NumberKind, float]:
    """Return what a number counts, by its sign, its unit or the words around it, and the unit's scale."""
    if whole["sign"]:
        is_usd = "$" in whole["sign"] or "usd" in whole["sign"].lower()
        return (NumberKind.USD if is_usd else NumberKind.FOREIGN), 1.0
    unit = _unit(whole)
    if unit is not None:
        kind, scale, _ = _UNITS[unit]
        is_count = kind is NumberKind.FACTOR and _TIMES_CALLED.search(before) is not None
        return (NumberKind.CALLS if is_count else kind), scale  # "called 5 times"
    noun = next((word for word in words if word in _NOUNS), "")
    if not noun and (counted := _OF_COUNTED.search(before)) is not None:
        noun = claim_context.stem(counted["noun"])  # "of the calls, 5 are ..."
    return _NOUNS.get(noun, NumberKind.COUNT), 1.0


def _unit(match: re.Match[str]) -> int | None:
    group = match.lastgroup
    return int(group[1:]) if group and group[0] == "u" and group[1:].isdecimal() else None


def _joins(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    """Return whether two numbers are the ends of a range: "122 to 172 ms", "between 3 and 5 %"."""
    between = text[first.end() : second.start()] + (second["before"] or "")
    if _RANGE.search(between) is None or len(between) > 6:
        return False
    return (
        between.strip().lower() not in ("and", "or")
        or "between" in text[max(0, first.start() - 20) : first.start()].lower()
    )


def _ratio(text: str, found: Ratio) -> StatedNumber:
    before, after = text[max(0, found.start - 60) : found.start], text[found.end : found.end + 80]
    plain = RATIO_SLACK * found.value
    low, high = claim_context.slack_in_words(found.value, before=before, plain=plain)
    return StatedNumber(
        text=found.text,
        value=found.value,
        kind=NumberKind.SHARE,
        low=low,
        high=high,
        way=claim_context.way(before, after),
        start=found.start,
        end=found.end,
    )


def _spelt(text: str) -> Iterator[StatedNumber]:
    """Yield the numbers written in words."""
    for found in number_words.numbers(text):
        before, after = text[max(0, found.start - 60) : found.start], text[found.end : found.end + 80]
        unit = number_words.unit(after, [words for _, _, words in _UNITS])
        kind, value = NumberKind.COUNT, found.value
        if found.is_share:
            kind = NumberKind.SHARE
        elif found.is_factor:
            kind = NumberKind.FACTOR
        elif unit is not None:
            kind, value = _UNITS[unit[0]][0], value * _UNITS[unit[0]][1]
            after = after[unit[1] :]
        words = claim_context.words(after)
        if kind is NumberKind.COUNT:
            kind = next((_NOUNS[word] for word in words if word in _NOUNS), NumberKind.COUNT)
        if found.is_pronoun and unit is None and (not words or words[0] not in _NOUNS):
            continue
        is_rounded = found.is_share or found.is_factor or kind is NumberKind.SHARE
        plain = 0.005 if is_rounded else 1e-9 * abs(value)
        low, high = claim_context.slack_in_words(value, before=before, plain=plain)
        yield StatedNumber(
            text=found.text,
            value=value,
            kind=kind,
            words=words,
            period=claim_context.period(before, after),
            way=claim_context.way(before, after),
            is_wish=claim_context.is_wish(text[max(0, found.start - _WISH_WINDOW) : found.start], after),
            low=math.nan if math.isnan(value) else low,
            high=high,
            start=found.start,
            end=found.end,
        )
