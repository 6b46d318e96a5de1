"""Read what the words around a number claim: its period, direction, precision and what it counts."""

import re
from typing import Final

_PERIODS: Final = "second|sec|s|minute|min|hour|hr|h|day|week|month|mo|quarter|year|yr|annum"
_PERIOD: Final = re.compile(
    rf"(?:\s[a-z-]+){{0,2}}?\s?(?:/\s?|\b(?:a|an|per|each|every)\s+(?:gpu[- ]?|replica[- ]?)?)"
    rf"(?P<period>{_PERIODS})\b|(?:\s[a-z-]+){{0,2}}?\s(?P<adverb>hourly|daily|weekly|monthly|yearly"
    r"|annually)\b",
    re.IGNORECASE,
)
_PERIOD_BEFORE: Final = re.compile(
    r"(?:\b(?P<adverb>hourly|daily|weekly|monthly|yearly|annual(?:ised|ized)?)"
    r"|(?:^|[.!?;:,(\n]\s*)(?:per|each|every|a(?= \w+,)) (?P<period>second|minute|hour|day|week|month"
    r"|year)|\b(?:in|over|within|for) (?:an?|one) (?:whole |full |single )?(?P<long>year|quarter|month"
    r"|week))\b[^.;:!?\n0-9]{0,40}$",
    re.IGNORECASE,
)
_ADVERBS: Final = {"daily": "day"}
_SHORT: Final = {"sec": "second", "s": "second", "min": "minute", "hr": "hour", "h": "hour", "mo": "month"}
_YEARS: Final = {"yr": "year", "annum": "year", "annua": "year", "annual": "year"}
_FILL: Final = (
    r"(?:\s+(?:the|your|our|its|their|total|whole|monthly))*(?:\s+(?:bill|spend|spending|costs?|price"
    r"|invoice))?"
    r"(?:\s+(?:by|of|about|around|roughly|some|up to|you|us|nearly|almost|between|another|only|just|an?"
    r"|extra))*\s*$"
)
_DOWN_BEFORE: Final = re.compile(
    r"\b(?:sav(?:es?|ed|ings?)|cuts?|reduc(?:es?|ed|tion)|lowers?|lowered|drops?|falls?|less|cheaper|shaves?"
    r"|down|gains?|decreas(?:es?|ed)|discount|rebate)" + _FILL, re.IGNORECASE,
)  # fmt: skip
_UP_BEFORE: Final = re.compile(
    r"\b(?:adds?|los(?:es?|ing|s)|increas(?:es?|ed)|raises?|raised|grows?|rises?|up|dearer|more"
    r"|surcharge|premium|mark-?up|penalty)" + _FILL,
    re.IGNORECASE,
)
_NO_WAY: Final = re.compile(
    r"\b(?:t[ao]k\w+|end\w*|us\w+|eats?|soaks?|ran|runs?|rack\w*|ma[kd]\w+|sum\w*|clock\w*|add\w*"
    r"|amount\w*) up(?: to)?\s*$",
    re.IGNORECASE,
)
_THEN: Final = r"^(?:\s?(?:a|per|each|/)\s?\w+)?\s(?:of savings?|in savings?|"
_DOWN_AFTER: Final = re.compile(
    _THEN + r"less|cheaper|lower|smaller|fewer|off|saved|savings?|reduction|decrease)\b", re.IGNORECASE
)
_UP_AFTER: Final = re.compile(
    _THEN.replace("of savings?|in savings?|", "")
    + r"more(?! than)|dearer|extra|higher|larger|bigger|costlier|pricier|increase|loss|lost)\b",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"(?:\b(?:near enough,?(?: the plan| it| this)?|give or take|more or less|about|around|roughly"
    r"|approximately|approx\.?|some|nearly|almost|circa|just (?:over|under)"
    r"|close to)\s*|[~≈]\s?)$",
    re.IGNORECASE,
)
_BELOW: Final = re.compile(
    r"\b(?:just (?:under|below|short of)|nearly|almost|not quite|slightly (?:under|below|less than)"
    r"|a (?:little|bit) (?:under|below|less than))\s*(?:in |by )?$",
    re.IGNORECASE,
)
_ABOVE: Final = re.compile(
    r"\b(?:just (?:over|above|more than)|slightly (?:over|above|more than)|a good|upwards of|a (?:little"
    r"|bit) (?:over"
    r"|above|more than))\s*(?:in |by )?$",
    re.IGNORECASE,
)
_ROUGHLY: Final = 0.07  # share by which a number in words may be off after "about"
_JUST: Final = 0.075  # and on its own side after "just under" and "just over"
_NEARBY: Final = 0.02  # share by which a number in digits may be off after "just under" and "just over"
_OVER: Final = re.compile(r"\b(?:over|more than|above|upwards of|exceeds|exceeding)\s*$", re.IGNORECASE)
_UNDER: Final = re.compile(
    r"\b(?:under|less than|below|fewer than|not even|no more than|at most)\s*$", re.IGNORECASE
)
_WORD: Final = re.compile(
    r"\s+(?:of\s+)?(?:the\s+|your\s+|our\s+|these\s+|those\s+"
    r"|all\s+)?(?:[0-9][0-9,]*\s+)?(?P<word>[a-z][a-z_-]*)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.!?](?=\s)|\n")
_WISH: Final = re.compile(
    r"\b(?:ask(?:ed|ing)?|want\w*|targets?|goals?|limits?|budgets?|wish\w*|aim\w*|request(?:ed)?"
    r"|need\w*|requir\w*"
    r"|within|slo|out of reach|beyond reach|twice as fast|allow\w*|permit\w*|more traffic|less traffic"
    r"|growth|understood|speed-?up|keeps?|breaks?)\b",
    re.IGNORECASE,
)
_GRAMMAR: Final = """
    and or but that which who is are was were be with instead than to at for in on per a an by from as of it
    they you we the your our these those would could should can will has have had before after over under
    against when while if so
    then now more less not its their your until each
"""
_STOPS: Final = frozenset(_GRAMMAR.split())
_WORDS_MAX: Final = 4


def period(before: str, after: str) -> str:
    """Return the period a number refers to, in the singular; empty if there is no period.

    >>> period("saves ", " a month"), period("an annual bill of ", "")
    ('month', 'year')
    """
    match = _PERIOD.match(after) or _PERIOD_BEFORE.search(before)
    if match is None:
        return ""
    found = match.groupdict()
    if found.get("period") or found.get("long"):
        word = (found.get("period") or found["long"]).lower()
    else:
        adverb = found["adverb"].lower()
        word = _ADVERBS.get(adverb, "year" if adverb.startswith("annual") else adverb.removesuffix("ly"))
    return _SHORT.get(word) or _YEARS.get(word) or word


def way(before: str, after: str) -> str:
    """Return "down" or "up" if the adjacent words state a decrease or an increase, else an empty text.

    >>> way("saves about ", " a month"), way("", " a month more"), way("costs ", "")
    ('down', 'up', '')
    """
    if _NO_WAY.search(before):
        return ""
    if _DOWN_AFTER.match(after):
        return "down"
    if _UP_AFTER.match(after):
        return "up"
    if _DOWN_BEFORE.search(before):
        return "down"
    return "up" if _UP_BEFORE.search(before) else ""


def is_wish(before: str, after: str) -> bool:
    """Return whether the sentence states a number as a target instead of a fact.

    >>> is_wish("You asked for ", " less"), is_wish("The saving is ", "")
    (True, False)
    """
    around = f"{_SENTENCE.split(before)[-1]} {_SENTENCE.split(after)[0]}"
    return _WISH.search(around) is not None


def words(after: str) -> tuple[str, ...]:
    """Return the stems of the words after a number that name what it counts."""
    found: list[str] = []
    at = 0
    while len(found) < _WORDS_MAX and (match := _WORD.match(after, at)) is not None:
        if match["word"].lower() in _STOPS:
            break
        found.append(stem(match["word"]))
        at = match.end()
    return tuple(found)


def stem(word: str) -> str:
    """Return a word without its plural ending.

    >>> stem("Queries"), stem("calls"), stem("less")
    ('query', 'call', 'less')
    """
    lower = word.lower()
    if lower.endswith("ies") and len(lower) > 4:
        return f"{lower[:-3]}y"
    return lower[:-1] if lower.endswith("s") and not lower.endswith("ss") else lower


def is_about(before: str) -> bool:
    """Return whether the words before a number mark it as approximate."""
    return _ABOUT.search(before) is not None


def slack_in_words(value: float, *, before: str, plain: float) -> tuple[float, float]:
    """Return the interval of values that a number in words stands for; `plain` is its half without "about".

    >>> slack_in_words(0.5, before="just under ", plain=0.005)[1]
    0.5
    """
    if _BELOW.search(before):
        return (1 - _JUST) * value, value
    if _ABOVE.search(before):
        return value, (1 + _JUST) * value
    if _OVER.search(before):
        return value, 1.7 * value
    if _UNDER.search(before):
        return 0.5 * value, value
    half = max(plain, _ROUGHLY * abs(value)) if is_about(before) else plain
    return value - half, value + half


def slack(value: float, *, step: float, written: float, before: str) -> tuple[float, float]:
    """Return the interval of values that round to the number; wider after words such as "about".

    `step` is the size of its last digit and `written` the value of a written 1. A plain 0 stands for almost
    nothing: "$0" does not stand for 21 cents.

    >>> [round(end, 3) for end in slack(1_400.0, step=1.0, written=1.0, before="about ")]
    [1350.0, 1450.0]
    """
    is_whole = step > 0.99 * written
    if value == 0 and is_whole:
        return 0.0, step / 20
    digits = f"{abs(value) / step:.0f}"
    zeros = len(digits) - len(digits.rstrip("0")) if is_whole else 0
    coarse = step * 10 ** min(zeros, max(0, len(digits) - 2))
    tiny = 1e-9 * abs(value) + 1e-12 + step * 5e-7
    if _BELOW.search(before) or _ABOVE.search(before):
        coarse = max(coarse, 2 * _NEARBY * abs(value))
    below, above = _sides(before, unit=step, coarse=coarse)
    return value - below - tiny, value + above + tiny


def _sides(before: str, *, unit: float, coarse: float) -> tuple[float, float]:
    """Return how far below and above a number the values lie that the words before it allow."""
    if _BELOW.search(before):
        return coarse / 2, 0.0
    if _ABOVE.search(before):
        return 0.0, coarse / 2
    if is_about(before):
        return coarse / 2, coarse / 2
    if _OVER.search(before):
        return unit / 2, max(coarse, unit / 2)
    if _UNDER.search(before):
        return max(coarse, unit), unit / 2
    return unit / 2, unit / 2
