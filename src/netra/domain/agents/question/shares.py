"""Read shares and factors: "20 % cheaper", "2x faster", "50 % more traffic"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.question.bare_cuts import is_bare_cut, is_cut, is_unclear_cut
from netra.domain.agents.question.clauses import Mark, Subject
from netra.domain.agents.question.number_context import NumberContext, subjects_of
from netra.domain.agents.question.phrases import has
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread
from netra.domain.agents.question.share_words import AGAIN, AS_MUCH, LESS, MORE, OF, OTHERS, TO
from netra.domain.agents.question.topics import without_caps

_AMONG: Final = (
    Subject.MONEY,
    Subject.RATE,
    Subject.TIME,
    Subject.TRAFFIC,
    Subject.GROWTH,
    Subject.FIRST_TOKEN,
    Subject.PER_TOKEN,
)
_HALF_PRICE: Final = re.compile(
    r"\s?(?:the |of the |our )?(?:price|cost|bill|spend|money|latency|time)\b", re.IGNORECASE
)
_WANTED: Final = re.compile(
    r"(?:\b(?:want|need|target|aim for|get|at|for|only|just|be|is|it's|to|pay|spend"
    r"|(?:should|must|may|can|could|shall|will|to) (?:only |just )?cost)|:|^) (?:only |just "
    r"|about )?$|^\W*$",
    re.IGNORECASE,
)
_QUANTILE: Final = re.compile(
    r"\s?(?:of (?:all |the |our )?(?:requests?|calls|users?|queries|answers?|responses?)|up\s?time"
    r"|availab\w*|accura\w*|utili[sz]ation)",
    re.IGNORECASE,
)
_OF_OURS_IS: Final = re.compile(
    r"\s?of (?:our|the|my|all|your) (?:\w+ ){1,3}?(?:is|are|goes|go|comes|come|was|were)\b", re.IGNORECASE
)
_BECOMES: Final = re.compile(r"\b(?:be|become|becomes) (?:only |just |about )?$", re.IGNORECASE)
_WHAT_COST: Final = re.compile(
    r"\bwhat (?:would|will|does|do|might) (?:an? )?(?:doubl|tripl)ing\b", re.IGNORECASE
)
_OF_LAST: Final = re.compile(r"\s?(?:of )?(?:that|this|the former|the above)\s*(?:$|[,.;!?])", re.IGNORECASE)
_TRIES: Final = re.compile(
    r"\s?(?:a|per|each) (?:second|minute|hour|day|week|month)|\s?in a row|\s?(?:last|this|since|already"
    r"|during|daily|weekly|monthly|yesterday|today|now|so far|before|in (?:the|a|october|november))\b",
    re.IGNORECASE,
)
_FINDS: Final = re.compile(
    r"\b(?:find|finding|gain|squeeze out|wring out)\b\W*(?:(?:me|us|another|an?|about|the|some) )*$",
    re.IGNORECASE,
)
_FROM_REST: Final = re.compile(
    r"\s?(?:off|from|out of|on|for) (?:the |all |all the )?(?:others?|rest|remaining|remainder|bill"
    r"|everything|total)\b",
    re.IGNORECASE,
)
_COMPARED: Final = re.compile(
    r"\s?(?:cheaper|faster|quicker|less|lower|off|more|higher|savings?)\b", re.IGNORECASE
)
_OF_PRICE: Final = re.compile(
    r"\s?of (?:(?:the|our|my|today's|current|present|old|what|that) )*(?:price|costs?|bill|spend\w*"
    r"|invoice|latency|we (?:now )?(?:pay|spend))",
    re.IGNORECASE,
)
_CHANGED: Final = re.compile(
    r"\b(?:accelerat\w*|too (?:slow|dear|expensive|high|much|long)|shorten\w*|minimi[sz]\w*)\b", re.IGNORECASE
)
_BY: Final = re.compile(r"\bby (?:about |around |roughly )?$", re.IGNORECASE)
_TIMES: Final = (Subject.TIME, Subject.FIRST_TOKEN, Subject.PER_TOKEN)
_AS_FAST: Final = re.compile(r"\b(?:as|fast\w*|quick\w*|soon\w*|speed\w*)\b", re.IGNORECASE)
_FACTOR_MAX: Final = 1_000.0  # largest accepted factor; a larger one is a typing error
WHY: Final = "unclear what the share refers to; write “20 % cheaper”, “2x faster” or “50 % more traffic”"
_CHANGES: Final = ("saving_share", "speedup", "traffic_growth")


def share_targets(
    context: NumberContext, *, quote: str, last: StatedTarget | None, may_inherit: bool
) -> tuple[Reading, ...]:
    """Return the target of a share or factor for each of its subjects; "99 % of requests" sets no target."""
    is_of_calls = _QUANTILE.match(context.after) is not None and not _is_to_come(context)
    if is_of_calls or _is_a_rate(context) or _is_a_statement(context):
        return ()
    unread = Unread(text=quote, why=WHY, start=context.quantity.start, is_grave=True)
    here = [mark for mark in context.clause.marks if mark.subject in _AMONG]
    if not here and last is not None and _OF_LAST.match(context.after):
        return (_named(_times(context, last), context, quote) or unread,)
    if not here and _is_of_another_thing(context):
        return ()
    marks = subjects_of(context, _AMONG)
    is_bare = any(is_bare_cut(context, mark) for mark in marks)
    if not here and may_inherit and last is not None and last.field in _CHANGES and not is_bare:
        return (_named(_like(context, last), context, quote) or unread,)
    named = (_named(_target(context, mark), context, quote) or unread for mark in _subjects(context, marks))
    return tuple(named) or (unread,)


def _subjects(context: NumberContext, marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return the subjects of the share, of the `marks` of its sentence; empty if unclear."""
    carried = [mark for mark in context.carried if mark.subject in _AMONG][-1:]
    is_carried = not marks and bool(carried) and is_cut(context)
    if any(is_unclear_cut(context, mark) for mark in marks) or (
        is_carried and carried[0].subject in (*_TIMES, Subject.RATE)
    ):
        return ()
    if _WHAT_COST.search(context.clause.text):
        marks = [mark for mark in marks if mark.subject is not Subject.MONEY]
    found = tuple(_money(context) if is_bare_cut(context, mark) else mark for mark in marks or carried)
    return found or ((_money(context),) if _is_a_cut(context) else ())


def _is_a_cut(context: NumberContext) -> bool:
    """Return whether a share without a subject is taken off the bill: "cut 20 %", "halve the rest"."""
    number = context.quantity
    is_verb = number.is_spelled and number.lowers is True
    is_less = (
        is_verb
        or _FROM_REST.match(context.after) is not None
        or number.sign == "-"
        or _FINDS.search(context.before) is not None
        or LESS.search(context.around) is not None
    )
    return number.unit is Unit.SHARE and is_less and OTHERS.search(without_caps(context.clause.text)) is None


def _is_of_another_thing(context: NumberContext) -> bool:
    """Return whether the share is a statement of what no goal is about: "errors are at 2 %"."""
    before = next((one for one in context.sentence if one.start < context.clause.start), None)
    words = context.clause.text if before is None or before.marks else f"{before.text} {context.clause.text}"
    return OTHERS.search(words) is not None and LESS.search(words) is None and not has("ask", words)


def _is_a_rate(context: NumberContext) -> bool:
    """Return whether the factor counts repetitions: "3 times a day"."""
    return context.quantity.unit is Unit.FACTOR and _TRIES.match(context.after) is not None


def _money(context: NumberContext) -> Mark:
    return Mark(subject=Subject.MONEY, start=context.quantity.end, end=context.quantity.end, text="")


def _named(target: StatedTarget | None, context: NumberContext, quote: str) -> StatedTarget | None:
    if target is None:
        return None
    number = context.quantity
    return StatedTarget(
        field=target.field,
        value=target.value,
        start=number.start,
        end=number.end,
        text=quote,
        assumed="" if number.high is None else f"“{quote}” is read as its lower end",
    )


def _times(context: NumberContext, last: StatedTarget) -> StatedTarget | None:
    """Return the target of "double that": a multiple of the one before; None if that is impossible."""
    value = round(last.value * context.quantity.value, 9)
    is_possible = last.field != "saving_share" or 0 < value < 1
    return msgspec.structs.replace(last, value=value, parts=()) if is_possible else None


def _like(context: NumberContext, last: StatedTarget) -> StatedTarget | None:
    """Return the target of a number that replaces or repeats the subject of the one before."""
    size, is_share = context.quantity.value, context.quantity.unit is Unit.SHARE
    if last.field == "speedup":
        return StatedTarget(field="speedup", value=1 + size if is_share else size) if size > 0 else None
    if last.field == "saving_share":
        share = size if is_share else 1 - 1 / size if size > 0 else 0.0
        return StatedTarget(field="saving_share", value=round(share, 9)) if 0 < share < 1 else None
    growth = size if is_share else size - 1
    return StatedTarget(field="traffic_growth", value=growth if last.value >= 0 else -growth)


def _target(context: NumberContext, mark: Mark) -> StatedTarget | None:
    """Return the target; None if the value is impossible, such as 100 % cheaper."""
    size = context.quantity.value
    if not 0 < size <= _FACTOR_MAX or not _has_a_direction(context, mark):
        return None
    if mark.subject is Subject.MONEY:
        if context.quantity.unit is Unit.FACTOR and mark.text.startswith("saving"):
            return None  # twice which saving?
        return _saving(_remaining(context, mark))
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH):
        remaining = _remaining(context, mark)
        return None if remaining <= 0 else StatedTarget(field="traffic_growth", value=round(remaining - 1, 9))
    return _speedup(context, mark)


def _has_a_direction(context: NumberContext, mark: Mark) -> bool:
    """Return whether any word says that the subject becomes more or less, or what is left of it."""
    number, before, after = context.quantity, context.before, context.after
    words = f"{context.whole_sentence} {mark.text}"
    if number.unit is Unit.FACTOR or number.lowers is not None or not mark.text:
        return True
    if mark.subject in (Subject.RATE, Subject.GROWTH) or has("ask", words):
        return True
    if any(pattern.search(words) for pattern in (LESS, MORE, _CHANGED)):
        return True
    is_left = TO.search(before) or _BECOMES.search(before) or _BY.search(before)
    is_half_price = number.is_spelled and _HALF_PRICE.match(after)
    return bool(is_left or is_half_price or OF.match(after) or AGAIN.match(after) or AS_MUCH.match(after))


def _saving(remaining: float) -> StatedTarget | None:
    return StatedTarget(field="saving_share", value=round(1 - remaining, 9)) if remaining > 0 else None


def _speedup(context: NumberContext, mark: Mark) -> StatedTarget | None:
    if mark.subject is Subject.RATE and not mark.text.startswith("slow"):
        is_share = context.quantity.unit is Unit.SHARE
        factor = 1 + context.quantity.value if is_share else context.quantity.value
        if is_share and TO.search(context.before):
            factor = context.quantity.value
    else:
        remaining = _remaining(context, mark)
        factor = 1 / remaining if remaining > 0 else 0.0
    return StatedTarget(field="speedup", value=round(factor, 9)) if factor > 0 else None


def _remaining(context: NumberContext, mark: Mark) -> float:
    """Return the target value of the subject as a factor of its present value.

    "20 % off" gives 0.8, "30 % more" 1.3, "to 70 %" 0.7, "3x cheaper" 1/3, "2x the traffic" 2.
    """
    size = context.quantity.value
    is_share = context.quantity.unit is Unit.SHARE
    if AGAIN.match(context.after):
        return 1 + size
    if AS_MUCH.match(context.after):
        return size
    is_to = TO.search(context.before) is not None and not _COMPARED.match(context.after)
    if is_share and (is_to or _is_what_is_left(context)):
        return size
    if _falls(context, mark):
        return 1 - size if is_share else 1 / size
    return 1 + size if is_share else size


def _is_what_is_left(context: NumberContext) -> bool:
    """Return whether the share is the remaining part: "a third of today's latency", "half the price"."""
    if context.quantity.is_spelled and _HALF_PRICE.match(context.after) and not LESS.search(context.before):
        is_left = not has("ask", context.before) or _WANTED.search(context.before) is not None
        return is_left and LESS.search(context.after) is None
    is_compared = MORE.search(context.after) or LESS.search(context.after)
    if context.quantity.is_spelled and _BECOMES.search(context.before) and not is_compared:
        return True
    is_priced = _OF_PRICE.match(context.after) is not None or bool(context.before.strip())
    return OF.match(context.after) is not None and is_priced and _WANTED.search(context.before) is not None


def _is_to_come(context: NumberContext) -> bool:
    """Return whether the clause is a condition or a forecast: "if we lost a third of our users"."""
    return context.clause.joint.strip().lower() in ("if", "when") or has("future", context.clause.text)


def _is_a_statement(context: NumberContext) -> bool:
    """Return whether the share describes the present: "30 % of our traffic is chat"."""
    if _is_to_come(context):
        return False
    if _OF_OURS_IS.match(context.after):
        return True
    if (
        context.quantity.unit is not Unit.SHARE
        or OF.match(context.after) is None
        or TO.search(context.before)
    ):
        return False
    return (
        not _is_what_is_left(context)
        and not has("ask", context.before)
        and LESS.search(context.around) is None
    )


def _falls(context: NumberContext, mark: Mark) -> bool:
    """Return whether the subject decreases, by the number's sign, the words around it, or the subject."""
    words = f"{context.around} {mark.text}"
    if MORE.search(words) and not LESS.search(words):
        return False
    if context.quantity.unit is Unit.SHARE and context.quantity.lowers is not None:
        return context.quantity.lowers
    if LESS.search(words):
        return True
    if context.quantity.unit is Unit.FACTOR and context.quantity.is_spelled and mark.subject in _TIMES:
        return mark.text.startswith("slow") is False and _AS_FAST.search(context.around) is not None
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH) or mark.text.startswith("slower"):
        return False
    return mark.subject is not Subject.MONEY or context.quantity.unit is Unit.SHARE
