"""Read relative targets: "20 % cheaper", "2x faster", "50 % more traffic"."""

import re
from typing import Final

from netra.domain.agents.question.clauses import Mark, Subject
from netra.domain.agents.question.number_context import NumberContext, subjects_of
from netra.domain.agents.question.quantities import Unit
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread

_AMONG: Final = (
    Subject.MONEY,
    Subject.RATE,
    Subject.TIME,
    Subject.TRAFFIC,
    Subject.GROWTH,
    Subject.FIRST_TOKEN,
    Subject.PER_TOKEN,
)
_LESS: Final = re.compile(
    r"\b(?:less|lower\w*|reduc\w*|cut\w*|drop\w*|fall\w*|shrink\w*|declin\w*|decreas\w*|fewer|sav\w*"
    r"|cheap\w*|down"
    r"|trim\w*|slash\w*|shav\w*|off|improv\w*|better|halv\w*|shorter)\b",
    re.IGNORECASE,
)
_MORE: Final = re.compile(
    r"\b(?:more|increas\w*|ris(?:e|es|ing)|rais\w*|grow\w*|higher|up|extra|additional|doubl\w*|expensive"
    r"|dearer|above"
    r"|on top|worse|longer)\b",
    re.IGNORECASE,
)
_TO: Final = re.compile(r"\bto (?:about |around |roughly |at most |only )?$", re.IGNORECASE)
_OF: Final = re.compile(r"\s?of\b", re.IGNORECASE)
_WANTED: Final = re.compile(
    r"\b(?:want|need|target|aim for|get|at|only|just|be|is) (?:only |just |about )?$", re.IGNORECASE
)
_QUANTILE: Final = re.compile(
    r"\s?(?:of (?:all |the |our )?(?:requests?|calls|users?|queries|answers?|responses?)|percentile"
    r"|quantile|up\s?time"
    r"|availab\w*|accura\w*)",
    re.IGNORECASE,
)
_FACTOR_MAX: Final = 1_000.0  # largest accepted factor; a larger one is a typing error
_WHY: Final = "unclear what the share refers to; write “20 % cheaper”, “2x faster” or “50 % more traffic”"


def change_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the target of a share or factor for each of its subjects; "99 % of requests" sets none."""
    if _QUANTILE.match(context.after):
        return ()
    unread = Unread(text=context.quantity.text, why=_WHY)
    return tuple(_target(context, mark) or unread for mark in subjects_of(context, _AMONG)) or (unread,)


def _target(context: NumberContext, mark: Mark) -> StatedTarget | None:
    """Return the target; None if the value is impossible, such as 100 % cheaper."""
    size = context.quantity.value
    if not 0 < size <= _FACTOR_MAX or _is_a_statement(context):
        return None
    if mark.subject is Subject.MONEY:
        return _saving(_remaining(context, mark))
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH):
        remaining = _remaining(context, mark)
        return None if remaining <= 0 else StatedTarget(field="traffic_growth", value=round(remaining - 1, 9))
    return _speedup(context, mark)


def _saving(remaining: float) -> StatedTarget | None:
    return StatedTarget(field="saving_share", value=round(1 - remaining, 9)) if remaining > 0 else None


def _speedup(context: NumberContext, mark: Mark) -> StatedTarget | None:
    if mark.subject is Subject.RATE and not mark.text.startswith("slow"):
        is_share = context.quantity.unit is Unit.SHARE
        factor = 1 + context.quantity.value if is_share else context.quantity.value
        if is_share and _TO.search(context.before):
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
    if is_share and (_TO.search(context.before) or _is_what_is_left(context)):
        return size
    if _falls(context, mark):
        return 1 - size if is_share else 1 / size
    return 1 + size if is_share else size


def _is_what_is_left(context: NumberContext) -> bool:
    """Return whether the share is the remaining part: "I want a third of today's latency"."""
    return _OF.match(context.after) is not None and _WANTED.search(context.before) is not None


def _is_a_statement(context: NumberContext) -> bool:
    """Return whether the share describes the present: "30 % of our traffic is chat"."""
    if (
        context.quantity.unit is not Unit.SHARE
        or _OF.match(context.after) is None
        or _TO.search(context.before)
    ):
        return False
    return not _is_what_is_left(context) and _LESS.search(context.around) is None


def _falls(context: NumberContext, mark: Mark) -> bool:
    """Return whether the subject decreases, by the number's sign, the words around it, or the subject."""
    words = f"{context.around} {mark.text}"
    if _MORE.search(words) and not _LESS.search(words):
        return False
    if context.quantity.unit is Unit.SHARE and context.quantity.lowers is not None:
        return context.quantity.lowers
    if _LESS.search(words):
        return True
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH) or mark.text.startswith("slower"):
        return False
    return mark.subject is not Subject.MONEY or context.quantity.unit is Unit.SHARE
