"""Read what follows and precedes a number: magnitude, unit, period, the thing that a price refers to."""

import re
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import (
    ADVERBS,
    CURRENCY_SIGNS,
    MAGNITUDES,
    MONEY_MAGNITUDES,
    PERIODS,
    SHORT_MAGNITUDES,
    SYMBOLS,
    THINGS,
    WORDS,
    Unit,
    UnitWords,
)


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """The sign, the currency and the factor sign before a number, and how many characters they take."""

    length: int = 0
    sign: str = ""
    currency: str = ""
    is_factor: bool = False
    adverb: str = ""  # the period named earlier in the phrase: "a monthly budget of"


class After(msgspec.Struct, frozen=True, kw_only=True):
    """The magnitude, the unit and the period after a number, and where each ends."""

    end: int
    amount_end: int
    unit_end: int
    times: float = 1.0
    unit: UnitWords | None = None
    period: str = ""
    per: str = ""
    doubt: str = ""


_ALL: Final = (*SYMBOLS, *WORDS)
_UNIT: Final = re.compile(
    r"\s?(?:"
    + "|".join(f"(?P<u{i}>{one.words})" for i, one in enumerate(SYMBOLS))
    + r")|(?:[\s-]?|\s-?)(?:"
    + "|".join(f"(?P<u{i}>{one.words})" for i, one in enumerate(WORDS, len(SYMBOLS)))
    + r")(?![^\W\u4e00-\u9fff])",
    re.IGNORECASE,
)
_MAGNITUDE: Final = re.compile(
    rf"[\s-]?(?P<word>{'|'.join(sorted(MAGNITUDES, key=len, reverse=True))})(?![^\W\u4e00-\u9fff])",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"\s(?:[a-z]+\s)?(?:tok|req|call|quer|event|user)", re.IGNORECASE)
_SIGNS: Final = "|".join(re.escape(sign) for sign in sorted(CURRENCY_SIGNS, key=len, reverse=True))
_BEFORE: Final = re.compile(
    rf"(?P<sign>(?<![\w)%])[-−+])?(?:(?P<currency>(?<![^\W\u4e00-\u9fff])(?:{_SIGNS}))\s?(?P<inside>[-−+])?)?$",
    re.IGNORECASE,
)
_TIMES_BEFORE: Final = re.compile(
    r"(?<!\w)(?:x|×)\s?$|\b(?:times|multiplied by|multiply by)\s$|\bfactor (?:of )?(?:about |around "
    r"|roughly )?$",
    re.IGNORECASE,
)
_PERIOD: Final = re.compile(
    r"\s*(?:/\s?|\b(?:a|an|per|each|every|any given|pro|im|par|al|por)\s+)(?:calendar )?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in PERIODS.items())
    + r")(?!\w)",
    re.IGNORECASE,
)
_PER: Final = re.compile(
    r"\s*(?:/\s?|\b(?:per|for each|for every|an?)\s+)(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in THINGS.items())
    + r")(?!\w)",
    re.IGNORECASE,
)
_ABBREVIATED: Final = {
    "p.a.": "year",
    "p.a": "year",
    "pa": "year",
    "p.m.": "month",
    "pcm": "month",
    "p.w.": "week",
    "pw": "week",
}
_ABBREVIATION: Final = re.compile(
    r"\s(?P<period>p\.a\.?|pa|p\.m\.(?! \w+ (?:utc|gmt))|pcm|p\.w\.|pw)(?!\w)", re.IGNORECASE
)
_ADVERB_AFTER: Final = re.compile(
    rf"\s(?:(?:of|in|worth of) )?(?P<adverb>{'|'.join(ADVERBS)})\b", re.IGNORECASE
)
_ADVERB_BEFORE: Final = re.compile(
    rf"\b(?P<adverb>{'|'.join(ADVERBS)})\b[^.;!?\n0-9,]{{0,40}}$", re.IGNORECASE
)
_MAGNITUDE_DOUBT: Final = "“{}” can be million or minutes; write which"
_LOOK_BACK: Final = 60  # characters before a number that are searched for a period


def read_before(text: str, at: int) -> Before:
    """Return what stands before the number at `at`."""
    behind = text[max(0, at - _LOOK_BACK) : at]
    adverb = _ADVERB_BEFORE.search(behind)
    period = "" if adverb is None else ADVERBS[adverb["adverb"].lower()]
    factor = _TIMES_BEFORE.search(behind)
    if factor is not None:
        length = len(factor[0]) if factor[0].strip().lower() in ("x", "×") else 0
        return Before(length=length, is_factor=True)
    match = _BEFORE.search(behind)
    sign = "" if match is None else (match["sign"] or match["inside"] or "").replace("−", "-")
    currency = "" if match is None else CURRENCY_SIGNS.get((match["currency"] or "").lower(), "")
    length = 0 if match is None else len(match[0])
    return Before(length=length, sign=sign, currency=currency, adverb=period)


def read_after(text: str, at: int, *, currency: str = "", is_whole: bool = True) -> After:
    """Return what stands after the number that ends at `at`; `is_whole` if a magnitude may follow."""
    times, end, is_money, doubt = _magnitude(text, at, currency) if is_whole else (1.0, at, False, "")
    amount_end = end
    match = None if currency else _UNIT.match(text, end)
    unit = None if match is None else _ALL[int((match.lastgroup or "u0")[1:])]
    end = end if match is None else match.end()
    if currency:
        unit = UnitWords(Unit.MONEY, 1.0, "", currency)
        repeated = re.compile(r"\s?(?:usd|us dollars?|dollars?|euros?|eur)\b", re.IGNORECASE).match(text, end)
        end = end if repeated is None else repeated.end()
    elif unit is None and is_money:
        unit = UnitWords(Unit.MONEY, 1.0, "", "USD")
    period, per, whole_end = _per(text, end, unit)
    return After(
        end=whole_end,
        amount_end=amount_end,
        unit_end=end,
        times=times,
        unit=unit,
        period=period,
        per=per,
        doubt=doubt,
    )


def _magnitude(text: str, at: int, currency: str) -> tuple[float, int, bool, str]:
    """Return the magnitude, its end, whether it means money, and a doubt."""
    match = _MAGNITUDE.match(text, at)
    if match is None:
        return 1.0, at, False, ""
    word = match["word"]
    if word.lower() in SHORT_MAGNITUDES and not (
        currency or word.isupper() or _COUNTED.match(text, match.end()) is not None
    ):
        return (
            1.0,
            at,
            False,
            _MAGNITUDE_DOUBT.format(text[max(0, at - 6) : match.end()].rsplit(maxsplit=1)[-1]),
        )
    return MAGNITUDES[word.lower()], match.end(), word.lower() in MONEY_MAGNITUDES, ""


def _per(text: str, at: int, unit: UnitWords | None) -> tuple[str, str, int]:
    """Return the period, the thing that a price refers to, and the end."""
    if unit is not None and unit.period:
        return unit.period, "", at
    is_amount = unit is None or unit.unit in (Unit.MONEY, Unit.COUNT)
    if not is_amount:
        return "", "", at
    thing = _PER.match(text, at) if unit is not None and unit.unit is Unit.MONEY else None
    if thing is not None:
        return "", thing.lastgroup or "", thing.end()
    match = _PERIOD.match(text, at)
    if match is not None:
        return match.lastgroup or "", "", match.end()
    short = _ABBREVIATION.match(text, at) if unit is not None and unit.unit is Unit.MONEY else None
    if short is not None:
        return _ABBREVIATED[short["period"].lower()], "", short.end()
    adverb = _ADVERB_AFTER.match(text, at)
    return (ADVERBS[adverb["adverb"].lower()], "", adverb.end()) if adverb is not None else ("", "", at)
