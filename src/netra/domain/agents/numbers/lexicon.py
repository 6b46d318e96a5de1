"""The one table of units, magnitudes, number words and periods. Patterns match without regard to case."""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec


class Unit(enum.StrEnum):
    """The thing that a number measures; each unit has one scale."""

    MONEY = "money"  # `Number.currency` names the currency
    SHARE = "share"  # 0.2 for "20 %"
    FACTOR = "factor"  # 2.0 for "2x"
    MS = "ms"  # every duration, in milliseconds
    GIB = "gib"
    COUNT = "count"  # of `Number.noun`
    PERCENTILE = "percentile"  # 99.0 for "p99"
    BARE = "bare"  # no unit


class UnitWords(msgspec.Struct, frozen=True):
    """The spellings of a unit, its factor to the unit's scale, and what else they say."""

    unit: Unit
    scale: float
    words: str
    noun: str = ""  # the counted thing, or the currency
    period: str = ""


DAY_MS: Final = 86_400_000.0
MONTH_DAYS: Final = 30.4375  # a twelfth of 365.25 days
SYMBOLS: Final = (
    UnitWords(Unit.SHARE, 0.01, r"%(?![\s-]?ile)|％|٪"),
    UnitWords(Unit.FACTOR, 1.0, "×|倍"),
    UnitWords(Unit.MS, 1.0, "毫秒"),
    UnitWords(Unit.MS, 1_000.0, "秒(?:钟)?"),
    UnitWords(Unit.MONEY, 1.0, r"美元|\$", "USD"),
    UnitWords(Unit.MONEY, 1.0, "€|欧元", "EUR"),
    UnitWords(Unit.MONEY, 1.0, "£", "GBP"),
    UnitWords(Unit.MONEY, 1.0, "¥|元", "CNY"),
)
"""Units that need no word boundary after them."""

WORDS: Final = (
    UnitWords(
        Unit.PERCENTILE,
        1.0,
        r"(?:th|st|nd|rd)?[\s-]?(?:percentiles?|%[\s-]?ile|quantiles?)|(?:th|st|nd|rd)[\s-]?(?:pct|perc)",
    ),
    UnitWords(
        Unit.SHARE,
        0.01,
        r"percent(?:age)?(?:[\s-]points?)?|percents|points|pp|per[\s-]cent|pct|prozent|pour[\s-]cent"
        r"|por[\s-]ciento",
    ),
    UnitWords(Unit.SHARE, 0.0001, r"basis points?|bps"),
    UnitWords(Unit.FACTOR, 1.0, "x|times|[- ]?fold|fach|mal|fois|veces"),
    UnitWords(Unit.COUNT, 1.0, r"tok(?:en)?s?\s?/\s?s(?:ec(?:ond)?)?|tps|t/s", "token", "second"),
    UnitWords(Unit.COUNT, 1.0, r"tok(?:en)?s?\s?/\s?min(?:ute)?|tpm", "token", "minute"),
    UnitWords(Unit.COUNT, 1.0, r"req(?:uest)?s?\s?/\s?s(?:ec(?:ond)?)?|rps|qps", "call", "second"),
    UnitWords(Unit.COUNT, 1.0, r"req(?:uest)?s?\s?/\s?min(?:ute)?|rpm", "call", "minute"),
    UnitWords(Unit.MS, 0.001, "µs|μs|us|microseconds?"),
    UnitWords(Unit.MS, 1.0, "ms|msecs?|millis|milli-?seconds?|millisekunden?|millisecondes?|milisegundos?"),
    UnitWords(Unit.MS, 1_000.0, "s|secs?|seconds?|sekunden?|secondes?|segundos?|seg"),
    UnitWords(Unit.MS, 60_000.0, "mins?|minutes?|minuten?|minutos?"),
    UnitWords(Unit.MS, 3_600_000.0, "h|hrs?|hours?|stunden?|heures?|horas?"),
    UnitWords(Unit.MS, DAY_MS, "d|days?|tagen?|tage|jours?|d[ií]as?"),
    UnitWords(Unit.MS, 7 * DAY_MS, "weeks?|wks?|wochen?|semaines?|semanas?"),
    UnitWords(Unit.MS, MONTH_DAYS * DAY_MS, "months?|monaten?|monate|mois|mes(?:es)?"),
    UnitWords(Unit.MS, 365.25 * DAY_MS, "years?|yrs?|jahren?|jahre|ans|a[nñ]os?"),
    UnitWords(Unit.GIB, 1.0, "gb|gib|gigabytes?|gigs?"),  # vendors label GPU memory in GB but it is GiB
    UnitWords(Unit.GIB, 1 / 1_024, "mb|mib|megabytes?"),
    UnitWords(Unit.GIB, 1_024.0, "tb|tib|terabytes?"),
    UnitWords(Unit.MONEY, 1.0, r"usd|us[\s-]dollars?|dollars?|dollar|bucks?|d[oó]lares|d[oó]lar", "USD"),
    UnitWords(Unit.MONEY, 0.01, "cents?|¢", "USD"),
    UnitWords(Unit.MONEY, 1.0, "eur|euros?", "EUR"),
    UnitWords(Unit.MONEY, 1.0, "gbp|pounds?|quid", "GBP"),
    UnitWords(Unit.MONEY, 1.0, "jpy|yen", "JPY"),
    UnitWords(Unit.MONEY, 1.0, "chf|francs?|franken", "CHF"),
    UnitWords(Unit.MONEY, 1.0, "inr|rupees?", "INR"),
    UnitWords(
        Unit.COUNT,
        1.0,
        r"(?:(?:in|out)put|prompt|completion|context|cached|generated)?\s?tok(?:en)?s?",
        "token",
    ),
    UnitWords(
        Unit.COUNT,
        1.0,
        r"(?:api |llm )?(?:calls?|requests?|reqs?|quer(?:y|ies)|events?|rows?|prompts?|answers?|responses?)",
        "call",
    ),
    UnitWords(Unit.COUNT, 1.0, "users?|customers?|seats?|people|readers?|tenants?|sessions?", "user"),
    UnitWords(Unit.COUNT, 1.0, "gpus?|cards?|accelerators?", "gpu"),
    UnitWords(Unit.COUNT, 1.0, "replicas?|nodes?|servers?|instances?|machines?", "replica"),
    UnitWords(
        Unit.COUNT, 1.0, "models?|features?|tools?|functions?|templates?|retries|engineers?|teams?", "thing"
    ),
)
"""Units that end at a word boundary; the first that matches is taken."""

CURRENCY_SIGNS: Final[Mapping[str, str]] = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "€": "EUR",
    "eur": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "chf": "CHF",
    "₹": "INR",
    "ca$": "CAD",
    "a$": "AUD",
}
MAGNITUDES: Final[Mapping[str, float]] = {
    "hundred": 1e2,
    "k": 1e3,
    "thousand": 1e3,
    "grand": 1e3,
    "tausend": 1e3,
    "mille": 1e3,
    "mil": 1e3,
    "千": 1e3,
    "万": 1e4,
    "m": 1e6,
    "mn": 1e6,
    "mm": 1e6,
    "mio": 1e6,
    "mln": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "millionen": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "billions": 1e9,
}
SHORT_MAGNITUDES: Final = frozenset("mb")
"""Magnitudes of one letter that count only after a currency sign, in capitals, or before a counted thing."""
MONEY_MAGNITUDES: Final = frozenset({"grand"})
"""Magnitudes that apply to US dollars only."""

_SMALL: Final = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen"""
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
CARDINALS: Final[Mapping[str, float]] = {
    **{word: float(value) for value, word in enumerate(_SMALL.split())},
    **{word: 10.0 * value for value, word in enumerate(_TENS.split(), 2)},
}
GROUPS: Final[Mapping[str, float]] = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "grand": 1e3,
    "million": 1e6,
    "billion": 1e9,
}
PARTS: Final[Mapping[str, int]] = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "twentieth": 20,
    "hundredth": 100,
}
FACTORS: Final[Mapping[str, str]] = {
    "2": "twice|double[sd]?|doubling|twofold|2-fold",
    "3": "thrice|tripl(?:e[sd]?|ing)|treble[sd]?|threefold",
    "4": "quadrupl(?:e[sd]?|ing)|fourfold",
    "5": "quintupl(?:e[sd]?|ing)|fivefold",
    "6": "sixfold",
    "7": "sevenfold",
    "8": "eightfold",
    "9": "ninefold",
    "10": r"tenfold|(?:an|one) order of magnitude",
}
"""Words for a factor, by its value."""
HALVE: Final = "halv(?:e[sd]?|ing)"

PERIODS: Final[Mapping[str, str]] = {
    "second": "seconds?|secs?|s",
    "minute": "minutes?|mins?",
    "hour": "hours?|hrs?|hr|h|stunde",
    "day": "days?|tag|jour|d[ií]a|天",
    "week": "weeks?|wks?|wk|woche|semaine|semana",
    "month": "months?|mos?|mth|monat|mois|mes|月",
    "quarter": "quarters?|qtr",
    "year": "years?|yrs?|yr|annum|jahr|an|a[nñ]o|年",
}
ADVERBS: Final[Mapping[str, str]] = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
    "annual": "year",
    "monatlich": "month",
    "mensuel": "month",
    "mensual": "month",
}
"""Adverbs and adjectives that give the period of an amount."""
THINGS: Final[Mapping[str, str]] = {
    "token": (
        r"(?:1|one|a)?\s?(?:k|m|mm|mn|thousand|million|1,?000)?\s?(?:(?:in|out)put )?tok(?:en)?s?"
        r"|m|1m|1k|mtok"
    ),
    "gpu": r"gpu[\s-]?(?:hours?|hrs?|h)?|replica[\s-]?(?:hours?)?",
    "call": "calls?|requests?|quer(?:y|ies)|answers?|responses?|1,?000 (?:calls|requests)",
    "user": "users?|seats?|customers?|sessions?|readers?",
}
"""Things that a price refers to: "$2 per GPU hour"."""


def months_in(period: str) -> float:
    """Return how often `period` passes in a month of 365.25 / 12 days.

    >>> months_in("year"), months_in("day")
    (0.08333333333333333, 30.4375)
    """
    return _PER_MONTH[period]


_PER_MONTH: Final[Mapping[str, float]] = {
    "second": MONTH_DAYS * 86_400,
    "minute": MONTH_DAYS * 1_440,
    "hour": MONTH_DAYS * 24,
    "day": MONTH_DAYS,
    "week": MONTH_DAYS / 7,
    "month": 1.0,
    "quarter": 1 / 3,
    "year": 1 / 12,
}
