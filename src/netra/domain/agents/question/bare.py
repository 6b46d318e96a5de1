"""Decide what a number without a unit is: a year, a sum of money, or in the unit of the number before."""

import re
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.question.clauses import Subject
from netra.domain.agents.question.number_context import NumberContext, mark_of
from netra.domain.agents.question.phrases import has

YEAR: Final = "a year; it sets no goal"
_SUBJECTS: Final = tuple(Subject)
_YEAR: Final = re.compile(r"(?:19[89]|20[0-9])[0-9]")
_NEAR_YEARS: Final = range(2015, 2041)  # a number of these is more often a year than a sum
_OF_TIME: Final = re.compile(
    r"\b(?:for|in|of|by|until|till|since|during|through|throughout|fy|cy|year|calendar|fiscal|plan"
    r"|planning|roadmap|forecast"
    r"|early|late|mid|spring|summer|autumn|fall|winter|next|this|budget|q[1-4]|h[12]|end|start|january"
    r"|february|march|april|may|june"
    r"|july|august|september|october|november|december|[a-z]{3}\.)[\s'’/-]*(?:year |the year )?$|^\W*$",
    re.IGNORECASE,
)
_SPENT: Final = re.compile(r"\b(?:to|under|below|than|spend|pay|at|is|usd|limit|cap)\s*$", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[0-9]\s?(?:k|grand)\b", re.IGNORECASE)
_PER_PERIOD: Final = re.compile(
    r"\s*(?:\w+\s){0,4}?(?:(?:a|per|each|every)\s|/\s?)(?:hour|day|week|month|mo|quarter|year|yr)\b"
    r"|\s*(?:monthly|a month)\b",
    re.IGNORECASE,
)
_AT: Final = re.compile(
    r"\b(?:it|that|this|them|these|those|us|back|down|up|goal|target|limit|aim|need|want|make|get|bring"
    r"|keep|push|now)\b[^.;!?]{0,20}"
    r"\b(?:to|at|under|below|within|is|for|be)\s(?:about |around |roughly |only |just |at most )*$"
    r"|\b(?:target|goal|aim|limit)(?:ing)?(?: is|:| of| for)?\s(?:about |around |roughly |only |just |at "
    r"most )*$",
    re.IGNORECASE,
)
_RATIO_MAX: Final = 20.0  # by which a number may differ from the one whose unit it takes


def is_year(context: NumberContext) -> bool:
    """Return whether the number is a year: "the budget plan for 2027"."""
    number = context.quantity
    if number.period or _YEAR.fullmatch(number.text.strip()) is None or number.unit is not Unit.BARE:
        return False
    if _SPENT.search(context.before):
        return False
    return int(number.value) in _NEAR_YEARS and _OF_TIME.search(context.before) is not None


def is_sum_of_money(context: NumberContext) -> bool:
    """Return whether the words around the number make it a sum: "4k less per month on the bill"."""
    number = context.quantity
    if number.value <= 0:
        return False
    has_period = _PER_PERIOD.match(context.after) is not None
    if not (has_period or _THOUSANDS.search(number.text)):
        return False
    mark = mark_of(context, _SUBJECTS)
    return mark is not None and mark.subject is Subject.MONEY


def like_the_last(context: NumberContext, last: Number | None, text: str) -> Number | None:
    """Return the number in the unit of the one before, where it corrects or continues that; else None."""
    number = context.quantity
    if last is None or last.unit in (Unit.BARE, Unit.COUNT, Unit.PERCENTILE, Unit.GIB) or number.value <= 0:
        return None
    is_corrected = has("correction", text[last.end : number.start])
    is_bound = has("at_most", context.around) and last.unit is Unit.MS
    if not (is_corrected or is_bound or _AT.search(context.before)):
        return None
    for scale in (last.scale, 1.0):
        value = number.value * scale
        if last.value / _RATIO_MAX <= value <= last.value * _RATIO_MAX:
            return msgspec.structs.replace(
                number, unit=last.unit, value=value, currency=last.currency, period=last.period, scale=scale
            )
    return None
