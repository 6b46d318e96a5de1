"""Give the numbers of a question the unit that stands elsewhere: in a ratio, a heading, a list."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.question.clauses import Clause, place

_SMALL: Final = 2.0  # “one” and “two” are no amounts by themselves
_LISTED: Final = re.compile(
    r"\b(?:all|the|these|those|our|my|both|other|first|last|top|next|any|of|every|these|each|number)\s$",
    re.IGNORECASE,
)
_STANDS_ALONE: Final = re.compile(
    r"\s*(?:$|[.,;!?)]|(?:is|are|was|would|will|should|must|instead|please|at (?:most|least)|max|min|or"
    r"|and|not|rather)\b)",
    re.IGNORECASE,
)
_SLOWEST: Final = re.compile(r"\b(?:slowest|worst|longest)\s$", re.IGNORECASE)
_OUT_OF: Final = re.compile(
    r"\s?(?:(?:cases|calls|times|requests|answers|users) )?(?:out of(?: every| each| the)?|of every|in "
    r"every|of each|in each)\s",
    re.IGNORECASE,
)
_OF: Final = re.compile(r"\s?(?:of|in|from)\s", re.IGNORECASE)
_OF_ANY: Final = re.compile(r"\s?of\s", re.IGNORECASE)
_PRICED: Final = re.compile(
    r"\b(?:cheap\w*|costs?|bill|pric\w*|spend\w*|budget|today's|current|latency|speed|time)\b", re.IGNORECASE
)
_COMPARATOR: Final = re.compile(
    r"(?:\b(?:within|under|below|in|at most|than|exceed|max(?:imum)?|up to)|[<≤]=?)\s?$",
    re.IGNORECASE,
)
_FOR_NAME: Final = re.compile(r"\s(?P<word>for|on|in|at|off)\s(?:the )?\ufffc", re.IGNORECASE)
_MAY_BE_SLOW: Final = re.compile(
    r"\s?(?:of \w+ (?:\w+ )?|calls? |requests? )?(?:may|can|might|(?:is|are) allowed to) (?:be |take |run )?"
    r"(?:slower|longer|exceed|more)\b",
    re.IGNORECASE,
)
_MET: Final = re.compile(
    r"\s?(?:(?:must|should|need to|have to) )?(?:be |come )?"
    r"(?:under|below|within|in|at most|faster than|<=?|≤)\s?",
    re.IGNORECASE,
)  # "99 % under 1.5 s"
_MET_MIN: Final = 0.9  # smallest such share: a smaller one is more often a change
_CHANGED: Final = re.compile(r"\b(?:by|cut|reduce|save|minus|less)\s(?:\w+ )?$", re.IGNORECASE)
_SLOW_MAX: Final = 0.5  # largest share of the calls that may exceed a limit
_PAST: Final = re.compile(
    r"\b(?:past|over|above|beyond|longer than|more than|slower than|exceed\w*)\s(?:about )?$", re.IGNORECASE
)
_TOKENS: Final = re.compile(r"\btokens?\b[^.;!?]{0,40}$", re.IGNORECASE)
_RATIO: Final = re.compile(r"\b(?:out of|in|of)\b", re.IGNORECASE)  # the share was written as "9 in 10"
_AND: Final = re.compile(r"\s?(?:and|&|,|/)\s?", re.IGNORECASE)
_RESPECTIVELY: Final = re.compile(r"\b(?:respectively|in (?:that|this) order)\b", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")
_RATIO_MAX: Final = 20.0  # by which a number may differ from the one whose unit it takes
_HEADERS: Final = {
    "ms": (Unit.MS, 1.0),
    "s": (Unit.MS, 1_000.0),
    "share": (Unit.SHARE, 0.01),
    "usd": (Unit.MONEY, 1.0),
}
_UNIT_BEFORE: Final = re.compile(
    r"(?:\bin |[(\[]|^|(?<=p[0-9][0-9] )|(?<![0-9.,])(?<![0-9] )\b)(?:(?P<ms>ms|msec|milli-?seconds?)"
    r"|(?P<s>s|sec|seconds?)"
    r"|(?P<share>%|percent)"
    r"|(?P<usd>usd|us dollars?|dollars))[)\]]?(?:\sp[0-9]{2,3})?(?:\s(?:to|until|before|per"
    r"|for)\s(?:the\s)?(?:\w+\s?){1,3})?"
    r"\s?(?:[:=<>≤≥]+|(?:is|must be|at|at most|of|max(?:imum)?|under|below|limit|target)\b)*\s*"
    r"(?:max(?:imum)?|at most|under|below|<=?|≤)?\s*$",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 48  # characters before a number that are searched for its unit
_SHARE_OF_CALLS: Final = re.compile(
    r"\s?(?:of (?:all |the |our |its |my |whole |full |complete |entire |these |those |such )*(?:\ufffc* "
    r"?)?(?:(?!time)[a-z-]+ )?(?:requests?|calls?|users?|quer(?:y|ies)"
    r"|answers?|responses?|repl(?:y|ies)"
    r"|first tokens?|cases|times?|them|tokens|traffic|customers)|(?:\ufffc+ )?(?:whole |full |complete "
    r")?(?:requests|calls|answers|responses|replies|queries|users|customers|times|chats|conversations"
    r"|sessions|messages|jobs|documents|interactions|transactions|people|readers|streams|cases))\b",
    re.IGNORECASE,
)


def _is_of_the_slow(text: str, number: Number, numbers: Sequence[Number]) -> bool:
    """Return whether a small share of the calls may exceed a time: "fewer than 1 in 20 may run past 20 s"."""
    if number.value < _SLOW_MAX and _MAY_BE_SLOW.match(text, number.end):
        return True
    after = next((one for one in numbers if one.start >= number.end and one.unit is Unit.MS), None)
    if after is None or number.value >= _SLOW_MAX:
        return False
    return (
        _PAST.search(text[number.end : after.start]) is not None and "." not in text[number.end : after.start]
    )


def with_ratios(text: str, numbers: Sequence[Number]) -> list[Number]:
    """Return the numbers with "9 out of 10 calls" as one share of the calls."""
    found: list[Number] = []
    for number in numbers:
        last = found[-1] if found else None
        if last is None or not _is_ratio(text, last, number):
            found.append(number)
            continue
        found[-1] = msgspec.structs.replace(
            last,
            text=text[last.start : number.amount_end],
            end=number.amount_end,
            amount_end=number.amount_end,
            unit_end=number.amount_end,
            unit=Unit.SHARE,
            value=last.value / number.value,
            noun="",
            is_spelled=False,
        )
    return found


def _is_ratio(text: str, first: Number, second: Number) -> bool:
    is_counted = first.unit is Unit.BARE or (first.unit in (Unit.COUNT, Unit.FACTOR) and not first.period)
    is_of_counted = second.unit in (Unit.BARE, Unit.COUNT, Unit.MONEY)
    if not (is_counted and is_of_counted) or first.doubt or second.doubt:
        return False
    between = text[first.end : second.start]
    is_round = second.value in (10, 20, 50, 100, 1_000)
    is_joined = bool(_OUT_OF.fullmatch(between) or (is_round and _OF.fullmatch(between)))
    return is_joined and 0 < first.value < second.value


def with_unit_before(text: str, number: Number) -> Number:
    """Return a number without a unit in the unit that stands before it: "latency in ms: 500"."""
    if number.unit is not Unit.BARE:
        return number
    if number.period == "second":
        is_tokens = _TOKENS.search(text[max(0, number.start - _LOOK_BACK) : number.start]) is not None
        return msgspec.structs.replace(number, unit=Unit.COUNT, noun="token" if is_tokens else "")
    match = _UNIT_BEFORE.search(text[max(0, number.start - _LOOK_BACK) : number.start])
    if match is None:
        return number
    unit, scale = _HEADERS[match.lastgroup or ""]
    return msgspec.structs.replace(
        number, unit=unit, value=number.value * scale, currency="USD" if unit is Unit.MONEY else ""
    )


def _parallel(text: str, before: Sequence[Number], number: Number) -> Number | None:
    """Return a bare number in the unit of the one before, for "20 % for X and 25 for Y"."""
    last = before[-1] if before else None
    if (
        last is None
        or number.unit is not Unit.BARE
        or last.unit not in (Unit.SHARE, Unit.MS, Unit.FACTOR, Unit.MONEY)
    ):
        return None
    one, other = _FOR_NAME.match(text, last.end), _FOR_NAME.match(text, number.end)
    if one is None or other is None or one["word"].lower() != other["word"].lower():
        return None
    return msgspec.structs.replace(
        number,
        unit=last.unit,
        value=number.value * last.scale,
        scale=last.scale,
        currency=last.currency,
        period=last.period,
    )


def in_list(text: str, number: Number, following: Sequence[Number]) -> Number:
    """Return a bare number in the unit of the one that ends its list: "4 and 7 seconds respectively"."""
    after = following[0] if following else None
    if (
        number.unit is not Unit.BARE
        or after is None
        or after.unit in (Unit.BARE, Unit.PERCENTILE, Unit.COUNT)
    ):
        return number
    is_listed = _AND.fullmatch(text[number.end : after.start]) is not None
    if not is_listed or _RESPECTIVELY.search(text, after.end) is None:
        return number
    value = number.value * after.scale
    return msgspec.structs.replace(
        number, unit=after.unit, value=value, scale=after.scale, currency=after.currency, period=after.period
    )


def with_unit_of(text: str, before: Sequence[Number], number: Number) -> Number:
    """Return a bare number as a time, as in "1 s at p50, under 5 at p99"."""
    parallel = _parallel(text, before, number)
    if parallel is not None:
        return parallel
    last = next((one for one in reversed(before) if one.unit is Unit.MS), None)
    if last is None or number.unit is not Unit.BARE or number.value <= 0:
        return number
    between = text[last.end : number.start]
    value = number.value * last.scale
    is_near = last.value / _RATIO_MAX <= value <= last.value * _RATIO_MAX
    if not is_near or _SENTENCE_END.search(between) or not _COMPARATOR.search(between):
        return number
    return msgspec.structs.replace(number, unit=Unit.MS, value=value, scale=last.scale)


def is_no_goal(text: str, number: Number) -> bool:
    """Return whether a number word sets no goal: "which one", "the two", "thousands of calls"."""
    if number.is_vague:
        return True
    if number.is_spelled and number.unit is Unit.COUNT and number.value <= 2:
        return True
    is_small = number.is_spelled and number.unit is Unit.BARE and number.value < 1_000 and not number.period
    if not is_small or number.value <= _SMALL:
        return is_small
    return _LISTED.search(text[: number.start]) is not None or _STANDS_ALONE.match(text, number.end) is None


def as_percentile(text: str, number: Number, numbers: Sequence[Number], cut: Sequence[Clause]) -> Number:
    """Return the 95th percentile for the "95 %" of "95 % of calls within 2 s"."""
    is_slowest = number.unit is Unit.SHARE and (
        _SLOWEST.search(text[: number.start]) is not None or _is_of_the_slow(text, number, numbers)
    )
    if number.unit is not Unit.SHARE or not (0.5 <= number.value <= 1 or is_slowest):
        return number
    sentence = cut[place(cut, number.start)].sentence
    times = [n for n in numbers if n.unit is Unit.MS and cut[place(cut, n.start)].sentence == sentence]
    if not times:
        return number
    if _SHARE_OF_CALLS.match(text, number.end) is None and not _RATIO.search(number.text):
        between = text[number.end : times[0].start]
        is_met = number.value >= _MET_MIN and _MET.fullmatch(between) is not None
        if is_met and _CHANGED.search(text[max(0, number.start - 24) : number.start]) is None:
            return _percentile(number, is_slowest=False)
        if _OF_ANY.match(between) is None or _PRICED.search(between):
            return number
    return _percentile(number, is_slowest=is_slowest)


def _percentile(number: Number, *, is_slowest: bool) -> Number:
    share = 1 - number.value if is_slowest else number.value
    return msgspec.structs.replace(number, unit=Unit.PERCENTILE, value=round(100 * share, 6))
