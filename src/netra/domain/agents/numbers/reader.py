"""Find the numbers of a text, each once and whole, with its unit and period.

`read_numbers` is the only reader of numbers: the question's reader and the guard both use it. Callers blank
names that hold digits (models, GPUs) before. A number whose value is uncertain carries a `doubt`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.digits import CHUNK, Convention, Digits, convention_of, read_digits
from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.numbers.not_numbers import not_number_spans
from netra.domain.agents.numbers.ranges import joined
from netra.domain.agents.numbers.spelled import Spelled, spelled_numbers
from netra.domain.agents.numbers.units import After, Before, read_after, read_before

NUMBERS_MAX: Final = 200  # most numbers read from one text; bounds the work for a text full of numbers
_FILL: Final = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for what is no number; neither letter nor digit
_PERCENTILE: Final = re.compile(
    r"(?<![^\W\u4e00-\u9fff])p(?:[\s-]?|:\s?|ercentile:?\s?)(?P<p>[1-9][0-9](?:[.,][0-9]{1,3}|9{1,3})?"
    r"|100)(?![\w%]|[.,][0-9])|\b(?P<median>median)\b"
    r"|(?<![\w.,$])(?P<q>[5-9][0-9](?:\.[0-9]{1,3})?)p(?:ct)?\b",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(
    r"(?:(?<=sub-)|(?<=\b[x×])|(?<=[0-9][-–])|(?<=[0-9][km][-–])|(?<=%[-–])"
    r"|(?<![^\W\u4e00-\u9fff])(?<![0-9][.,])(?<![^\W\u4e00-\u9fff][-–]))"
    rf"(?:{CHUNK})",
    re.IGNORECASE,
)
_OF_TIME: Final = re.compile(
    r"\s(?:of\s)?an?\s(?=(?:milli)?second|minute|hour|day|week|month|year)", re.IGNORECASE
)
_VAGUE: Final = re.compile(r"\b(?:couple(?: of)?|few|several|many|some)\s$", re.IGNORECASE)
_A_UNIT: Final = re.compile(
    r"(?:\b(?:within|under|below|than|in|at most|up to|max(?:imum)?|over|above|beyond|exceeds?|exceeding)"
    r"|[<>≤≥]=?)\s"
    r"(?P<a>an?\s)(?P<unit>second|minute|hour)\b|\b(?P<sub>sub[-\s]?)(?P<subunit>second|minute)\b",
    re.IGNORECASE,
)


def read_numbers(
    text: str, *, convention: Convention | None = None, is_blanked: bool = False
) -> tuple[Number, ...]:
    """Return the first `NUMBERS_MAX` numbers of `text`, in order and without overlap.

    `convention` decides "1.500" and "1,500"; by default the text's other numbers do. `is_blanked` says that
    the caller has blanked what is no amount (dates, versions, list numbers); all other digits are then read.

    >>> [(n.value, n.unit.value, n.period) for n in read_numbers("twenty five % of $2.5k a month, 1,5 s")]
    [(0.25, 'share', ''), (2500.0, 'money', 'month'), (1500.0, 'ms', '')]
    """
    convention = convention or convention_of(text)
    plain = text
    for start, end in () if is_blanked else not_number_spans(text):
        plain = plain[:start] + _FILL * (end - start) + plain[end:]
    found = [*_percentiles(plain)]
    found += _beside(found, _spelled(plain))
    found += _beside(found, _in_digits(plain, convention))
    found += _beside(found, _single_units(plain))
    ordered = sorted(found, key=lambda number: number.start)
    return joined(text, _without_overlap(ordered))[:NUMBERS_MAX]


def _beside(found: Sequence[Number], others: Iterator[Number]) -> list[Number]:
    """Return those of `others` that do not overlap what was found before."""
    taken = [(number.start, number.end) for number in found]
    return [one for one in others if all(one.end <= start or one.start >= end for start, end in taken)]


def _without_overlap(ordered: Sequence[Number]) -> list[Number]:
    kept: list[Number] = []
    for number in ordered:
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return kept


def _percentiles(text: str) -> Iterator[Number]:
    for match in _PERCENTILE.finditer(text):
        digits = (match["p"] or match["q"] or "50").replace(",", ".")
        is_short = len(digits) > 2 and "." not in digits and digits != "100"
        value = float(f"{digits[:2]}.{digits[2:]}") if is_short else float(digits)
        start, end = match.span()
        yield Number(
            text=match[0],
            start=start,
            end=end,
            amount_end=end,
            unit_end=end,
            unit=Unit.PERCENTILE,
            value=value,
        )


def _in_digits(text: str, convention: Convention | None) -> Iterator[Number]:
    for match in _DIGITS.finditer(text):
        read = read_digits(match[0], convention=convention)
        if read is not None:
            before = read_before(text, match.start())
            after = read_after(text, match.end(), currency=before.currency)
            yield _number(text, match.start() - before.length, before, after, read)


def _number(text: str, start: int, before: Before, after: After, read: Digits) -> Number:
    unit, scale, noun = Unit.BARE, 1.0, ""
    if after.unit is not None:
        unit, scale, noun = after.unit.unit, after.unit.scale, after.unit.noun
    if unit is Unit.BARE and before.is_factor:
        unit = Unit.FACTOR
    is_amount = unit in (Unit.MONEY, Unit.BARE)
    is_certain = unit in (Unit.SHARE, Unit.FACTOR) or (unit is Unit.MS and scale >= 1_000)
    return Number(
        text=text[start : after.end],
        start=start,
        end=after.end,
        unit=unit,
        value=float(f"{read.value * after.times * scale:.12g}"),
        step=read.step * after.times * scale,
        scale=after.times * scale,
        amount_end=after.amount_end,
        unit_end=after.unit_end,
        currency=noun if unit is Unit.MONEY else "",
        noun=noun if unit is Unit.COUNT else "",
        period=after.period or (before.adverb if is_amount else ""),
        per=after.per,
        sign=before.sign,
        lowers={"-": True, "+": False}.get(before.sign),
        doubt="" if is_certain and not after.doubt else read.doubt or after.doubt,
    )


def _spelled(text: str) -> Iterator[Number]:
    for found in spelled_numbers(text):
        before = read_before(text, found.start)
        number = _whole(text, found, before) if not (found.is_part or found.is_factor) else _part(text, found)
        is_vague = found.is_vague or (
            number.unit is not Unit.SHARE and _VAGUE.search(text[: found.start]) is not None
        )
        if is_vague:
            number = msgspec.structs.replace(number, doubt=f"“{number.text.strip()}” is no exact number")
        yield msgspec.structs.replace(
            number,
            is_spelled=not found.is_digits,
            is_vague=found.is_vague,
            lowers=found.lowers if number.lowers is None else number.lowers,
        )


def _whole(text: str, found: Spelled, before: Before) -> Number:
    is_grand = text[found.start : found.end].lower().endswith("grand")
    after = read_after(text, found.end, currency=before.currency or ("USD" if is_grand else ""))
    start = found.start - (before.length if before.currency or before.sign else 0)
    return _number(text, start, before, after, Digits(value=found.value, step=0.0))


def _part(text: str, found: Spelled) -> Number:
    """Return a share or a factor, or the time of "half a second" and "3/4 s"."""
    opening = _OF_TIME.match(text, found.end)
    after = read_after(text, found.end if opening is None else opening.end(), is_whole=False)
    if found.is_part and after.unit is not None and after.unit.unit in (Unit.MS, Unit.GIB):
        return _number(text, found.start, Before(), after, Digits(value=found.value, step=0.0))
    return Number(
        text=text[found.start : found.end],
        start=found.start,
        end=found.end,
        unit=Unit.FACTOR if found.is_factor else Unit.SHARE,
        value=found.value,
        amount_end=found.end,
        unit_end=found.end,
        lowers=found.lowers,
    )


def _single_units(text: str) -> Iterator[Number]:
    """Yield the 1 s of "within a second" and of "sub-second"."""
    for match in _A_UNIT.finditer(text):
        group = "a" if match["a"] else "sub"
        end = match.end("unit" if match["a"] else "subunit")
        after = read_after(text, match.end(group), is_whole=False)
        number = _number(text, match.start(group), Before(), after, Digits(value=1.0, step=0.0))
        yield msgspec.structs.replace(number, end=end, text=text[number.start : end], is_spelled=True)
