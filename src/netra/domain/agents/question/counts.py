"""Read counts of calls and users, and sizes of memory."""

import re
from typing import Final

from netra.domain.agents.numbers.model import Number
from netra.domain.agents.question.clauses import Subject
from netra.domain.agents.question.continuations import COUNTED
from netra.domain.agents.question.number_context import NumberContext, mark_of
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread

TRAFFIC: Final = "traffic is read from the log and changes of it as “50 % more traffic”"
GPUS: Final = "a number of GPUs without their kind; write “4x H100”"
_MEMORY: Final = "unclear which memory; write “GPU memory”"
_FROM_BEFORE: Final = re.compile(
    r"\bfrom (?:about |around |roughly |currently |today's |now )*$", re.IGNORECASE
)
_TO_FULL: Final = re.compile(r"\s?(?:\w+ )?(?:up )?(?:to|→|->)\s(?:about |around |roughly )?", re.IGNORECASE)


def memory_reading(context: NumberContext, quote: str) -> tuple[Reading, ...]:
    """Return a limit on GPU memory."""
    number = context.quantity
    if mark_of(context, (Subject.MEMORY,)) is None:
        return (Unread(text=quote, why=_MEMORY, start=number.start),)
    return (
        StatedTarget(
            field="gpu_memory_gib", value=number.value, start=number.start, end=number.end, text=quote
        ),
    )


def count_reading(
    context: NumberContext, quote: str, *, last: Number | None, quotes: str
) -> tuple[Reading, ...]:
    """Return a count of calls or users as unread unless it only names a measure."""
    if context.quantity.noun == "gpu":
        return (Unread(text=quote, why=GPUS, start=context.quantity.start),)
    grown = _grown(context, quote, last=last, quotes=quotes)
    if grown is not None:
        return (grown,)
    is_traffic = context.quantity.noun in ("call", "user") or context.quantity.period == "minute"
    if not is_traffic or COUNTED.search(context.before):
        return ()
    return (Unread(text=quote, why=TRAFFIC, start=context.quantity.start),)


def _grown(context: NumberContext, quote: str, *, last: Number | None, quotes: str) -> StatedTarget | None:
    """Return the growth that two counts of calls or users state: "from 12k to 18k calls a day"."""
    number = context.quantity
    if (
        last is None
        or number.noun not in ("call", "user")
        or (last.noun, last.period) != (number.noun, number.period)
    ):
        return None
    is_pair = _FROM_BEFORE.search(quotes[: last.start]) and _TO_FULL.fullmatch(
        quotes[last.end : number.start]
    )
    if not is_pair or last.value <= 0:
        return None
    growth = round(number.value / last.value - 1, 9)
    return StatedTarget(field="traffic_growth", value=growth, start=number.start, end=number.end, text=quote)
